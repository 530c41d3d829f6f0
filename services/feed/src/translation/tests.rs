//! What is published about each event, and to whom.

mod body;
mod case;
mod cooperation;
mod follow_up;
mod hearing;
mod joint;
mod meeting;
mod network;
mod privacy;
mod subscription;
mod withholding;

use chrono::{DateTime, Utc};
use samvirke_kernel::{
    envelope::{ENVELOPE_VERSION, Envelope, Member, Recorded},
    log::Stored,
};
use samvirke_schemas::{
    date::Date,
    feed::{CloudEvent, Said},
    principal::Principal,
};
use serde_json::{Value, json, value::RawValue};
use uuid::Uuid;

use super::{Affected, Translation};

const BAERUM: &str = "935478715";
const ASKER: &str = "920125298";
const BUSKERUD: &str = "964951373";
const MEMBERS: [(&str, &str); 3] =
    [(BAERUM, "Bærum kommune"), (ASKER, "Asker kommune"), (BUSKERUD, "Buskerud fylkeskommune")];
const COOPERATION: &str = "cooperation/vestregionen";
const BODY: &str = "body/vestregionen:sg";
const CASE: &str = "case/vestregionen:1-2017";
/// What nobody but the parties may be told.
const SECRET: &str = "hemmelig";
const MEETING: &str = "meeting/vestregionen:sg-1";

/// A history as it has been heard.
struct Scenario {
    translation: Translation,
    commits: u64,
    day: Date,
    history: Vec<(Stored, Envelope)>,
}

/// A cooperation with three members, a steering group and the directors' group that prepares for it,
/// on 15 June 2017.
fn given() -> Scenario {
    let scenario = Scenario {
        translation: Translation::default(),
        commits: 0,
        day: "2017-06-15".parse().unwrap(),
        history: Vec::new(),
    };
    let members = MEMBERS.map(|(member, name)| {
        json!({"member-admitted": {
            "member": member, "names": {"nb": name}, "kind": "municipality", "from": "1992-01-01",
        }})
    });
    scenario
        .and(COOPERATION, founded())
        .and_all(COOPERATION, members)
        .and(BODY, established("Styringsgruppen"))
        .and("body/vestregionen:rg", established("Rådmannsgruppen"))
}

/// As [`given`], and the case 1/2017 of the steering group.
fn given_case() -> Scenario {
    given().and(CASE, opened("1/2017", "Vestregionens framtid", "Framtid"))
}

/// As [`given_case`], and a meeting of the steering group with the case on its agenda.
fn given_meeting() -> Scenario {
    given_case()
        .and(MEETING, planned())
        .and(
            MEETING,
            item(
                "1-2017",
                "Vestregionens framtid",
                json!({"case": {
                    "case": "vestregionen:1-2017", "treatment": "sg",
                }}),
            ),
        )
        .and(MEETING, item("lokaler", "Leie av lokaler", json!({"plain-text": {}})))
}

impl Scenario {
    /// What has happened before. The aggregate is written `<kind>/<id>`.
    fn and(mut self, aggregate: &str, event: Value) -> Self {
        self.observe(aggregate, &[event]);
        self
    }

    fn and_all(self, aggregate: &str, events: impl IntoIterator<Item = Value>) -> Self {
        events.into_iter().fold(self, |scenario, event| scenario.and(aggregate, event))
    }

    /// What follows happens on this day.
    fn on(self, day: &str) -> Self {
        Self { day: day.parse().unwrap(), ..self }
    }

    /// What is said when this happens.
    fn when(mut self, aggregate: &str, event: Value) -> Rendered {
        let said = self.observe(aggregate, &[event]);
        Rendered(said.into_iter().map(spoken).collect())
    }

    /// What is said when this happens in one commit.
    fn when_all(mut self, aggregate: &str, events: &[Value]) -> Rendered {
        let said = self.observe(aggregate, events);
        Rendered(said.into_iter().map(spoken).collect())
    }

    fn observe(&mut self, aggregate: &str, events: &[Value]) -> Vec<Said> {
        let (kind, id) = aggregate.split_once('/').unwrap();
        self.commits += 1;
        let at: DateTime<Utc> = self.day.and_hms_opt(10, 0, 0).unwrap().and_utc();
        let recorded = |(index, event): (usize, &Value)| {
            let (tag, data) = event.as_object().unwrap().iter().next().unwrap();
            Recorded {
                id: Uuid::from_u128(u128::from(self.commits) + ((index as u128) << 64)),
                tag: tag.clone(),
                version: 1,
                data: RawValue::from_string(data.to_string()).unwrap(),
            }
        };
        let envelope = Envelope {
            v: ENVELOPE_VERSION,
            aggregate: Member {
                kind: kind.into(),
                id: id.parse().unwrap(),
                version_from: self.commits,
                version_to: self.commits,
            },
            command_id: Uuid::nil(),
            command: format!("{kind}.test"),
            digest: String::new(),
            actor: Principal::public(),
            cause: None,
            traceparent: None,
            provenance: None,
            occurred_at: at,
            // Registered afterwards, as an import does.
            recorded_at: "2026-01-01T12:00:00Z".parse().unwrap(),
            previous: None,
            events: events.iter().enumerate().map(recorded).collect(),
        };
        let stored = Stored {
            subject: String::new(),
            sequence: self.commits,
            stored_at: at,
            payload: envelope.write().unwrap(),
            more_in_batch: false,
            pending: None,
        };
        let mut said = self.translation.take(&stored, &envelope).unwrap();
        if let Some(withholding) = self.translation.withholding() {
            let of = |affected: &Affected| {
                let own = |(_, envelope): &&(Stored, Envelope)| {
                    let member = &envelope.aggregate;
                    member.kind == affected.kind && member.id == affected.id
                };
                (affected.clone(), self.history.iter().filter(own).cloned().collect())
            };
            let histories: Vec<_> = withholding.affected.iter().map(of).collect();
            said.extend(self.translation.withhold(&withholding, &histories).unwrap());
        }
        self.history.push((stored, envelope));
        said
    }
}

