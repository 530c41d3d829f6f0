//! Every command and query there is, as one table.
//!
//! The gateway's routes, the OpenAPI document and the services' own decoding are made from it, so that
//! a command exists everywhere or nowhere.

use schemars::{Schema, SchemaGenerator};

use crate::{Tagged, cases, contacts, meetings, networks, queries, subscriptions};

/// The aggregate that a group of commands is for: `POST /v1/<plural>/{id}/<command>`.
pub struct Collection {
    /// The context that answers: `networks`.
    pub context: &'static str,
    /// The aggregate's kind, a token of the subject: `cooperation`.
    pub kind: &'static str,
    /// The word in the URL: `cooperations`.
    pub plural: &'static str,
    /// The commands, in kebab case.
    pub commands: &'static [&'static str],
    /// The schema of the request enum, one variant a command.
    pub schema: fn(&mut SchemaGenerator) -> Schema,
}

/// A query: `GET <path>`, answered on `qry.<service>.<name>`.
pub struct Query {
    /// Who answers: `readmodels` for what is folded from the streams, otherwise the service that keeps it.
    pub service: &'static str,
    /// The read model and its query: `cooperation-overview`.
    pub name: &'static str,
    /// The route, with `{id}` where an id stands.
    pub path: &'static str,
    pub summary: &'static str,
    /// An object schema whose properties are the parameters, path and query string together.
    pub parameters: fn(&mut SchemaGenerator) -> Schema,
    pub answer: fn(&mut SchemaGenerator) -> Schema,
}

macro_rules! collection {
    ($context:literal, $kind:literal, $plural:literal, $request:ty) => {
        collection!($context, $kind, $plural, $request, <$request>::TAGS)
    };
    ($context:literal, $kind:literal, $plural:literal, $request:ty, $commands:expr) => {
        Collection {
            context: $context,
            kind: $kind,
            plural: $plural,
            commands: $commands,
            schema: |generator| generator.subschema_for::<$request>(),
        }
    };
}

/// All collections.
pub static COLLECTIONS: &[Collection] = &[
    collection!("networks", "cooperation", "cooperations", networks::cooperation::Request),
    collection!("networks", "body", "bodies", networks::body::Request),
    collection!("networks", "network", "networks", networks::network::Request),
    // A number is taken by the case that needs it, never by a caller.
    collection!("cases", "register", "registers", cases::register::Request, &["open"]),
    collection!("cases", "case", "cases", cases::case::Request),
    collection!("meetings", "meeting", "meetings", meetings::meeting::Request),
    collection!("contacts", "contact", "contacts", contacts::contact::Request),
    // What is only for Samvirke itself is left out: how an endpoint answered, and that it no longer does.
    collection!(
        "subscriptions",
        "subscription",
        "subscriptions",
        subscriptions::subscription::Request,
        &[
            "create",
            "change-filters",
            "change-endpoint",
            "rotate-secret",
            "suspend",
            "resume",
            "replay",
            "test-delivery",
            "end",
        ]
    ),
];

/// A second address of a command, where a list that is read at the same address grows by it:
/// `POST /v1/cases/{id}/receipts` registers what `GET` there lists.
pub struct Addition {
    pub plural: &'static str,
    /// The last word of the address.
    pub list: &'static str,
    pub command: &'static str,
}

/// All second addresses.
pub static ADDITIONS: &[Addition] =
    &[Addition { plural: "cases", list: "receipts", command: "register-receipt" }];

macro_rules! query {
    ($name:literal, $path:literal, $summary:literal, $module:ident, $answer:ident) => {
        query!("readmodels", $name, $path, $summary, $module, $answer)
    };
    (
        $service:literal, $name:literal, $path:literal, $summary:literal,
        $module:ident, $answer:ident
    ) => {
        Query {
            service: $service,
            name: $name,
            path: $path,
            summary: $summary,
            parameters: |generator| generator.subschema_for::<queries::$module::Parameters>(),
            answer: |generator| generator.subschema_for::<queries::$module::$answer>(),
        }
    };
}

