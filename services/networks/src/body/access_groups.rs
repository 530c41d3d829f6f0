//! The access groups that a body names: people who read what is restricted of what it treats.

use std::collections::HashSet;

use samvirke_schemas::{
    date::Date,
    networks::{
        access_group::{ACCESS_GROUP_PEOPLE_MAX, ACCESS_GROUPS_MAX, AccessGroup},
        body::{AccessGroupList, BodyHistory, Event},
    },
};

use super::{Rejection, check_exists, check_room};

pub(super) fn name(
    history: &BodyHistory,
    groups: &[AccessGroup],
    from: Date,
) -> Result<Vec<Event>, Rejection> {
    let asked = AccessGroupList { groups: groups.to_vec(), from };
    if history.access_groups.contains(&asked) {
        return Ok(Vec::new());
    }
    check_exists(history, from)?;
    if let Some(last) = history.access_groups.last().filter(|last| from <= last.from) {
        return Err(Rejection::AccessGroupsGoBack { from: last.from });
    }
    check_groups(groups)?;
    check_room(history.access_groups.len())?;
    Ok(vec![Event::AccessGroupsNamed { groups: asked.groups, from }])
}

fn check_groups(groups: &[AccessGroup]) -> Result<(), Rejection> {
    if groups.len() > ACCESS_GROUPS_MAX {
        return Err(Rejection::TooManyAccessGroups { max: ACCESS_GROUPS_MAX });
    }
    let mut seen = HashSet::new();
    for AccessGroup { group, people } in groups {
        if people.len() > ACCESS_GROUP_PEOPLE_MAX {
            let max = ACCESS_GROUP_PEOPLE_MAX;
            return Err(Rejection::AccessGroupTooLarge { group: group.clone(), max });
        }
        if !seen.insert(group) {
            return Err(Rejection::AccessGroupTwice { group: group.clone() });
        }
    }
    Ok(())
}
