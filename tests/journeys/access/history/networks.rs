//! The cooperation, its bodies and a network: all of it is public, apart from reasons that no answer shows.

use super::*;
use crate::access::readers::IN_A_GROUP_OF_A_BODY;

impl History<'_> {
    pub(super) async fn networks(&mut self) {
        self.cooperations().await;
        self.bodies().await;
        self.a_body_that_is_no_more().await;
        let theirs = json!({"outsider": {"name": "§register"}});
        self.then(
            "networks/prove:n/start",
            json!({"names": names("§register"), "theme": "§register", "purpose": "§register",
                "initiated_by": theirs, "established": "2010"}),
        )
        .await;
        let added = json!({"participant": theirs, "from": "2011"});
        self.then("networks/prove:n/add-participant", added).await;
        let member = json!({"member": {"member": MEMBER}});
        let added = json!({"participant": member, "from": "2011"});
        self.then("networks/prove:n/add-participant", added).await;
        let removed = json!({"participant": member, "to": "2012", "reason": "§told"});
        self.then("networks/prove:n/remove-participant", removed).await;
        let leads = json!({"leader": PARTY, "from": "2013"});
        self.then("networks/prove:n/change-leader", leads).await;
        let activity = json!({"title": "§register", "on": "2013"});
        self.then("networks/prove:n/record-activity", activity).await;
        let closed = json!({"on": "2016", "reason": "§told"});
        self.then("networks/prove:n/close", closed).await;
    }

    async fn cooperations(&mut self) {
        let founding = |agreement: &str| {
            json!({"names": names("§register"), "legal_form": "alliance", "purpose": "§register",
                "legal_basis": legal_basis("§told"),
                "agreement": {"title": agreement, "version": agreement},
                "founded_on": "2001-01-01"})
        };
        for cooperation in ["prove", "annet"] {
            let to = format!("cooperations/{cooperation}/found");
            self.then(&to, founding("§told")).await;
            let agreement = json!({"agreement": {"title": "§register", "version": "§register"}});
            self.then(&format!("cooperations/{cooperation}/amend-agreement"), agreement).await;
        }
        for member in [PARTY, SEATED, MEMBER, FORMER] {
            let names = json!({"nb": "En kommune"});
            let admitted = json!({"member": member, "names": names, "kind": "municipality",
                "from": "2001-01-01"});
            self.then("cooperations/prove/admit-member", admitted).await;
        }
        // One that joined later is no part of what went before, where its name would show too.
        let late = organisation_numbers().next().unwrap();
        let admitted = json!({"member": late, "names": names("§register"), "kind": "municipality",
            "from": "2019-01-01"});
        self.at("2018-12-01T12:00", "cooperations/prove/admit-member", admitted).await;
        self.then("cooperations/annet/pause", json!({"reason": "§told"})).await;
        self.then("cooperations/annet/resume", json!({})).await;
        let leads = json!({"to": PARTY, "from": "2017-01-02"});
        self.then("cooperations/prove/hand-over-leadership", leads).await;
        let custody = json!({"archives": PARTY, "agreements": "§register",
            "continues": "§register"});
        let dissolved = json!({"on": "2017-01-02", "reason": "§told", "custody": custody});
        self.then("cooperations/annet/dissolve", dissolved).await;
        self.then("registers/prove:2017/open", json!({"year": 2017})).await;
        let series = json!({"key": "rekke", "names": names("§stream")});
        self.then("registers/prove:rekke-2017/open", json!({"year": 2017, "series": series})).await;
    }

    async fn bodies(&mut self) {
        let delegated = json!([{"matter": "§register", "legal_basis": legal_basis("§register")}]);
        let planted = || rules(delegated.clone(), legal_basis("§register"));
        self.then(
            "bodies/prove:sg/establish",
            json!({"names": names("§register"), "kind": "steering-group", "rules": planted(),
                "in_force_from": "2001-01-01"}),
        )
        .await;
        self.then(
            "bodies/prove:rg/establish",
            json!({"names": {"nb": "Rådmannsgruppen"}, "kind": "municipal-directors-group",
                "rules": rules(Value::Null, Value::Null), "in_force_from": "2001-01-01"}),
        )
        .await;
        let amended = json!({"rules": planted(), "in_force_from": "2010-01-01"});
        self.then("bodies/prove:rg/amend-rules", amended).await;
        let seat = json!({"seat": "party", "member": PARTY, "office": "mayor", "holder": HOLDER,
            "from": "2010-01-01"});
        self.then("bodies/prove:sg/fill-seat", seat).await;
        let deputies = json!([{"office": "deputy-mayor", "person": DEPUTY}]);
        let named = json!({"seat": "party", "deputies": deputies, "from": "2010-01-01"});
        self.then("bodies/prove:sg/name-deputies", named).await;
        let group = json!({"group": "personalutvalg", "people": [IN_A_GROUP_OF_A_BODY]});
        let named = json!({"groups": [group], "from": "2010-01-01"});
        self.then("bodies/prove:sg/name-access-groups", named).await;
        let seat = json!({"seat": "seated", "member": SEATED, "office": "mayor",
            "from": "2010-01-01"});
        self.then("bodies/prove:sg/fill-seat", seat).await;
    }

    async fn a_body_that_is_no_more(&mut self) {
        let to = |command: &str| format!("bodies/prove:old/{command}");
        self.then(
            &to("establish"),
            json!({"names": {"nb": "Utvalget"}, "kind": "working-group",
                "rules": rules(Value::Null, Value::Null), "in_force_from": "2001-01-01"}),
        )
        .await;
        for seat in ["x", "y"] {
            let filled = json!({"seat": seat, "member": MEMBER, "office": "mayor",
                "from": "2010-01-01"});
            self.then(&to("fill-seat"), filled).await;
        }
        let elected = json!({"post": "chair", "seat": "x", "from": "2010-01-01"});
        self.then(&to("elect"), elected).await;
        let down = json!({"post": "chair", "to": "2011-01-01", "reason": "§stream"});
        self.then(&to("step-down"), down).await;
        let vacated = json!({"seat": "x", "to": "2012-01-01", "reason": "§stream"});
        self.then(&to("vacate-seat"), vacated).await;
        let vacated = json!({"member": MEMBER, "to": "2012-01-01", "reason": "§stream"});
        self.then(&to("vacate-seats-of"), vacated).await;
        let paused = json!({"reason": "§told", "tasks_go_to": "prove:sg"});
        self.then(&to("pause"), paused).await;
        self.then(&to("resume"), json!({})).await;
        let ended = json!({"on": "2017-01-02", "reason": "§told"});
        self.then(&to("disband"), ended).await;
    }
}