/// All queries.
pub static QUERIES: &[Query] = &[
    query!(
        "cooperation-overview",
        "/v1/cooperations/{id}",
        "One cooperation: names, form, agreement, members and leadership.",
        cooperation_overview,
        Overview
    ),
    query!("bodies", "/v1/bodies", "The bodies of a cooperation on a day.", bodies, Answer),
    query!(
        "body",
        "/v1/bodies/{id}",
        "One body with the seats and rules in force on a day.",
        body,
        Body
    ),
    query!("networks", "/v1/networks", "The networks of a cooperation.", networks, Answer),
    query!(
        "case-register",
        "/v1/cases",
        "The case register: by body, year, kind, state, member, words and number.",
        case_register,
        Answer
    ),
    query!(
        "case",
        "/v1/cases/{id}",
        "One case with all that belongs to it, and its timeline.",
        case,
        Case
    ),
    query!(
        "case-way",
        "/v1/case-ways",
        "The way of a matter by its number, through bodies and related cases.",
        case_way,
        Answer
    ),
    query!(
        "decisions",
        "/v1/decisions",
        "What bodies have decided, newest first.",
        decisions,
        Answer
    ),
    query!(
        "inbox",
        "/v1/members/{member}/inbox",
        "What waits for a member's answer.",
        inbox,
        Answer
    ),
    query!(
        "receipts",
        "/v1/cases/{id}/receipts",
        "Who has received a joint case, who has decided, and who is silent and since when.",
        receipts,
        Answer
    ),
    query!(
        "follow-ups",
        "/v1/follow-ups",
        "Tasks flowing from decisions, by due date.",
        follow_ups,
        Answer
    ),
    query!(
        "hearings",
        "/v1/hearings",
        "Hearings and how they stand, by deadline.",
        hearings,
        Answer
    ),
    query!(
        "calendar",
        "/v1/meetings",
        "The meetings of a cooperation's bodies, by day.",
        calendar,
        Answer
    ),
    query!(
        "meeting",
        "/v1/meetings/{id}",
        "One meeting with agenda, attendance, votes and minutes.",
        meeting,
        Meeting
    ),
    query!(
        "notify",
        "contacts",
        "/v1/contacts",
        "The contacts that are told by e-mail, and of what.",
        contacts,
        Answer
    ),
    query!(
        "notify",
        "notifications",
        "/v1/notifications",
        "What was told by e-mail, what waits to be, and what did not arrive.",
        notifications,
        Answer
    ),
    query!(
        "feed",
        "subscriptions",
        "/v1/subscriptions",
        "The subscriptions of a cooperation that one may see, and how their deliveries stand.",
        subscriptions,
        Answer
    ),
    query!(
        "feed",
        "subscription",
        "/v1/subscriptions/{id}",
        "One subscription and how its deliveries stand.",
        subscription,
        Subscription
    ),
    query!(
        "feed",
        "subscription-attempts",
        "/v1/subscriptions/{id}/attempts",
        "The latest attempts to deliver, newest first.",
        subscription_attempts,
        Answer
    ),
    query!(
        "feed",
        "subscription-secret",
        "/v1/subscriptions/{id}/secret",
        "The secrets that deliveries are signed with; for the owner alone.",
        subscription_secret,
        Secret
    ),
];

/// Finds a collection by the word in its URL.
pub fn collection(plural: &str) -> Option<&'static Collection> {
    COLLECTIONS.iter().find(|collection| collection.plural == plural)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_added_to_a_list_is_a_command_and_the_list_can_be_read() {
        for more in ADDITIONS {
            let collection = collection(more.plural).unwrap();
            assert!(collection.commands.contains(&more.command), "{}", more.command);
            let path = format!("/v1/{}/{{id}}/{}", more.plural, more.list);
            assert!(QUERIES.iter().any(|query| query.path == path), "{path}");
        }
    }
}
