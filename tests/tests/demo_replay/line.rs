//! One line of the demo's input: a command, where it goes, who gives it and when it happened.

use std::path::Path;

use chrono::{DateTime, Utc};
use samvirke_schemas::{
    id::AggregateId,
    local_time::LocalTime,
    organisation::OrganisationNumber,
    principal::{Grant, Principal, Role},
};
use serde::Deserialize;
use serde_json::value::RawValue;

/// When the file is replayed: what has no time of its own happens then.
const NOW: &str = "2026-01-01T12:00";

/// A line as it is written. What it says of its source matters to no rule.
#[derive(Debug, Deserialize)]
pub(crate) struct Line {
    pub(crate) to: String,
    pub(crate) body: Box<RawValue>,
    at: Option<LocalTime>,
    #[serde(rename = "as")]
    who: String,
}

/// Every line of the file with its number, from 1.
pub(crate) fn all() -> Vec<(usize, Line)> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy/vestregionen.jsonl");
    let text = std::fs::read_to_string(path).unwrap();
    (1..).zip(text.lines().map(|line| serde_json::from_str(line).unwrap())).collect()
}

/// When the file is replayed.
pub(crate) fn now() -> DateTime<Utc> {
    NOW.parse::<LocalTime>().unwrap().instant()
}

impl Line {
    /// The collection, the aggregate and the command.
    pub(crate) fn target(&self) -> (&str, AggregateId, &str) {
        let parts: Vec<&str> = self.to.split('/').collect();
        (parts[0], parts[1].parse().unwrap(), parts[2])
    }

    pub(crate) fn at(&self) -> DateTime<Utc> {
        self.at.map_or_else(now, |at| at.instant())
    }

    /// Whoever the line is sent as, with the roles that the import gives them.
    pub(crate) fn principal(&self) -> Principal {
        let cooperation = Some(self.target().1.cooperation);
        let grant = |role| Grant { role, cooperation: cooperation.clone() };
        let (grants, member) = match self.who.as_str() {
            "secretariat" => (vec![grant(Role::Secretariat)], None),
            "operator" => (vec![Grant { role: Role::Operator, cooperation: None }], None),
            who => {
                let member = OrganisationNumber::try_new(&who["member:".len()..]).unwrap();
                (vec![grant(Role::Delegate), grant(Role::MemberIntegration)], Some(member))
            }
        };
        Principal { subject: format!("test:{}", self.who), member, supplier: None, grants }
    }
}