/// What was said, in order.
struct Rendered(Vec<CloudEvent>);

/// Each fact reads back from its event as it was published.
fn spoken(said: Said) -> CloudEvent {
    let event = CloudEvent::new(&said, 1).unwrap();
    assert_eq!(event.fact().unwrap(), said.fact);
    assert_eq!(event.concerns().unwrap(), said.concerns);
    event
}

impl Rendered {
    /// Who hears what, in order: `public case.opened`.
    fn state(&self) -> Vec<String> {
        self.0.iter().map(|event| format!("{} {}", event.audience, event.tag())).collect()
    }

    /// What an audience hears, parsed.
    fn to(&self, audience: &str) -> Value {
        let event = self.0.iter().find(|event| event.audience == audience);
        let event = event.unwrap_or_else(|| panic!("{audience} hears nothing: {:?}", self.state()));
        serde_json::from_str(event.data.get()).unwrap()
    }

    /// Checks that only the public is told, and that this is part of it.
    #[track_caller]
    fn publicly(&self, tag: &str, data: Value) {
        assert_eq!(self.state(), [format!("public {tag}")]);
        contains(&self.to("public"), &data);
    }

    /// Checks that each of these members is told, and then the public, and that this is part of what
    /// each is told.
    #[track_caller]
    fn addressed(&self, members: &[&str], tag: &str, data: Value) {
        let wanted: Vec<String> =
            members.iter().chain(&["public"]).map(|one| format!("{one} {tag}")).collect();
        assert_eq!(self.state(), wanted);
        let public = self.0.last().unwrap().id;
        for event in &self.0 {
            contains(&serde_json::from_str(event.data.get()).unwrap(), &data);
            let restates = (event.id != public).then_some(public);
            assert_eq!(event.restates, restates);
        }
    }

    #[track_caller]
    fn nothing(&self) {
        assert_eq!(self.state(), [""; 0]);
    }
}

/// Checks that `part` is in `whole`: fields may be left out, elements may not.
#[track_caller]
fn contains(whole: &Value, part: &Value) {
    assert!(is_in(part, whole), "\n{part:#}\nis not in\n{whole:#}");
}

fn is_in(part: &Value, whole: &Value) -> bool {
    match (part, whole) {
        (Value::Object(part), Value::Object(whole)) => part
            .iter()
            .all(|(key, own)| whole.get(key).map_or(own.is_null(), |value| is_in(own, value))),
        (Value::Array(part), Value::Array(whole)) => {
            part.len() == whole.len() && part.iter().zip(whole).all(|(own, one)| is_in(own, one))
        }
        (part, whole) => part == whole,
    }
}

fn founded() -> Value {
    json!({"founded": {
        "names": {"nb": "Vestregionen"}, "legal_form": "alliance", "purpose": "Samarbeid.",
        "agreement": {"title": "Vedtekter", "version": "1"}, "founded_on": "1992-01-01",
    }})
}

fn rules() -> Value {
    json!({
        "seat_rights": ["attend", "speak", "propose", "vote"], "notice_days": 7,
        "quorum": {"half-of-members": {}}, "majority": "simple", "casting_vote": true,
        "authority": "decides",
    })
}

fn established(name: &str) -> Value {
    json!({"established": {
        "names": {"nb": name}, "kind": "steering-group", "rules": rules(),
        "in_force_from": "2010-01-01",
    }})
}

fn opened(number: &str, title: &str, public_title: &str) -> Value {
    json!({"opened": {
        "kind": "decision",
        "description": {"title": title, "public_title": public_title, "about": "Hva som står på."},
        "owner": "vestregionen:sg", "number": {"register": "2017", "number": number},
    }})
}

fn restricted(scope: Value, until: Option<&str>) -> Value {
    let basis = json!({"act": "offentleglova", "provision": "§ 13"});
    json!({"restricted": {"legal_basis": basis, "scope": scope, "until": until}})
}

fn everything() -> Value {
    json!({"everything": {}})
}

fn decided() -> Value {
    json!({"outcome-recorded": {
        "treatment": "sg", "body": "vestregionen:sg", "meeting": "vestregionen:m", "item": "1",
        "outcome": "decided", "text": SECRET, "day": "2017-06-14",
    }})
}

fn sent_to_asker() -> Value {
    json!({"sent-to-members": {
        "members": [{"member": ASKER, "names": {"nb": "Asker kommune"}}], "text": SECRET,
        "settles": {"all-adopt-same-text": {}}, "on": "2017-06-15",
    }})
}

fn planned() -> Value {
    json!({"planned": {
        "body": "vestregionen:sg", "venue": {"place": "Sandvika"},
        "sittings": [{"start": "2017-06-22T09:00", "end": "2017-06-22T12:00"}],
    }})
}

fn notice(agenda: &[Value]) -> Value {
    json!({"notice-issued": {
        "on": "2017-06-15", "days_before": 7, "agenda": agenda,
        "body": {
            "body": "vestregionen:sg", "names": {"nb": "Styringsgruppen"}, "kind": "steering-group",
            "on": "2017-06-22", "rules_version": 1, "rules": rules(), "seats": [],
        },
    }})
}

fn entry(id: &str, title: &str, subject: Value) -> Value {
    json!({"item": id, "kind": "PS", "title": title, "subject": subject})
}

fn item(id: &str, title: &str, subject: Value) -> Value {
    json!({"item-put": {"item": entry(id, title, subject)}})
}
