//! Every answer there is: the queries of the catalogue, Atom and iCalendar.

use samvirke_schemas::catalogue::QUERIES;
use samvirke_tests::api::{Api, Caller};
use serde_json::Value;

use super::{
    history::{CASES, History, MEETINGS},
    readers::PARTY,
};

/// What the gateway makes of queries, for programs that fetch it again and again.
const PUBLISHED: &[&str] = &["decisions-feed", "body-calendar", "member-calendar"];

/// The names of all answers.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    QUERIES.iter().map(|query| query.name).chain(PUBLISHED.iter().copied())
}

pub(crate) fn is_published(name: &str) -> bool {
    PUBLISHED.contains(&name)
}

/// Where an answer is asked for, once for each thing that it is about.
pub(crate) fn addresses(name: &str, _history: &History<'_>) -> Vec<String> {
    let list = |path: &str| vec![format!("{path}?cooperation=prove&limit=200")];
    let each =
        |ids: &[&str], path: &dyn Fn(&str) -> String| ids.iter().map(|id| path(id)).collect();
    match name {
        "cooperation-overview" => vec!["cooperations/prove".into(), "cooperations/annet".into()],
        "bodies" => list("bodies"),
        "body" => vec!["bodies/prove:sg".into(), "bodies/prove:rg".into()],
        "networks" => list("networks"),
        "case-register" => list("cases"),
        "case" => each(CASES, &|id| format!("cases/prove:{id}")),
        "case-way" => (1..=CASES.len())
            .map(|number| format!("case-ways?cooperation=prove&number={number}/2017"))
            .collect(),
        "decisions" => list("decisions"),
        "inbox" => list(&format!("members/{PARTY}/inbox")),
        "receipts" => each(CASES, &|id| format!("cases/prove:{id}/receipts")),
        "follow-ups" => list("follow-ups"),
        "hearings" => list("hearings"),
        "calendar" => list("meetings"),
        "meeting" => each(MEETINGS, &|id| format!("meetings/prove:{id}")),
        "contacts" => list("contacts"),
        "notifications" => list("notifications"),
        "subscriptions" => vec!["subscriptions?cooperation=prove".into()],
        "subscription" => vec!["subscriptions/prove:x".into()],
        "subscription-attempts" => vec!["subscriptions/prove:x/attempts".into()],
        "subscription-secret" => vec!["subscriptions/prove:x/secret".into()],
        "decisions-feed" => vec!["decisions.atom?cooperation=prove".into()],
        "body-calendar" => vec!["calendars/bodies/prove:sg.ics".into()],
        "member-calendar" => vec![format!("calendars/members/{PARTY}.ics?cooperation=prove")],
        other => panic!("{other} has no address here"),
    }
}

/// The answers to one reader, after all that was told.
pub(crate) struct Answers<'a> {
    api: &'a Api,
    caller: Caller,
    position: String,
}

impl<'a> Answers<'a> {
    pub(crate) fn of(api: &'a Api, caller: Caller, history: &History<'_>) -> Self {
        Self { api, caller, position: history.position() }
    }

    /// What is answered, as it comes; a refusal is an answer too.
    pub(crate) async fn text(&self, address: &str) -> String {
        let headers = [("samvirke-position", self.position.as_str())];
        let response = self.api.tries(&self.caller, address, &headers).await.unwrap();
        let status = response.status().as_u16();
        // Lines of a calendar are folded.
        let text = response.text().await.unwrap().replace("\r\n ", "");
        assert!([200, 403, 404].contains(&status), "{address}: {status} {text}");
        text
    }

    /// The rows of a list.
    pub(crate) async fn items(&self, address: &str) -> Vec<Value> {
        let text = self.text(address).await;
        let answer: Value = serde_json::from_str(&text).unwrap();
        answer["items"].as_array().unwrap_or_else(|| panic!("{address}: {text}")).clone()
    }
}
