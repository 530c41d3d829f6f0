//! What of the feed somebody wants. Every filter narrows; an empty one does not.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Audience, Concerns};
use crate::{id::AggregateId, organisation::OrganisationNumber};

/// The most types in one filter.
pub const FILTER_TYPES_MAX: usize = 64;
/// The most bodies, and the most cases, in one filter.
pub const FILTER_IDS_MAX: usize = 64;

/// Whose matters are wanted.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema, strum::Display,
)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum Reach {
    /// All that the reader may read.
    #[default]
    Everything,
    /// Only what is said to the member, or concerns it by name.
    Own,
}

/// What is wanted: what passes all of these.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Filters {
    /// Types without prefix and version: `case.decided`.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    #[schemars(extend("maxItems" = FILTER_TYPES_MAX))]
    pub types: BTreeSet<String>,
    /// Only what concerns one of these bodies.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    #[schemars(extend("maxItems" = FILTER_IDS_MAX))]
    pub bodies: BTreeSet<AggregateId>,
    /// Only what concerns one of these cases.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    #[schemars(extend("maxItems" = FILTER_IDS_MAX))]
    pub cases: BTreeSet<AggregateId>,
    #[serde(default)]
    pub concerning: Reach,
}

impl Filters {
    /// Whether `member` (nobody in particular where it is absent) wants an event of the type `tag`.
    pub fn pass(
        &self,
        tag: &str,
        audience: &Audience,
        concerns: &Concerns,
        member: Option<&OrganisationNumber>,
    ) -> bool {
        let among = |wanted: &BTreeSet<AggregateId>, given: &BTreeSet<AggregateId>| {
            wanted.is_empty() || !wanted.is_disjoint(given)
        };
        let own = |member: &OrganisationNumber| {
            *audience == Audience::Member(member.clone()) || concerns.members.contains(member)
        };
        (self.types.is_empty() || self.types.contains(tag))
            && among(&self.bodies, &concerns.bodies)
            && among(&self.cases, &concerns.cases)
            && match self.concerning {
                Reach::Everything => true,
                Reach::Own => member.is_some_and(own),
            }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member() -> OrganisationNumber {
        "935478715".parse().unwrap()
    }

    fn concerns() -> Concerns {
        Concerns {
            cases: ["v:24-2017".parse().unwrap()].into(),
            bodies: ["v:sg".parse().unwrap()].into(),
            ..Concerns::default()
        }
    }

    fn passes(filters: &Filters) -> bool {
        filters.pass("case.decided", &Audience::Public, &concerns(), Some(&member()))
    }

    #[test]
    fn an_empty_filter_takes_everything() {
        assert!(passes(&Filters::default()));
    }

    #[test]
    fn every_filter_narrows() {
        let types = |tag: &str| Filters { types: [tag.to_owned()].into(), ..Filters::default() };
        assert!(passes(&types("case.decided")) && !passes(&types("case.settled")));
        let bodies =
            |id: &str| Filters { bodies: [id.parse().unwrap()].into(), ..Filters::default() };
        assert!(passes(&bodies("v:sg")) && !passes(&bodies("v:rg")));
        let cases =
            |id: &str| Filters { cases: [id.parse().unwrap()].into(), ..types("case.decided") };
        assert!(passes(&cases("v:24-2017")) && !passes(&cases("v:6-2017")));
    }

    #[test]
    fn ones_own_matters_are_those_said_to_one_or_naming_one() {
        let own = Filters { concerning: Reach::Own, ..Filters::default() };
        assert!(!passes(&own));
        let named = Concerns { members: [member()].into(), ..concerns() };
        assert!(own.pass("case.decided", &Audience::Public, &named, Some(&member())));
        let said = Audience::Member(member());
        assert!(own.pass("case.decided", &said, &concerns(), Some(&member())));
        assert!(!own.pass("case.decided", &said, &named, None));
    }
}
