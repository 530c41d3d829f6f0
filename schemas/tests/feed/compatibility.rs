//! Whether a schema breaks those who rely on an earlier one.
//!
//! Two kinds rely on it: receivers, who expect what was promised, and this program, which reads what it
//! wrote before. So a property stays, with its type, and stays required or optional as it was, and no
//! code goes. New optional properties and new codes pass.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

/// How deep a schema is looked into; none of ours refers to itself.
const DEPTH_MAX: usize = 32;
/// What says what a value is, beside its type.
const FORM: [&str; 3] = ["format", "pattern", "contentEncoding"];

/// What the schema `new` breaks of what `old` promised.
pub(crate) fn breaks(old: &Value, new: &Value) -> Vec<String> {
    let mut broken = Vec::new();
    compare(Place { root: old, at: old }, Place { root: new, at: new }, "", 0, &mut broken);
    broken
}

/// A schema in its document, where references lead.
#[derive(Clone, Copy)]
struct Place<'a> {
    root: &'a Value,
    at: &'a Value,
}

impl<'a> Place<'a> {
    fn to(self, at: &'a Value) -> Self {
        let mut place = Self { at, ..self };
        while let Some(reference) = place.at["$ref"].as_str() {
            let pointer = reference.strip_prefix('#').expect("references stay in the document");
            place.at = place.root.pointer(pointer).unwrap_or(&Value::Null);
        }
        place
    }

    /// The schema itself, or all that it says it can be.
    fn alternatives(self) -> Vec<Self> {
        let either = ["oneOf", "anyOf"].iter().filter_map(|key| self.at[*key].as_array());
        let found: Vec<Self> =
            either.flatten().flat_map(|one| self.to(one).alternatives()).collect();
        if found.is_empty() { vec![self] } else { found }
    }

    fn types(self) -> BTreeSet<&'a str> {
        match &self.at["type"] {
            Value::String(one) => [one.as_str()].into(),
            Value::Array(all) => all.iter().filter_map(Value::as_str).collect(),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => [].into(),
        }
    }

    /// The codes that are allowed, where they are listed.
    fn codes(self) -> impl Iterator<Item = String> {
        let listed = self.at["enum"].as_array().into_iter().flatten();
        listed.chain(self.at.get("const")).map(Value::to_string)
    }

    fn required(self) -> BTreeSet<&'a str> {
        self.at["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect()
    }

    fn properties(self) -> BTreeMap<&'a str, &'a Value> {
        let properties = self.at["properties"].as_object().into_iter().flatten();
        properties.map(|(name, schema)| (name.as_str(), schema)).collect()
    }

    /// What tells this alternative from others: the tag of a tagged value, or else its types.
    fn key(self) -> String {
        match self.required().into_iter().collect::<Vec<_>>()[..] {
            [tag] if self.at["additionalProperties"] == false => format!("tagged {tag}"),
            _ => self.types().into_iter().filter(|one| *one != "null").collect(),
        }
    }
}

fn compare(old: Place<'_>, new: Place<'_>, path: &str, depth: usize, broken: &mut Vec<String>) {
    assert!(depth < DEPTH_MAX, "{path} is too deep");
    let (old, new) = (old.to(old.at), new.to(new.at));
    let (before, after) = (old.alternatives(), new.alternatives());
    let null = |places: &[Place<'_>]| places.iter().any(|one| one.types().contains("null"));
    if null(&before) != null(&after) {
        broken.push(format!("{path}: can be null in one and not in the other"));
    }
    let codes = |places: &[Place<'_>]| -> BTreeSet<String> {
        places.iter().flat_map(|one| one.codes()).collect()
    };
    let (known, now) = (codes(&before), codes(&after));
    for gone in known.difference(&now) {
        broken.push(format!("{path}: the code {gone} is removed"));
    }
    if known.is_empty() != now.is_empty() {
        broken.push(format!("{path}: a listed code in one, any in the other"));
    }
    for one in before.iter().filter(|one| !one.key().is_empty()) {
        match after.iter().find(|other| other.key() == one.key()) {
            Some(other) => compare_one(*one, *other, path, depth, broken),
            None => broken.push(format!("{path}: {} is no longer a type of it", one.key())),
        }
    }
    // A receiver that knows only strings cannot take a number; one that knows tags lets a new one be.
    let added = |other: &&Place<'_>| !before.iter().any(|one| one.key() == other.key());
    for other in after.iter().filter(added).filter(|other| !other.key().starts_with("tagged ")) {
        broken.push(format!("{path}: {} is a new type of it", other.key()));
    }
}

fn compare_one(old: Place<'_>, new: Place<'_>, path: &str, depth: usize, broken: &mut Vec<String>) {
    for form in FORM.iter().filter(|form| old.at[**form] != new.at[**form]) {
        broken.push(format!("{path}: has another {form}"));
    }
    let (before, after) = (old.properties(), new.properties());
    for (name, schema) in &before {
        let path = format!("{path}/{name}");
        match after.get(name) {
            Some(other) => compare(old.to(schema), new.to(other), &path, depth + 1, broken),
            None => broken.push(format!("{path}: is removed")),
        }
    }
    for name in new.required().difference(&old.required()) {
        broken.push(format!("{path}/{name}: is required now"));
    }
    for name in old.required().difference(&new.required()) {
        broken.push(format!("{path}/{name}: is promised no longer"));
    }
    match (old.at.get("items"), new.at.get("items")) {
        (Some(old_items), Some(new_items)) => {
            let path = format!("{path}[]");
            compare(old.to(old_items), new.to(new_items), &path, depth + 1, broken);
        }
        (None, None) => (),
        (Some(_), None) | (None, Some(_)) => broken.push(format!("{path}: has other elements")),
    }
    if old.at.get("additionalProperties").is_none() && new.at["additionalProperties"] == false {
        broken.push(format!("{path}: more fields are forbidden now"));
    }
}

fn published() -> Value {
    json!({
        "type": "object",
        "properties": {
            "number": {"type": "string", "pattern": "^[0-9]+$"},
            "on": {"type": "string", "format": "date"},
            "reason": {"type": ["string", "null"]},
            "kind": {"oneOf": [
                {"type": "string", "enum": ["decision", "hearing"]},
                {"type": "string", "const": "statement"},
            ]},
            "members": {"type": "array", "items": {"$ref": "#/$defs/Member"}},
            "owner": {"anyOf": [{"$ref": "#/$defs/Owner"}, {"type": "null"}]},
        },
        "required": ["number", "kind"],
        "$defs": {
            "Member": {
                "type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"],
            },
            "Owner": {"oneOf": [
                tagged("member"),
                tagged("body"),
            ]},
        },
    })
}

