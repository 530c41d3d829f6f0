//! What is imported: a cooperation, and then some hundred cases that several imports write at once.
//!
//! Every line changes something, so that each is one commit of its aggregate. The chapters meet in one
//! register, and their meetings make the policies act.

use serde_json::{Value, json};

/// How many imports run at once.
const CHAPTERS: usize = 3;
/// How many meetings a body has in one chapter, and how many cases each treats.
const MEETINGS: usize = 6;
const CASES: usize = 12;
/// One in so many cases is joint and goes out to the members.
const JOINT_EVERY: usize = 4;
/// The members; the last one leaves during the import.
pub(crate) const MEMBERS: [&str; 4] = ["920125298", "935478715", "964951373", "950000007"];

/// One line of an import.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    pub(crate) key: String,
    /// `<collection>/<id>/<command>`.
    pub(crate) to: String,
    pub(crate) text: String,
}

/// How many cases are opened in all.
pub(crate) const fn cases() -> usize {
    CHAPTERS * MEETINGS * CASES
}

/// Everything, in the order of the files.
pub(crate) fn lines() -> Vec<Line> {
    let mut lines = prologue();
    lines.extend(chapters().into_iter().flatten());
    lines
}

/// What must be there first.
pub(crate) fn prologue() -> Vec<Line> {
    let mut workload = WorkloadBuilder::new("p", "2001-01-01T12:00");
    workload.add(
        "cooperations/prove/found",
        json!({"names": {"nb": "Prøvesamarbeidet"},
        "legal_form": "alliance", "purpose": "Prøve.",
        "agreement": {"title": "Avtale", "version": "1"}, "founded_on": "2001-01-01"}),
    );
    for member in MEMBERS {
        workload.add(
            "cooperations/prove/admit-member",
            json!({"member": member,
            "names": {"nb": "En kommune"}, "kind": "municipality", "from": "2001-01-01"}),
        );
    }
    for body in ["rg", "sg"] {
        workload.add(
            &format!("bodies/prove:{body}/establish"),
            json!({"names": {"nb": body},
            "kind": "steering-group", "in_force_from": "2001-01-01",
            "rules": {"seat_rights": ["attend", "speak", "propose", "vote"], "notice_days": 7,
                "quorum": {"half-of-members": {}}, "majority": "simple", "casting_vote": true,
                "authority": if body == "rg" { "advises" } else { "decides" }}}),
        );
        for member in MEMBERS {
            workload.add(
                &format!("bodies/prove:{body}/fill-seat"),
                json!({"seat": member,
                "member": member, "office": "mayor", "from": "2001-01-01"}),
            );
        }
    }
    workload.add("registers/prove:2017/open", json!({"year": 2017}));
    workload.lines
}

/// What several imports write at once.
pub(crate) fn chapters() -> Vec<Vec<Line>> {
    (0..CHAPTERS).map(chapter).collect()
}

fn chapter(number: usize) -> Vec<Line> {
    let mut workload = WorkloadBuilder::new(&format!("c{number}"), "2017-06-20T12:00");
    for meeting in 0..MEETINGS {
        let cases: Vec<String> =
            (0..CASES).map(|case| format!("prove:case-{number}-{meeting}-{case}")).collect();
        for (at, case) in cases.iter().enumerate() {
            workload.open(case, at.is_multiple_of(JOINT_EVERY));
        }
        workload.meet("rg", &format!("{number}-{meeting}"), &cases, "recommended");
        workload.meet("sg", &format!("{number}-{meeting}"), &cases, "decided");
        if number == 0 && meeting == MEETINGS / 2 {
            workload.add(
                "cooperations/prove/release-member",
                json!({"member": MEMBERS[3],
                "to": "2017-12-31", "reason": "Sluttet."}),
            );
        }
    }
    workload.lines
}

/// The lines of a workload as they are added.
pub(crate) struct WorkloadBuilder {
    prefix: String,
    at: &'static str,
    pub(crate) lines: Vec<Line>,
}

impl WorkloadBuilder {
    pub(crate) fn new(prefix: &str, at: &'static str) -> Self {
        Self { prefix: prefix.to_owned(), at, lines: Vec::new() }
    }

    pub(crate) fn add(&mut self, to: &str, body: Value) {
        let key = format!("{}-{}", self.prefix, self.lines.len() + 1);
        let who = if to.ends_with("/found") { "operator" } else { "secretariat" };
        let line = json!({"to": to, "as": who, "at": self.at, "key": key, "body": body});
        self.lines.push(Line { key, to: to.to_owned(), text: line.to_string() });
    }

    pub(crate) fn open(&mut self, case: &str, joint: bool) {
        self.open_as(case, joint, json!({"title": case, "public_title": "En sak"}), None);
    }

    /// As [`WorkloadBuilder::open`], under a title and with a restriction.
    pub(crate) fn open_as(
        &mut self,
        case: &str,
        joint: bool,
        description: Value,
        restriction: Option<Value>,
    ) {
        let mut opened = json!({"kind": "decision",
            "description": description, "owner": "prove:sg", "register": "2017"});
        if let Some(restriction) = restriction {
            opened["restriction"] = restriction;
        }
        self.add(&format!("cases/{case}/open"), opened);
        if joint {
            let settles = json!({"settles": {"all-adopt-same-text": {}}});
            self.add(&format!("cases/{case}/declare-joint"), settles);
        }
        self.add(
            &format!("cases/{case}/plan-treatments"),
            json!({"treatments": [
            {"treatment": "rg", "body": "prove:rg", "authority": "recommends"},
            {"treatment": "sg", "body": "prove:sg", "authority": "decides"}]}),
        );
    }

    /// A meeting on cases, as a source tells of it.
    pub(crate) fn meet(&mut self, body: &str, name: &str, cases: &[String], conclusion: &str) {
        let meeting = format!("meetings/prove:{body}-{name}");
        self.add(
            &format!("{meeting}/report-held"),
            json!({"body": format!("prove:{body}"),
            "days": [{"day": "2017-06-15"}]}),
        );
        for (item, case) in cases.iter().enumerate() {
            let subject = json!({"case": {"case": case, "treatment": body}});
            self.add(
                &format!("{meeting}/put-item"),
                json!({"item": {"item": item.to_string(),
                "kind": "PS", "title": "En sak", "subject": subject}}),
            );
            self.add(
                &format!("{meeting}/record-outcome"),
                json!({"item": item.to_string(),
                "conclusion": {conclusion: {"text": "Planen vedtas."}}}),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_line_has_a_key_of_its_own() {
        let lines = lines();
        let keys: HashSet<_> = lines.iter().map(|line| &line.key).collect();
        assert_eq!(keys.len(), lines.len());
        assert!(cases() > 200);
    }
}
