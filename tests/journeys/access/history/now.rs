//! What happens today, so that people are told of it by mail; and what everybody was told and may know no longer.

use super::{
    cases::{description, everything},
    meetings::item,
    *,
};

/// The cases whose facts everybody is told before they are restricted, and the meeting that treats one of them.
const TOLD: &[(&str, &str)] = &[
    ("case.opened", "cases/prove:later"),
    ("case.amended", "cases/prove:later"),
    ("case.sent-to-members", "cases/prove:asked"),
    ("meeting.notice-issued", "meetings/prove:coming"),
];

/// How long the feed may take to tell.
pub(crate) const TOLD_WITHIN: TimeDelta = TimeDelta::minutes(1);

/// What is told last in each context: once it is in the feed, so is all that came before.
pub(crate) const LAST: &[(&str, &str)] = &[
    ("network.started", "networks/prove:last"),
    ("case.opened", "cases/prove:last"),
    ("meeting.cancelled", "meetings/prove:coming"),
    ("subscription.stopped", "subscriptions/prove:gone"),
];

/// Where mail goes to.
pub(crate) const MAILBOXES: &[&str] = &[
    "party@example.no",
    "member@example.no",
    "holder@example.no",
    "seated@example.no",
    "secretariat@example.no",
];

impl History<'_> {
    async fn now(&mut self, to: &str, body: Value) {
        self.at("", to, body).await;
    }

    /// Everybody who can be told by mail.
    pub(super) async fn contacts(&mut self) {
        let member = |member: &str| json!({"member": {"member": member, "desk": "registry"}});
        let seat = |seat: &str| json!({"seat": {"body": "prove:sg", "seat": seat}});
        let belongings = [
            member(PARTY),
            member(MEMBER),
            seat("party"),
            seat("seated"),
            json!({"secretariat": {}}),
        ];
        for (index, (belongs_to, email)) in belongings.iter().zip(MAILBOXES).enumerate() {
            let to = format!("contacts/prove:0192f3a0-7c1e-7d2a-9b1f-3f5d6c7b8a9{index}/register");
            let person = json!({"name": "Postmottak", "email": email});
            self.now(&to, json!({"belongs_to": belongs_to, "person": person})).await;
        }
    }

    pub(super) async fn today(&mut self, channels: &Channels<'_>) {
        self.told_to_everybody().await;
        self.are_told(TOLD).await;
        channels
            .all_mail_is_sent(&[("meeting-called", 2), ("case-sent", 2), ("agenda-changed", 2)])
            .await;
        self.and_withheld().await;
        let theirs = json!({"outsider": {"name": "§register"}});
        let started = json!({"names": names("§register"), "theme": "§register", "purpose": "§register",
            "initiated_by": theirs, "established": "2010"});
        self.now("networks/prove:last/start", started).await;
        let opening = json!({"kind": "decision", "description": description("§open-case"),
            "owner": "prove:sg", "register": "2017"});
        self.now("cases/prove:last/open", opening).await;
        let sitting = days_ahead(31);
        let sitting =
            json!({"start": format!("{sitting}T09:00"), "end": format!("{sitting}T12:00")});
        let moved = json!({"sittings": [sitting], "reason": "§meeting",
            "venue": {"place": "§meeting", "remote": "§meeting"}});
        self.now("meetings/prove:coming/move", moved).await;
        let cancelled = json!({"reason": "§meeting"});
        self.now("meetings/prove:coming/cancel", cancelled).await;
    }

    async fn told_to_everybody(&mut self) {
        let opening = |description: Value, restriction: Value| {
            json!({"kind": "decision", "description": description, "owner": "prove:sg",
                "register": "2017", "restriction": restriction})
        };
        // Nobody finds what it was called first, not even those who see everything.
        let mut first = description("§told-before");
        first["public_title"] = json!("§told-before");
        self.now("cases/prove:later/open", opening(first, Value::Null)).await;
        let mut named = description("§withheld-case");
        named["public_title"] = json!("§told-before");
        self.now("cases/prove:later/amend", named).await;
        let asked = opening(description("§joint-case"), everything());
        self.now("cases/prove:asked/open", asked).await;
        let settles = json!({"as-agreed": {"text": "§joint-case"}});
        let sent = json!({"text": "§joint-case", "settles": settles});
        self.now("cases/prove:asked/send-to-members", sent).await;

        let sitting = days_ahead(30).to_string();
        self.plan("", "coming", &sitting).await;
        for (id, title) in [
            ("fast", "§agenda-called"),
            ("rettet", "§told-before"),
            ("skjult", "§told-before"),
            ("dekket", "§item-restricted-later"),
        ] {
            let mut item = item(id, title);
            // What is corrected or restricted was called so before.
            if id != "fast" {
                item["public_title"] = json!("§told-before");
            }
            self.put("", "coming", item).await;
        }
        let mut of_case = item("sak", "§withheld-case");
        of_case["subject"] = json!({"case": {"case": "prove:later"}});
        self.put("", "coming", of_case).await;
        self.now("meetings/prove:coming/issue-notice", json!({})).await;
        // Called so for a moment, before it is restricted.
        let corrected = "meetings/prove:coming/correct-item";
        self.now(corrected, correct("skjult", "§item-restricted-later")).await;
    }

    async fn and_withheld(&mut self) {
        self.now("cases/prove:later/amend", description("§withheld-case")).await;
        self.now("cases/prove:later/restrict", everything()).await;
        for member in [SEATED, MEMBER] {
            let released = json!({"member": member, "reason": "§told-to-party"});
            self.now("cases/prove:asked/release-member", released).await;
        }
        let invited = json!([{"party": "a", "names": names("§joint-case"), "member": PARTY}]);
        let deadline = format!("{}T12:00", days_ahead(20));
        let opened = json!({"invited": invited, "deadline": deadline});
        self.now("cases/prove:asked/open-hearing", opened).await;

        let corrected = "meetings/prove:coming/correct-item";
        self.now(corrected, correct("rettet", "§agenda-called")).await;
        for item in ["skjult", "dekket"] {
            let restriction = json!({"legal_basis": legal_basis("§public-title")});
            let restricted = json!({"item": item, "public_title": "§public-title",
                "restriction": restriction, "reason": "§stream"});
            self.now("meetings/prove:coming/restrict-item", restricted).await;
        }
    }

    /// Waits until the public has been told.
    async fn are_told(&self, wanted: &[(&str, &str)]) {
        let public = Caller::public();
        told(self.api, &public, wanted).await;
    }
}

