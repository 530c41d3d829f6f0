//! Facts as they were written in earlier versions. They stay readable, and their schemas published.
//!
//! Version 1 of these repeated names in lists that had no bound of their own.

use serde_json::{Value, json};

use crate::upcast::Upcaster;

/// The schemas of earlier versions, each under the name of its file. They never change.
pub const SCHEMAS: &[(&str, &str)] = &[
    ("body.seat-vacated.v1.json", include_str!("../../../feed/body.seat-vacated.v1.json")),
    ("case.sent-to-members.v1.json", include_str!("../../../feed/case.sent-to-members.v1.json")),
    ("hearing.closed.v1.json", include_str!("../../../feed/hearing.closed.v1.json")),
    ("hearing.opened.v1.json", include_str!("../../../feed/hearing.opened.v1.json")),
];

pub(super) const UPCASTERS: &[Upcaster] = &[
    Upcaster { tag: "body.seat-vacated", from: 1, lift: seat_vacated },
    Upcaster { tag: "case.sent-to-members", from: 1, lift: sent_to_members },
    Upcaster { tag: "hearing.closed", from: 1, lift: hearing_closed },
    Upcaster { tag: "hearing.opened", from: 1, lift: hearing_opened },
];

/// The member stood in each seat.
fn seat_vacated(mut fact: Value) -> Result<Value, String> {
    let seats = list(&mut fact, "seats")?;
    let member = seats.iter_mut().find_map(|seat| seat.as_object_mut()?.remove("member"));
    seats.iter_mut().filter_map(Value::as_object_mut).for_each(|seat| {
        seat.remove("member");
    });
    if let Some(member) = member {
        fact["member"] = member;
    }
    Ok(fact)
}

/// Each member stood with its names.
fn sent_to_members(mut fact: Value) -> Result<Value, String> {
    for member in list(&mut fact, "members")? {
        *member = member["member"].take();
    }
    Ok(fact)
}

/// The parties stood with their names.
fn hearing_closed(mut fact: Value) -> Result<Value, String> {
    let mut silent = 0;
    if fact.get("silent").is_some() {
        let parties = list(&mut fact, "silent")?;
        silent = parties.len();
        for party in parties {
            *party = party["party"].take();
        }
    }
    fact["silent_count"] = json!(silent);
    Ok(fact)
}

/// All parties stood with their names. Whose fact it is does not stand in it, so `own` has those of every
/// member.
fn hearing_opened(mut fact: Value) -> Result<Value, String> {
    let invited = std::mem::take(list(&mut fact, "invited")?);
    fact["invited_count"] = json!(invited.len());
    let own: Vec<Value> =
        invited.into_iter().filter(|party| party.get("member").is_some()).collect();
    let member = |party: &Value| json!({"party": party["party"], "member": party["member"]});
    fact["members"] = own.iter().map(member).collect();
    fact["own"] = own.into();
    if let Some(fields) = fact.as_object_mut() {
        fields.remove("invited");
    }
    Ok(fact)
}

fn list<'a>(fact: &'a mut Value, name: &str) -> Result<&'a mut Vec<Value>, String> {
    let list = fact.get_mut(name).and_then(Value::as_array_mut);
    list.ok_or_else(|| format!("{name} is not a list"))
}
