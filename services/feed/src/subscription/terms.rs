//! Whether the terms of a subscription can be kept.

use samvirke_schemas::{
    Tagged,
    feed::{FILTER_IDS_MAX, FILTER_TYPES_MAX, Fact, FeedPosition, Filters, Reach},
    id::CooperationId,
    subscriptions::subscription::{
        endpoint::Endpoint,
        terms::{Owner, Start},
    },
};

use super::{Facts, Rejection};

/// The port of https. Below [`PORT_MIN`] live other services, which a request could be mistaken by.
const PORT_HTTPS: u16 = 443;
const PORT_MIN: u16 = 1024;

pub(super) fn check_endpoint(endpoint: &Endpoint, facts: &Facts) -> Result<(), Rejection> {
    let port = endpoint.port();
    if facts.unencrypted_allowed {
        return Ok(());
    }
    if !endpoint.is_encrypted() {
        return Err(Rejection::NotEncrypted);
    }
    if port != PORT_HTTPS && port < PORT_MIN {
        return Err(Rejection::PortNotAllowed { port });
    }
    Ok(())
}

pub(super) fn check_filters(
    filters: &Filters,
    owner: &Owner,
    cooperation: &CooperationId,
) -> Result<(), Rejection> {
    let Filters { types, bodies, cases, concerning } = filters;
    if types.len() > FILTER_TYPES_MAX {
        return Err(Rejection::TooManyFilters { max: FILTER_TYPES_MAX });
    }
    if bodies.len() > FILTER_IDS_MAX || cases.len() > FILTER_IDS_MAX {
        return Err(Rejection::TooManyFilters { max: FILTER_IDS_MAX });
    }
    if let Some(name) = types.iter().find(|name| !Fact::TAGS.contains(&name.as_str())) {
        return Err(Rejection::UnknownType { name: name.clone() });
    }
    let elsewhere = bodies.iter().chain(cases).find(|id| id.cooperation != *cooperation);
    if let Some(id) = elsewhere {
        return Err(Rejection::OfAnotherCooperation { id: id.to_string() });
    }
    match (concerning, owner) {
        (Reach::Own, Owner::Secretariat {}) => Err(Rejection::OwnOfNobody),
        (Reach::Own | Reach::Everything, Owner::Member { .. })
        | (Reach::Everything, Owner::Secretariat {}) => Ok(()),
    }
}

/// The place in the feed that is meant.
pub(super) fn place(from: &Start, facts: &Facts) -> Result<FeedPosition, Rejection> {
    match from {
        Start::Now {} => Ok(facts.last),
        Start::Position { after } if *after > facts.last => {
            Err(Rejection::UnknownPosition { after: *after, last: facts.last })
        }
        Start::Position { after } => Ok(*after),
        Start::Time { .. } => Ok(facts.before_time.unwrap_or(facts.last)),
    }
}
