//! What of the case is kept from public view. The public title never is.

use samvirke_schemas::{
    cases::case::{
        Event,
        access::{Restriction, Scope},
    },
    date::Date,
    networks::access_group::{ACCESS_GROUP_PEOPLE_MAX, ACCESS_GROUPS_MAX},
    text::Prose,
};
use serde::{Deserialize, Serialize};

use super::{CaseData, Decision, Rejection, paper::PAPERS_MAX, within};

/// The access to a case.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub enum Access {
    #[default]
    Unrestricted,
    Restricted(Restriction),
    Lifted,
}

impl Access {
    /// The restriction that holds on a day.
    pub fn restriction_on(&self, day: Date) -> Option<&Restriction> {
        match self {
            Self::Restricted(restriction) if restriction.until.is_none_or(|until| day <= until) => {
                Some(restriction)
            }
            Self::Unrestricted | Self::Restricted(_) | Self::Lifted => None,
        }
    }

    /// Whether the full title is restricted for its own sake.
    pub(super) fn hides_the_title(&self) -> bool {
        match self {
            Self::Restricted(restriction) => restriction.scope == Scope::Title {},
            Self::Unrestricted | Self::Lifted => false,
        }
    }
}

impl CaseData {
    /// Whether exactly this is restricted.
    pub(super) fn is_restricted(&self, restriction: &Restriction) -> bool {
        matches!(&self.access, Access::Restricted(current) if current == restriction)
    }

    pub(super) fn restrict(&self, restriction: &Restriction, today: Date) -> Decision {
        if self.is_restricted(restriction) {
            return Ok(Vec::new());
        }
        if let Some(until) = restriction.until.filter(|until| *until < today) {
            return Err(Rejection::RestrictionOver { until });
        }
        within(restriction.access_groups.len(), ACCESS_GROUPS_MAX, "access groups")?;
        for group in &restriction.access_groups {
            within(group.people.len(), ACCESS_GROUP_PEOPLE_MAX, "people in an access group")?;
        }
        match &restriction.scope {
            Scope::Everything {} => (),
            Scope::Title {} => {
                let description = &self.opened.description;
                if description.title == description.public_title {
                    return Err(Rejection::PublicTitleReveals);
                }
            }
            Scope::Papers { papers } if papers.is_empty() => {
                return Err(Rejection::NothingRestricted);
            }
            Scope::Papers { papers } => {
                within(papers.len(), PAPERS_MAX, "papers")?;
                for paper in papers {
                    self.has_paper(Some(paper))?;
                }
            }
        }
        Ok(vec![Event::Restricted(restriction.clone())])
    }

    pub(super) fn lift(&self, reason: &Prose) -> Decision {
        match self.access {
            Access::Restricted(_) => Ok(vec![Event::RestrictionLifted { reason: reason.clone() }]),
            Access::Lifted => Ok(Vec::new()),
            Access::Unrestricted => Err(Rejection::NotRestricted),
        }
    }
}
