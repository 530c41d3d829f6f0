//! What a line names, and so which earlier lines it waits for.
//!
//! Invariant: of two lines that name the same id, the later one waits for the earlier one, however far
//! apart they are, unless both only read what it names. When in doubt a line names more, and waits.

use std::collections::{BTreeSet, HashMap};

use samvirke_schemas::{
    catalogue,
    id::{AggregateId, CooperationId},
};
use serde_json::Value;

use super::line::Line;

/// The collections whose aggregates are independent of each other. Of all others a command may change what
/// the whole cooperation may do: its members, its bodies' rules and seats.
const INDEPENDENT: &[&str] = &["cases", "meetings", "registers"];

/// Where a line to a case names a body, which it reads and leaves as it is: most cases of a file are of a few
/// bodies. What changes a body goes alone in its cooperation.
const BODY_OF_A_CASE: &[&str] = &["owner", "body"];

/// Something that lines may have in common.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Name {
    /// What every line names.
    Everything,
    /// A cooperation with all that belongs to it.
    Cooperation(CooperationId),
    Aggregate(AggregateId),
    /// The idempotency key.
    Key(String),
}

/// The names of one line. Two lines may be on their way at once unless one of them names exclusively what
/// the other names too.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Names {
    pub(crate) exclusive: BTreeSet<Name>,
    /// Those that are not in `exclusive`.
    pub(crate) shared: BTreeSet<Name>,
}

impl Names {
    fn alone(&mut self, name: Name) {
        self.shared.remove(&name);
        self.exclusive.insert(name);
    }

    fn beside(&mut self, name: Name) {
        if !self.exclusive.contains(&name) {
            self.shared.insert(name);
        }
    }

    /// Names an id: nobody else does meanwhile, and its cooperation is left as it is.
    fn aggregate(&mut self, id: &AggregateId) {
        self.beside(Name::Cooperation(id.cooperation.clone()));
        self.alone(Name::Aggregate(id.clone()));
    }

    /// Names every id in a value; of those in the fields `read`, nothing is changed.
    fn ids_in(&mut self, value: &Value, cooperation: &CooperationId, read: &[&str]) {
        match value {
            Value::String(text) => self.ids_of(text),
            Value::Array(values) => {
                values.iter().for_each(|value| self.ids_in(value, cooperation, read));
            }
            Value::Object(fields) => {
                for (field, value) in fields {
                    self.ids_of(field);
                    if read.contains(&field.as_str())
                        && let Some(id) = id(value)
                    {
                        self.beside(Name::Cooperation(id.cooperation.clone()));
                        self.beside(Name::Aggregate(id));
                        continue;
                    }
                    // A register is named by the local part of its id. Whoever takes a number from it goes
                    // in the order of the file.
                    if field == "register"
                        && let Some(Ok(local)) = value.as_str().map(str::parse)
                    {
                        self.aggregate(&AggregateId::new(cooperation.clone(), local));
                    }
                    self.ids_in(value, cooperation, read);
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => (),
        }
    }

    fn ids_of(&mut self, text: &str) {
        match text.parse::<AggregateId>() {
            Ok(id) if text.contains(':') => self.aggregate(&id),
            // A cooperation, or any other word: two lines may say it at once, but not beside a command to
            // the cooperation of that name.
            Ok(id) => self.beside(Name::Aggregate(id)),
            Err(_not_an_id) => (),
        }
    }
}

/// Finds the names of the lines of one file, in its order.
#[derive(Debug, Default)]
pub(crate) struct Naming {
    /// What a command to an aggregate may change elsewhere by a policy, because an earlier line said so: a
    /// meeting concludes an item about a case, a case replaces another one.
    leads_to: HashMap<AggregateId, BTreeSet<AggregateId>>,
}

impl Naming {
    /// Returns what a line with this key names.
    pub(crate) fn of(&mut self, line: &Line, key: &str) -> Names {
        let to = &line.to;
        let mut names = Names::default();
        names.beside(Name::Everything);
        names.alone(Name::Key(key.to_owned()));
        names.aggregate(&to.id);
        let read = if to.plural == "cases" { BODY_OF_A_CASE } else { &[] };
        names.ids_in(&line.content["body"], &to.id.cooperation, read);
        for id in self.leads_to.get(&to.id).into_iter().flatten() {
            names.aggregate(id);
        }
        if !INDEPENDENT.contains(&to.plural.as_str()) {
            names.alone(match catalogue::collection(&to.plural) {
                Some(_) => Name::Cooperation(to.id.cooperation.clone()),
                None => Name::Everything,
            });
        }
        self.note(line);
        names
    }

    fn note(&mut self, line: &Line) {
        let body = &line.content["body"];
        let mut cases = BTreeSet::new();
        match (line.to.plural.as_str(), line.to.command.as_str()) {
            ("meetings", _) => cases_in(body, &mut cases),
            ("cases", "relate") => cases.extend(id(&body["to"])),
            _ => (),
        }
        if !cases.is_empty() {
            self.leads_to.entry(line.to.id.clone()).or_default().extend(cases);
        }
    }
}

/// The ids that stand in a value as `case`.
fn cases_in(value: &Value, cases: &mut BTreeSet<AggregateId>) {
    match value {
        Value::Array(values) => values.iter().for_each(|value| cases_in(value, cases)),
        Value::Object(fields) => {
            cases.extend(fields.get("case").and_then(id));
            fields.values().for_each(|value| cases_in(value, cases));
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => (),
    }
}

fn id(value: &Value) -> Option<AggregateId> {
    value.as_str()?.parse().ok()
}
