//! The meetings: one held and closed, one only planned, one that goes on today, one that a source reports, and
//! one that was moved and called off.

use super::*;

pub(crate) const MEETINGS: &[&str] = &["m1", "planned", "today", "reported", "moved", "coming"];

pub(super) fn item(id: &str, row: &str) -> Value {
    json!({"item": id, "kind": "PS", "title": row, "public_title": "§public-title",
        "subject": {"plain-text": {}}})
}

impl History<'_> {
    async fn meeting(&mut self, at: &str, id: &str, command: &str, body: Value) {
        self.at(at, &format!("meetings/prove:{id}/{command}"), body).await;
    }

    pub(super) async fn meetings(&mut self) {
        self.held().await;
        self.only_planned().await;
        self.under_way_today().await;
        self.reported().await;
        self.moved().await;
    }

    pub(super) async fn plan(&mut self, at: &str, id: &str, day: &str) {
        let sitting = json!({"start": format!("{day}T09:00"), "end": format!("{day}T12:00")});
        let venue = json!({"place": "§meeting", "remote": "§meeting"});
        let plan = json!({"body": "prove:sg", "title": "§meeting", "sittings": [sitting],
            "venue": venue});
        self.meeting(at, id, "plan", plan).await;
    }

    pub(super) async fn put(&mut self, at: &str, id: &str, item: Value) {
        self.meeting(at, id, "put-item", json!({"item": item})).await;
    }

    async fn held(&mut self) {
        let before = "2017-01-20T12:00";
        self.plan(before, "m1", "2017-02-10").await;
        self.put(before, "m1", item("aapen", "§agenda-called")).await;
        let mut restricted = item("skjermet", "§item-restricted");
        restricted["restriction"] = json!({"legal_basis": legal_basis("§public-title")});
        self.put(before, "m1", restricted).await;
        self.put(before, "m1", item("lukket", "§title-behind-doors")).await;
        let mut of_case = item("sak", "§item-of-treated-case");
        of_case["subject"] = json!({"case": {"case": "prove:treated"}});
        self.put(before, "m1", of_case).await;
        self.meeting(before, "m1", "issue-notice", json!({})).await;
        let withdrawn = json!({"item": "sak", "reason": "§stream"});
        self.meeting(before, "m1", "withdraw-item", withdrawn).await;
        let at = "2017-02-10T09:30";
        let seats = json!([{"seat": "party"}, {"seat": "seated"}]);
        self.meeting(at, "m1", "register-arrivals", json!({"seats": seats})).await;
        self.meeting(at, "m1", "open", json!({"chair": "party"})).await;
        self.treated("aapen", "§agenda-called").await;
        self.treated("skjermet", "§item-restricted").await;
        let closed = json!({"legal_basis": legal_basis("§meeting")});
        self.meeting(at, "m1", "close-doors", closed).await;
        self.treated("lukket", "§item-behind-doors").await;
        self.meeting(at, "m1", "open-doors", json!({})).await;
        let after = "2017-02-10T11:30";
        self.meeting(after, "m1", "close", json!({})).await;
        let date = json!({"paper": "§agenda-called", "says": "2017-02-11"});
        self.meeting(after, "m1", "note-conflicting-date", json!({"date": date})).await;
        self.meeting(after, "m1", "draft-minutes", json!({})).await;
        let approval = json!({"by-signatories": {"seats": ["party"]}});
        let approved = json!({"draft": 1, "approval": approval});
        self.meeting(after, "m1", "approve-minutes", approved).await;
        self.meeting(after, "m1", "publish-minutes", json!({})).await;
        let added = json!({"text": "§agenda-called", "item": "aapen"});
        self.meeting(after, "m1", "add-addendum", added).await;
        let added = json!({"text": "§item-behind-doors", "item": "lukket"});
        self.meeting(after, "m1", "add-addendum", added).await;
    }

    async fn treated(&mut self, item: &str, row: &str) {
        let at = "2017-02-10T10:00";
        self.meeting(at, "m1", "take-up-item", json!({"item": item})).await;
        let conflict = json!({"item": item, "seat": "seated", "legal_basis": legal_basis(row)});
        self.meeting(at, "m1", "record-conflict", conflict).await;
        let advice = json!({"item": item, "proposal": "r", "from": {"secretariat": {}},
            "text": row});
        self.meeting(at, "m1", "record-recommendation", advice).await;
        let proposed = json!({"item": item, "proposal": "p", "by": {"seat": {"seat": "party"}},
            "text": row});
        self.meeting(at, "m1", "propose", proposed).await;
        let vote = json!({"item": item, "proposal": "p", "method": {"unanimous": {}}});
        self.meeting(at, "m1", "take-vote", vote.clone()).await;
        let annulled = json!({"item": item, "proposal": "p", "reason": row});
        self.meeting(at, "m1", "annul-vote", annulled).await;
        self.meeting(at, "m1", "take-vote", vote).await;
        let concluded = json!({"item": item, "conclusion": {"decided": {}}});
        self.meeting(at, "m1", "conclude-item", concluded).await;
    }

    async fn only_planned(&mut self) {
        self.plan(THEN, "planned", "2030-06-03").await;
        self.put(THEN, "planned", item("en", "§agenda-planned")).await;
    }

    async fn under_way_today(&mut self) {
        let (before, day) = (format!("{}T12:00", days_ago(20)), today().to_string());
        self.plan(&before, "today", &day).await;
        self.put(&before, "today", item("en", "§agenda-called")).await;
        self.meeting(&before, "today", "issue-notice", json!({})).await;
        let stand_in = json!({"order": 1, "office": "deputy-mayor", "person": DEPUTY});
        let seats = json!([{"seat": "party", "stand_in": stand_in}, {"seat": "seated"}]);
        self.meeting("", "today", "register-arrivals", json!({"seats": seats})).await;
        self.meeting("", "today", "open", json!({"chair": "seated"})).await;
        self.meeting("", "today", "take-up-item", json!({"item": "en"})).await;
        let proposed = json!({"item": "en", "proposal": "p", "by": {"seat": {"seat": "seated"}},
            "text": "§item-not-concluded"});
        self.meeting("", "today", "propose", proposed).await;
    }

    async fn reported(&mut self) {
        let row = "§agenda-called";
        let venue = json!({"place": "§meeting", "remote": "§meeting"});
        let held = json!({"body": "prove:sg", "title": "§meeting", "days": [{"day": "2016-05-05"}],
            "venue": venue});
        self.meeting(THEN, "reported", "report-held", held).await;
        for (id, conclusion) in [
            ("a", json!({"decided": {"text": row}})),
            ("b", json!({"recommended": {"text": row}})),
            ("c", json!({"rejected": {"text": row}})),
            ("d", json!({"took-note": {"text": row}})),
            ("e", json!({"forwarded": {"to": "prove:rg", "text": row}})),
            ("f", json!({"postponed": {"reason": row}})),
            ("g", json!({"sent-back": {"reason": row}})),
        ] {
            self.put(THEN, "reported", item(id, row)).await;
            let outcome = json!({"item": id, "conclusion": conclusion});
            self.meeting(THEN, "reported", "record-outcome", outcome).await;
        }
    }

    async fn moved(&mut self) {
        self.plan(THEN, "moved", "2017-05-10").await;
        self.put(THEN, "moved", item("en", "§agenda-called")).await;
        let late = json!({"urgent": "§meeting"});
        self.meeting("2017-05-08T12:00", "moved", "issue-notice", late).await;
        let sitting = json!({"start": "2017-05-11T09:00", "end": "2017-05-11T12:00"});
        let venue = json!({"place": "§meeting", "remote": "§meeting"});
        let moved = json!({"sittings": [sitting], "venue": venue, "reason": "§meeting",
            "urgent": "§told"});
        self.meeting("2017-05-09T12:00", "moved", "move", moved).await;
        let cancelled = json!({"reason": "§meeting"});
        self.meeting("2017-05-09T13:00", "moved", "cancel", cancelled).await;
    }
}
