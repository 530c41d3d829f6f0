//! Who reads what is restricted of what the body treats.

use samvirke_schemas::networks::access_group::{
    ACCESS_GROUP_PEOPLE_MAX, ACCESS_GROUPS_MAX, AccessGroup,
};

use super::*;

fn group(name: &str, people: usize) -> AccessGroup {
    AccessGroup { group: local(name), people: (0..people as u128).map(person).collect() }
}

fn named(groups: Vec<AccessGroup>, from: &str) -> Request {
    Request::NameAccessGroups { groups, from: day(from) }
}

#[test]
fn access_groups_are_named_from_a_day_in_place_of_those_before() {
    let first = || vec![group("personalutvalg", 2)];
    established()
        .when(named(first(), "2012-01-01"))
        .then(vec![Event::AccessGroupsNamed { groups: first(), from: day("2012-01-01") }])
        .when(named(first(), "2012-01-01"))
        .then_nothing()
        .when(named(Vec::new(), "2012-01-01"))
        .then_refused(Rejection::AccessGroupsGoBack { from: day("2012-01-01") })
        .when(named(Vec::new(), "2013-01-01"))
        .then_accepted();
}

#[test]
fn access_groups_have_limits() {
    let groups = |count: usize| (0..count).map(|at| group(&format!("g{at}"), 1)).collect();
    established()
        .when(named(groups(ACCESS_GROUPS_MAX + 1), "2012-01-01"))
        .then_refused(Rejection::TooManyAccessGroups { max: ACCESS_GROUPS_MAX });
    established()
        .when(named(vec![group("g", ACCESS_GROUP_PEOPLE_MAX + 1)], "2012-01-01"))
        .then_refused(Rejection::AccessGroupTooLarge {
            group: local("g"),
            max: ACCESS_GROUP_PEOPLE_MAX,
        });
    established()
        .when(named(vec![group("g", 1), group("g", 2)], "2012-01-01"))
        .then_refused(Rejection::AccessGroupTwice { group: local("g") });
    established().when(named(groups(ACCESS_GROUPS_MAX), "2012-01-01")).then_accepted();
}