fn tagged(tag: &str) -> Value {
    json!({
        "type": "object", "properties": {tag: {"$ref": "#/$defs/Member"}}, "required": [tag],
        "additionalProperties": false,
    })
}

/// Checks what breaks after a change to the published schema; nothing, where that is empty.
#[track_caller]
fn changed(change: impl FnOnce(&mut Value), wanted: &[&str]) {
    let mut new = published();
    change(&mut new);
    assert_ne!(new, published(), "nothing was changed");
    assert_eq!(breaks(&published(), &new), wanted);
}

#[test]
fn a_schema_breaks_nothing_of_itself() {
    assert_eq!(breaks(&published(), &published()), [""; 0]);
}

#[test]
fn a_new_optional_property_passes() {
    changed(|new| new["properties"]["more"] = json!({"type": "string"}), &[]);
    changed(|new| new["$defs"]["Member"]["properties"]["more"] = json!({"type": "string"}), &[]);
}

#[test]
fn a_new_code_and_a_new_tag_pass() {
    let code = json!({"type": "string", "const": "orientation"});
    changed(|new| push(&mut new["properties"]["kind"]["oneOf"], code), &[]);
    changed(|new| push(&mut new["$defs"]["Owner"]["oneOf"], tagged("office")), &[]);
}

#[test]
fn a_description_may_change_and_a_definition_get_another_name() {
    changed(|new| new["properties"]["on"]["description"] = json!("The day."), &[]);
    let rename = |new: &mut Value| {
        *new = serde_json::from_str(&new.to_string().replace("Member", "Municipality")).unwrap();
    };
    changed(rename, &[]);
}

#[test]
fn a_property_that_is_removed_breaks() {
    changed(|new| remove(&mut new["properties"], "on"), &["/on: is removed"]);
    changed(
        |new| {
            remove(&mut new["$defs"]["Member"]["properties"], "name");
            new["$defs"]["Member"]["required"] = json!([]);
        },
        &[
            "/members[]/name: is removed",
            "/members[]/name: is promised no longer",
            "/owner/member/name: is removed",
            "/owner/member/name: is promised no longer",
            "/owner/body/name: is removed",
            "/owner/body/name: is promised no longer",
        ],
    );
}

#[test]
fn another_type_breaks() {
    changed(
        |new| new["properties"]["on"]["type"] = json!("integer"),
        &["/on: string is no longer a type of it", "/on: integer is a new type of it"],
    );
    changed(
        |new| new["properties"]["reason"]["type"] = json!("string"),
        &["/reason: can be null in one and not in the other"],
    );
    changed(
        |new| new["properties"]["members"]["items"] = json!({"type": "string"}),
        &["/members[]: object is no longer a type of it", "/members[]: string is a new type of it"],
    );
}

#[test]
fn another_form_breaks() {
    changed(
        |new| new["properties"]["on"]["format"] = json!("date-time"),
        &["/on: has another format"],
    );
    changed(
        |new| remove(&mut new["properties"]["number"], "pattern"),
        &["/number: has another pattern"],
    );
}

#[test]
fn an_optional_property_made_required_breaks() {
    changed(|new| push(&mut new["required"], json!("on")), &["/on: is required now"]);
}

#[test]
fn a_new_required_property_breaks() {
    changed(
        |new| {
            new["properties"]["more"] = json!({"type": "string"});
            push(&mut new["required"], json!("more"));
        },
        &["/more: is required now"],
    );
}

#[test]
fn a_required_property_made_optional_breaks() {
    changed(|new| new["required"] = json!(["number"]), &["/kind: is promised no longer"]);
}

#[test]
fn a_code_that_is_removed_breaks() {
    changed(
        |new| new["properties"]["kind"]["oneOf"][0]["enum"] = json!(["decision"]),
        &["/kind: the code \"hearing\" is removed"],
    );
    changed(
        |new| new["properties"]["kind"] = json!({"type": "string"}),
        &[
            "/kind: the code \"decision\" is removed",
            "/kind: the code \"hearing\" is removed",
            "/kind: the code \"statement\" is removed",
            "/kind: a listed code in one, any in the other",
        ],
    );
}

#[test]
fn a_tag_that_is_removed_breaks() {
    changed(
        |new| new["$defs"]["Owner"]["oneOf"] = json!([tagged("member")]),
        &["/owner: tagged body is no longer a type of it"],
    );
}

#[test]
fn forbidding_more_fields_breaks() {
    changed(|new| new["additionalProperties"] = json!(false), &[": more fields are forbidden now"]);
}

fn push(array: &mut Value, value: Value) {
    array.as_array_mut().unwrap().push(value);
}

fn remove(object: &mut Value, key: &str) {
    object.as_object_mut().unwrap().remove(key);
}