/// Waits until the feed has told somebody of these facts.
pub(crate) async fn told(api: &Api, caller: &Caller, wanted: &[(&str, &str)]) {
    let mut missing = wanted.to_vec();
    let mut after = "FEED:0".to_owned();
    let begun = clock::now();
    while !missing.is_empty() {
        assert!(clock::now() - begun < TOLD_WITHIN, "the feed does not tell of {missing:?}");
        let address = format!("feed?cooperation=prove&after={after}&limit=1000&wait=5");
        let page = api.get(caller, &address, &[]).await;
        // Before anything is told there may be no feed yet.
        let Some(events) = page.body["events"].as_array() else { continue };
        missing.retain(|one| !events.iter().any(|event| (tag(event), about(event)) == *one));
        page.body["next"].as_str().unwrap().clone_into(&mut after);
    }
}

/// The type of an event, without prefix and version.
pub(crate) fn tag(event: &Value) -> &str {
    let kind = event["type"].as_str().unwrap();
    let (name, _version) = kind.strip_prefix("no.samvirke.").unwrap().rsplit_once(".v").unwrap();
    name
}

/// What an event is about.
pub(crate) fn about(event: &Value) -> &str {
    event["subject"].as_str().unwrap()
}

fn correct(item: &str, title: &str) -> Value {
    json!({"item": item, "title": title, "public_title": "§public-title", "reason": "§stream"})
}

fn days_ahead(days: u64) -> NaiveDate {
    today() + Days::new(days)
}
