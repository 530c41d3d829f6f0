//! A file for `samvirke import`: cases of several bodies in several cooperations, as a secretariat writes
//! them down, one after the other with all that was done with each.

use serde_json::{Value, json};

use crate::{
    api::{admitting, establishing, founding, opening},
    organisation_numbers,
};

/// How many lines a case has: it is opened, planned, amended, and somebody gets a task and reports.
const LINES_OF_A_CASE: usize = 5;
/// How many members each cooperation has.
const MEMBERS: usize = 2;

/// Who is in the file.
#[derive(Clone, Copy, Debug)]
pub struct Extent {
    /// Their ids are `c0`, `c1`, ….
    pub cooperations: usize,
    /// The bodies of each, `b0`, `b1`, …, each with a register of its own, `b0-2017`. All share `2017`.
    pub bodies: usize,
}

/// Lines that are written one after the other.
#[derive(Debug, Default)]
pub struct ImportFile {
    lines: Vec<String>,
}

impl ImportFile {
    /// The cooperations with their members, bodies and registers.
    pub fn new(extent: Extent) -> Self {
        let mut file = Self::default();
        for cooperation in 0..extent.cooperations {
            let c = format!("c{cooperation}");
            file.add(&format!("cooperations/{c}/found"), &founding());
            for member in organisation_numbers().take(MEMBERS) {
                file.add(&format!("cooperations/{c}/admit-member"), &admitting(member.as_str()));
            }
            file.add(&format!("registers/{c}:2017/open"), &json!({"year": 2017}));
            for body in 0..extent.bodies {
                let b = format!("b{body}");
                file.add(&format!("bodies/{c}:{b}/establish"), &establishing());
                let series = json!({"key": b, "names": {"nb": format!("Serie {body}")}});
                let series = json!({"year": 2017, "series": series});
                file.add(&format!("registers/{c}:{b}-2017/open"), &series);
            }
        }
        file
    }

    /// As [`ImportFile::new`], and then cases of all bodies in turn, until the file has `lines` lines.
    pub fn of_cases(extent: Extent, lines: usize) -> Self {
        let mut file = Self::new(extent);
        let mut case = 0;
        while file.lines.len() < lines {
            let body = (case / extent.cooperations) % extent.bodies;
            let id = format!("c{}:{case}", case % extent.cooperations);
            file.add_case(&id, &format!("b{body}"), &format!("b{body}-2017"));
            case += 1;
        }
        file.lines.truncate(lines);
        file
    }

    /// A case of a body, in a register, with what was done with it.
    pub fn add_case(&mut self, id: &str, body: &str, register: &str) {
        let (cooperation, _) = id.split_once(':').expect("the id names its cooperation");
        let title = format!("Sak {id} om veger");
        let mut opened = opening(&format!("{cooperation}:{body}"), &title);
        opened["register"] = register.into();
        let treatment = json!({"treatment": body, "body": format!("{cooperation}:{body}"),
            "authority": "decides"});
        let amended = format!("{title}, rettet");
        let member = organisation_numbers().next().expect("there are numbers");
        let task = json!({"follow_up": "f", "task": "Utred saken",
            "owner": {"member": {"member": member}}, "due": "2018-01-31"});
        let commands: [(&str, Value); LINES_OF_A_CASE] = [
            ("open", opened),
            ("plan-treatments", json!({"treatments": [treatment]})),
            ("amend", json!({"title": amended, "public_title": amended})),
            ("assign-follow-up", task),
            ("report-follow-up", json!({"follow_up": "f", "text": "Arbeidet er i gang."})),
        ];
        for (command, body) in commands {
            self.add(&format!("cases/{id}/{command}"), &body);
        }
    }

    /// One command.
    pub fn add(&mut self, to: &str, body: &Value) {
        let who = if to.ends_with("/found") { "operator" } else { "secretariat" };
        let line = json!({"to": to, "as": who, "at": "2017-06-20T12:00", "body": body});
        self.lines.push(line.to_string());
    }

    /// A line as it is.
    pub fn add_line(&mut self, line: impl Into<String>) {
        self.lines.push(line.into());
    }

    pub fn line(&self, index: usize) -> &str {
        &self.lines[index]
    }

    pub fn len(&self) -> usize {
        self.lines.len()
    }

    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// What is written in the file.
    pub fn text(&self) -> String {
        self.lines.join("\n") + "\n"
    }
}
