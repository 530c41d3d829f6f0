//! What is told before anybody reads: a cooperation, bodies, cases and meetings, with secret words in every text
//! field and everything that can keep a text from somebody.

use std::collections::BTreeMap;

use chrono::{Days, NaiveDate, TimeDelta};
use samvirke_kernel::clock;
use samvirke_schemas::local_time::day_of;
use samvirke_tests::{
    api::{Api, Caller},
    organisation_numbers,
};
use serde_json::{Value, json};

use super::{
    channels::Channels,
    readers::{DEPUTY, FORMER, HOLDER, MEMBER, PARTY, SEATED},
    words::Words,
};

mod cases;
mod meetings;
mod networks;
mod now;

pub(crate) use cases::CASES;
pub(crate) use meetings::MEETINGS;
pub(crate) use now::{LAST, MAILBOXES, TOLD_WITHIN, about, tag, told};

/// When most of it happened.
const THEN: &str = "2017-01-02T12:00";

/// The history as it is told, and the words that are planted in it.
pub(crate) struct History<'a> {
    api: &'a Api,
    secretariat: Caller,
    operator: Caller,
    pub(crate) words: Words,
    positions: BTreeMap<String, u64>,
    /// What was not accepted: then the table is not tried as it should be.
    pub(crate) refused: Vec<String>,
}

impl<'a> History<'a> {
    pub(crate) fn new(api: &'a Api) -> Self {
        Self {
            api,
            secretariat: api.secretariat(),
            operator: api.caller(&["*:operator"], None),
            words: Words::default(),
            positions: BTreeMap::new(),
            refused: Vec::new(),
        }
    }

    pub(crate) async fn tell(&mut self, channels: &Channels<'_>) {
        self.networks().await;
        self.contacts().await;
        channels.subscribe().await;
        self.cases().await;
        self.meetings().await;
        // It left after it was asked.
        let left = json!({"member": FORMER, "to": "2018-12-31", "reason": "§told"});
        self.at("2018-12-31T12:00", "cooperations/prove/release-member", left).await;
        self.today(channels).await;
    }

    /// Where the streams end, as the gateway reads it.
    pub(crate) fn position(&self) -> String {
        let one = |(stream, sequence): (&String, &u64)| format!("{stream}:{sequence}");
        self.positions.iter().map(one).collect::<Vec<_>>().join(",")
    }

    async fn then(&mut self, to: &str, body: Value) {
        self.at(THEN, to, body).await;
    }

    async fn at(&mut self, at: &str, to: &str, body: Value) {
        let mut tokens = to.split('/');
        let (plural, command) = (tokens.next().unwrap(), tokens.next_back().unwrap());
        let planted = self.words.plant(&format!("{plural} {command}"), body);
        let caller = if command == "found" { &self.operator } else { &self.secretariat };
        let headers = [("samvirke-occurred-at", at)];
        // Now has no header.
        let headers = if at.is_empty() { &headers[..0] } else { &headers[..] };
        let answer = self.api.send(caller, to, headers, planted.clone()).await;
        if answer.status != 200 {
            self.refused.push(format!("{to} {planted}: {}", answer.body));
            return;
        }
        let position = answer.header("samvirke-position");
        // No read model follows contacts.
        if let Some((stream, sequence)) = position.split_once(':')
            && plural != "contacts"
        {
            let sequence: u64 = sequence.parse().unwrap();
            let last = self.positions.entry(stream.to_owned()).or_default();
            *last = sequence.max(*last);
        }
    }
}

fn rules(delegated: Value, legal_basis: Value) -> Value {
    let mut rules = json!({
        "seat_rights": ["attend", "speak", "propose", "vote"], "notice_days": 7,
        "quorum": {"half-of-members": {}}, "majority": "simple", "casting_vote": true,
        "authority": "decides",
    });
    if !delegated.is_null() {
        rules["delegated"] = delegated;
        rules["legal_basis"] = legal_basis;
    }
    rules
}

fn legal_basis(row: &str) -> Value {
    json!({"act": row, "provision": row})
}

fn names(row: &str) -> Value {
    json!({"nb": row, "nn": row, "en": row})
}

fn today() -> NaiveDate {
    *day_of(clock::now())
}

fn days_ago(days: u64) -> NaiveDate {
    today() - Days::new(days)
}
