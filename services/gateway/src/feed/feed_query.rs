//! Who asks for what of the feed: what is refused, what is wanted, what may be read.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use samvirke_schemas::{
    Tagged,
    feed::{Audience, FILTER_IDS_MAX, FILTER_TYPES_MAX, Fact, Filters, Reach, Reader, filter},
    id::CooperationId,
    organisation::OrganisationNumber,
    principal::Principal,
    queries::feed::Wanted,
    reply::Refused,
};

use super::{
    feed_event::FeedEvent,
    rights::{Rights, RightsUnknown},
};
use crate::{fault::Fault, problem::Problem};

/// What one reader may read and wants.
#[derive(Clone, Debug)]
pub(crate) struct FeedQuery {
    /// None where the public reads all cooperations at once.
    cooperation: Option<CooperationId>,
    rights: Rights,
    reader: Reader,
    /// Whom the reader spoke for when it asked: what names that member stays its own when it has left.
    own: Option<OrganisationNumber>,
    filters: Filters,
    members: BTreeSet<OrganisationNumber>,
    since: Option<DateTime<Utc>>,
}

impl FeedQuery {
    /// What `wanted` comes to for `principal`.
    pub(crate) fn new(
        principal: &Principal,
        rights: Rights,
        wanted: Wanted,
    ) -> Result<Self, Problem> {
        check(&wanted)?;
        let cooperation = cooperation(principal, wanted.cooperation.as_ref())?;
        let reader = match &cooperation {
            Some(cooperation) => Reader::of(principal, cooperation),
            None => Reader::Public,
        };
        if wanted.concerning == Reach::Own && !matches!(reader, Reader::Member(_)) {
            return Err(invalid(
                "concerning",
                "only who speaks for a member has something of its own",
                "bare den som snakker for et medlem, har noe eget",
            ));
        }
        let own = match &reader {
            Reader::Member(member) => Some(member.clone()),
            Reader::All | Reader::Public => None,
        };
        Ok(Self {
            cooperation,
            rights,
            reader,
            own,
            filters: wanted.filters(),
            since: wanted.since.map(|since| since.0),
            members: wanted.members,
        })
    }

    /// Looks up again what this reader may read.
    ///
    /// # Errors
    ///
    /// [`RightsUnknown`].
    pub(crate) async fn look_up(&mut self) -> Result<(), RightsUnknown> {
        if let Some(cooperation) = &self.cooperation {
            self.reader = self.rights.reader(cooperation).await?;
        }
        Ok(())
    }

    /// The subjects among which all is that this reader may read.
    pub(crate) fn subjects(&self) -> String {
        let audience = match self.reader {
            // A member reads two of many subjects. Filtering for two at once cannot be proven complete
            // by what comes back, so it looks at all of the cooperation's.
            Reader::All | Reader::Member(_) => None,
            Reader::Public => Some(&Audience::Public),
        };
        filter(self.cooperation.as_ref(), audience, None)
    }

    /// Whether an event is given to this reader.
    pub(crate) fn wants(&self, event: &FeedEvent) -> bool {
        let subject = &event.subject;
        self.cooperation.as_ref().is_none_or(|own| *own == subject.cooperation)
            && self.reader.reads(&subject.audience, event.restated.as_deref())
            && self.passes(event)
    }

    fn passes(&self, event: &FeedEvent) -> bool {
        if self.filters == Filters::default() && self.members.is_empty() && self.since.is_none() {
            return true;
        }
        let Some(about) = event.about() else { return false };
        let audience = &event.subject.audience;
        let named = |member: &OrganisationNumber| {
            about.concerns.members.contains(member)
                || matches!(audience, Audience::Member(to) if to == member)
        };
        self.filters.pass(&event.subject.tag, audience, &about.concerns, self.own.as_ref())
            && (self.members.is_empty() || self.members.iter().any(named))
            && self.since.is_none_or(|since| about.time >= since)
    }
}

/// The one cooperation that is meant. Whoever has rights in several must say which.
fn cooperation(
    principal: &Principal,
    wanted: Option<&CooperationId>,
) -> Result<Option<CooperationId>, Fault> {
    if wanted.is_some() || principal.grants.is_empty() {
        return Ok(wanted.cloned());
    }
    let own: BTreeSet<_> = principal.grants.iter().map(|grant| &grant.cooperation).collect();
    match own.into_iter().collect::<Vec<_>>()[..] {
        [Some(only)] => Ok(Some(only.clone())),
        _ => Err(Fault::MissingParameter { name: "cooperation".to_owned() }),
    }
}

fn check(wanted: &Wanted) -> Result<(), Problem> {
    if let Some(unknown) = wanted.types.iter().find(|tag| !Fact::TAGS.contains(&tag.as_str())) {
        let known = Fact::TAGS.join(", ");
        return Err(invalid(
            "types",
            &format!("there is no type {unknown}; there are {known}"),
            &format!("typen {unknown} finnes ikke; det finnes {known}"),
        ));
    }
    for (name, given, max) in [
        ("types", wanted.types.len(), FILTER_TYPES_MAX),
        ("bodies", wanted.bodies.len(), FILTER_IDS_MAX),
        ("cases", wanted.cases.len(), FILTER_IDS_MAX),
        ("members", wanted.members.len(), FILTER_IDS_MAX),
    ] {
        if given > max {
            return Err(invalid(
                name,
                &format!("at most {max} are taken"),
                &format!("høyst {max} tas imot"),
            ));
        }
    }
    Ok(())
}

pub(crate) fn invalid(field: &str, detail: &str, detail_nb: &str) -> Problem {
    Refused::invalid(field, detail, detail_nb).into()
}
