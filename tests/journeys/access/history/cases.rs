//! The cases: one that everybody may read, and one for each way in which a case is kept from somebody.

use super::*;
use crate::access::readers::IN_A_GROUP;

/// In the order in which they are opened, so that the first has number 1.
pub(crate) const CASES: &[&str] = &[
    "open", "expired", "treated", "titled", "papers", "joint", "settled", "hearing", "heard",
    "group", "later", "asked", "last",
];

pub(super) fn everything() -> Value {
    json!({"legal_basis": legal_basis("§public-title"), "scope": {"everything": {}}})
}

pub(super) fn description(row: &str) -> Value {
    json!({"title": row, "public_title": "§public-title", "classification": row, "about": row})
}

fn paper(row: &str) -> Value {
    json!({"paper": "notat", "kind": "case-paper", "title": row, "public_title": "§public-title",
        "digest": format!("sha256:{}", "0".repeat(64)), "size_bytes": 1,
        "media_type": "application/pdf"})
}

impl History<'_> {
    async fn case(&mut self, id: &str, command: &str, body: Value) {
        self.then(&format!("cases/prove:{id}/{command}"), body).await;
    }

    async fn open(&mut self, id: &str, description: Value, restriction: Value) {
        let opening = json!({"kind": "decision", "description": description, "owner": "prove:sg",
            "register": "2017", "restriction": restriction});
        self.case(id, "open", opening).await;
    }

    pub(super) async fn cases(&mut self) {
        let row = "§open-case";
        self.open("open", description(row), Value::Null).await;
        self.treat("open", row).await;
        self.reasons("open").await;
        self.case("open", "amend", description(row)).await;
        let mut until = everything();
        until["until"] = json!("2017-03-01");
        self.open("expired", description("§expired-case"), until).await;
        self.open("treated", description("§treated-case"), everything()).await;
        self.treat("treated", "§treated-case").await;
        self.in_part().await;
        self.joint().await;
        self.hearings().await;
        let mut group = everything();
        group["access_groups"] = json!([{"group": "utvalg", "people": [IN_A_GROUP]}]);
        self.open("group", description("§access-group-case"), group.clone()).await;
        group["until"] = json!("2030-01-01");
        self.case("group", "restrict", group).await;
    }

    /// Planned, recommended and decided by the steering group, with what follows from it.
    async fn treat(&mut self, id: &str, row: &str) {
        let planned = json!([{"treatment": "sg", "body": "prove:sg", "authority": "decides"}]);
        self.case(id, "plan-treatments", json!({"treatments": planned})).await;
        self.case(id, "add-paper", paper(row)).await;
        let advice = json!({"from": "prove:rg", "to": "prove:sg", "text": row});
        self.case(id, "recommend", advice).await;
        let outcome = json!({"of": {"id": {"treatment": "sg"}}, "meeting": "prove:m1",
            "item": "utenfor", "outcome": "decided", "text": row, "day": "2017-01-02"});
        self.case(id, "record-outcome", outcome).await;
        self.case(id, "put-in-force", json!({"from": "2017-01-02"})).await;
        self.case(id, "end-force", json!({"on": "2017-01-02", "reason": row})).await;
        let statement = json!({"statement": "brev", "receiver": row, "signed_by": [{"office": "mayor"}], "text": row,
            "on": "2017-01-02"});
        self.case(id, "send-statement", statement).await;
        for task in ["en", "to"] {
            let owner = json!({"member": {"member": MEMBER}});
            let task = json!({"follow_up": task, "task": row, "owner": owner});
            self.case(id, "assign-follow-up", task).await;
        }
        let report = json!({"follow_up": "en", "text": row});
        self.case(id, "report-follow-up", report).await;
        let later = json!({"follow_up": "en", "due": "2018-01-01", "reason": "§stream"});
        self.case(id, "reschedule-follow-up", later).await;
        self.case(id, "complete-follow-up", json!({"follow_up": "en", "text": row})).await;
        self.case(id, "drop-follow-up", json!({"follow_up": "to", "reason": row})).await;
    }

    /// Reasons that no answer shows.
    async fn reasons(&mut self, id: &str) {
        let planned = json!([{"treatment": "rg", "body": "prove:rg", "authority": "takes-note"}]);
        let plan = json!({"treatments": planned, "reason": "§stream"});
        self.case(id, "plan-treatments", plan.clone()).await;
        self.case(id, "change-plan", json!({"treatments": [], "reason": "§stream"})).await;
        self.case(id, "restrict", everything()).await;
        self.case(id, "lift-restriction", json!({"reason": "§told"})).await;
        self.case(id, "withdraw", json!({"reason": "§told"})).await;
        self.case(id, "reopen", json!({"reason": "§told"})).await;
    }

    /// Only the title, and only a paper.
    async fn in_part(&mut self) {
        let mut titled = description("§open-case");
        titled["title"] = json!("§treated-case-title");
        let title = json!({"legal_basis": legal_basis("§public-title"), "scope": {"title": {}}});
        self.open("titled", titled, title).await;
        self.open("papers", description("§open-case"), Value::Null).await;
        self.case("papers", "add-paper", paper("§treated-case-paper")).await;
        let papers = json!({"papers": {"papers": ["notat"]}});
        let papers = json!({"legal_basis": legal_basis("§public-title"), "scope": papers});
        self.case("papers", "restrict", papers).await;
        for id in ["titled", "papers"] {
            let planned = json!([{"treatment": "sg", "body": "prove:sg", "authority": "decides"}]);
            self.case(id, "plan-treatments", json!({"treatments": planned})).await;
        }
        let outcome = json!({"of": {"id": {"treatment": "sg"}}, "meeting": "prove:m1",
            "item": "annet", "outcome": "postponed", "day": "2017-01-02"});
        self.case("papers", "record-outcome", outcome).await;
        let relation = json!({"relation": "follows-up", "to": "prove:open"});
        self.case("titled", "relate", relation.clone()).await;
        let removed = json!({"relation": relation, "reason": "§told"});
        self.case("titled", "remove-relation", removed).await;
    }

    /// Sent to the members, of whom only one is not released; one case still waits for it.
    async fn joint(&mut self) {
        let row = "§joint-case";
        for id in ["joint", "settled"] {
            self.open(id, description(row), everything()).await;
            let settles = json!({"as-agreed": {"text": row}});
            if id == "joint" {
                self.case(id, "declare-joint", json!({"settles": settles})).await;
                self.case(id, "send-to-members", json!({"text": row})).await;
            } else {
                let sent = json!({"text": row, "settles": settles});
                self.case(id, "send-to-members", sent).await;
            }
            let reference = json!({"file": row, "journal_entry": row});
            let reference = json!({"member": PARTY, "reference": reference});
            self.case(id, "register-reference", reference).await;
            for member in [SEATED, MEMBER] {
                let released = json!({"member": member, "reason": "§told-to-party"});
                self.case(id, "release-member", released).await;
            }
        }
        let included = json!({"member": MEMBER, "reason": "§told-to-party"});
        self.case("settled", "include-member", included).await;
        let released = json!({"member": MEMBER, "reason": "§told-to-party"});
        self.case("settled", "release-member", released).await;
        let decision = json!({"outcome": "adopted-with-changes", "text": row, "body": row,
            "on": "2017-01-02"});
        let decided = json!({"member": PARTY, "decision": decision});
        self.case("settled", "register-member-decision", decided).await;
        let corrected = json!({"member": PARTY, "decision": decision, "reason": row});
        self.case("settled", "correct-member-decision", corrected).await;
        let settled = json!({"result": "adopted", "text": row, "reason": row});
        self.case("settled", "settle", settled).await;
        for step in ["received", "processed"] {
            let receipt = json!({"member": PARTY, "step": step});
            self.case("settled", "register-receipt", receipt).await;
        }
        self.case("settled", "close", json!({})).await;
    }

    /// One that is open and not answered, and one that ended with an adoption.
    async fn hearings(&mut self) {
        let row = "§hearing-case";
        for id in ["hearing", "heard"] {
            self.open(id, description(row), everything()).await;
            let invited = json!([{"party": "a", "names": names(row), "member": PARTY}]);
            let opened = json!({"invited": invited, "deadline": "2017-02-01T12:00"});
            self.case(id, "open-hearing", opened).await;
            let later = json!({"deadline": "2017-03-01T12:00", "reason": "§told-to-party"});
            self.case(id, "extend-hearing", later).await;
            let statement = json!({"statement": "s", "from": {"uninvited": {"organisation": row}},
                "summary": row});
            self.case(id, "receive-statement", statement).await;
        }
        let over = "2017-03-02T12:00";
        self.at(over, "cases/prove:heard/close-hearing", json!({})).await;
        self.at(over, "cases/prove:heard/sum-up-hearing", json!({"text": row})).await;
        // Adopted by a body in which none of those who read has a seat.
        let adopted = json!({"body": "prove:rg", "text": row, "on": "2017-03-02"});
        self.at(over, "cases/prove:heard/adopt-after-hearing", adopted).await;
    }
}
