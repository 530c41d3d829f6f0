//! A cooperation, a body and cases for the tests, written as the JSON that is stored.

use samvirke_schemas::{
    date::Date,
    id::{AggregateId, CooperationId},
    networks::rules::PersonId,
    principal::{Grant, Principal, Role},
};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{CaseAccess, Directory, MeetingAccess, Sittings, Viewer};

pub(crate) const BAERUM: &str = "935478715";
pub(crate) const ASKER: &str = "920125298";
/// A member until the end of 2018.
pub(crate) const HURUM: &str = "964951373";
/// A member of nothing.
pub(crate) const STRANGER: &str = "974761076";
pub(crate) const HOLDER: PersonId = Uuid::from_u128(1);
pub(crate) const DEPUTY: PersonId = Uuid::from_u128(2);
pub(crate) const IN_A_GROUP: PersonId = Uuid::from_u128(3);
pub(crate) const SG: &str = "vestregionen:sg";
pub(crate) const MEETING: &str = "vestregionen:m";

pub(crate) fn day(text: &str) -> Date {
    text.parse().unwrap()
}

pub(crate) fn home() -> CooperationId {
    "vestregionen".parse().unwrap()
}

pub(crate) fn id(text: &str) -> AggregateId {
    text.parse().unwrap()
}

pub(crate) fn event<E: DeserializeOwned>(json: Value) -> E {
    serde_json::from_value(json).unwrap()
}

/// Bærum's seat has a holder and a deputy, Asker's and Hurum's name no holder.
pub(crate) fn directory() -> Directory {
    let mut directory = Directory::default();
    for member in [BAERUM, ASKER, HURUM] {
        let admitted = json!({"member-admitted": {
            "member": member, "names": {"nb": "Kommune"}, "kind": "municipality",
            "from": "2010-01-01",
        }});
        directory.take_cooperation(&home(), &event(admitted));
    }
    let released = json!({"member-released": {"member": HURUM, "to": "2018-12-31", "reason": "Slått sammen."}});
    directory.take_cooperation(&home(), &event(released));
    let established = json!({"established": {
        "names": {"nb": "Styringsgruppen"}, "kind": "steering-group",
        "rules": {
            "seat_rights": ["attend", "speak", "propose", "vote"], "notice_days": 7,
            "quorum": {"half-of-members": {}}, "majority": "simple", "casting_vote": true,
            "authority": "decides",
        },
        "in_force_from": "2010-01-01",
    }});
    let seat = |seat: &str, member: &str, holder: Option<PersonId>| {
        json!({"seat-filled": {
            "seat": seat, "member": member, "member_kind": "municipality", "office": "mayor",
            "holder": holder, "from": "2015-10-01",
        }})
    };
    let deputies = json!({"deputies-named": {
        "seat": "baerum", "deputies": [{"office": "deputy-mayor", "person": DEPUTY}],
        "from": "2015-10-01",
    }});
    for told in [
        established,
        seat("baerum", BAERUM, Some(HOLDER)),
        seat("asker", ASKER, None),
        seat("hurum", HURUM, None),
        deputies,
    ] {
        directory.take_body(&id(SG), &event(told));
    }
    directory
}

pub(crate) fn principal(role: Role, member: Option<&str>) -> Principal {
    Principal {
        subject: "somebody".into(),
        member: member.map(|member| member.parse().unwrap()),
        supplier: None,
        grants: vec![Grant { role, cooperation: Some(home()) }],
    }
}

pub(crate) fn viewer(who: &Principal, person: Option<PersonId>, on: &str) -> Viewer {
    viewer_at(who, person, on, &Sittings::default())
}

pub(crate) fn viewer_at(
    who: &Principal,
    person: Option<PersonId>,
    on: &str,
    sittings: &Sittings,
) -> Viewer {
    Viewer::new(who, person, &home(), day(on), &directory(), sittings)
}

pub(crate) fn machine(member: &str) -> Viewer {
    viewer(&principal(Role::MemberIntegration, Some(member)), None, "2017-10-01")
}

pub(crate) fn delegate(member: &str) -> Viewer {
    viewer(&principal(Role::Delegate, Some(member)), None, "2017-10-01")
}

pub(crate) fn person(person: PersonId) -> Viewer {
    viewer(&Principal::public(), Some(person), "2017-10-01")
}

pub(crate) fn public() -> Viewer {
    Viewer::public(day("2017-10-01"))
}

pub(crate) fn case_access(events: &[Value]) -> CaseAccess {
    let mut access = CaseAccess::default();
    for told in events {
        access.take(&event(told.clone()));
    }
    access
}

pub(crate) fn restricted(scope: Value) -> Value {
    json!({"restricted": {
        "legal_basis": {"act": "offentleglova", "provision": "§ 13"}, "scope": scope,
    }})
}

pub(crate) fn treated_by_sg() -> Value {
    json!({"treatments-planned": {"treatments": [
        {"treatment": "sg", "body": SG, "authority": "decides"},
    ]}})
}

pub(crate) fn meeting_access(events: &[Value]) -> MeetingAccess {
    let mut events = events.iter().map(|told| event(told.clone()));
    let mut access = MeetingAccess::begin(&events.next().unwrap()).unwrap();
    for told in events {
        access.take(&told);
    }
    access
}

pub(crate) fn planned() -> Value {
    json!({"planned": {
        "body": SG, "venue": {"place": "Sandvika"},
        "sittings": [{"start": "2017-10-01T09:00", "end": "2017-10-01T12:00"}],
    }})
}
