//! Facts from another context: a meeting is judged by the rules that were amended a moment ago.
#![expect(clippy::unwrap_used, reason = "a broken test should panic")]

use samvirke_private_servers::temporary;
use samvirke_tests::{Caller, Running};
use serde_json::{Value, json};

const AT: &str = "2017-01-01T12:00";
/// How often the rules are amended; one meeting follows at once each time.
const AMENDMENTS: u16 = 25;

async fn give(caller: &Caller, to: &str, body: Value) -> Value {
    caller.give(to, AT, body).await.unwrap().events.remove(0)
}

fn rules(notice_days: u16) -> Value {
    json!({"seat_rights": ["attend", "speak", "propose", "vote"], "notice_days": notice_days,
        "quorum": {"half-of-members": {}}, "majority": "simple", "casting_vote": true,
        "authority": "decides"})
}

#[tokio::test]
async fn a_meeting_planned_at_once_knows_the_rules_that_were_just_amended() {
    let nats = temporary::nats().await.unwrap();
    let _networks = Running::start(&nats.url(), samvirke_networks::service).unwrap();
    let _meetings = Running::start(&nats.url(), samvirke_meetings::service).unwrap();
    let caller = Caller::connect(&nats.url()).await.unwrap();
    let found = json!({"names": {"nb": "Prøvesamarbeidet"}, "legal_form": "alliance",
        "purpose": "Prøve.", "agreement": {"title": "Avtale", "version": "1"},
        "founded_on": "2001-01-01"});
    give(&caller, "cooperations/prove/found", found).await;
    let establish = json!({"names": {"nb": "Styringsgruppen"}, "kind": "steering-group",
        "rules": rules(0), "in_force_from": "2001-01-01"});
    give(&caller, "bodies/prove:sg/establish", establish).await;

    for round in 1..=AMENDMENTS {
        let amend = json!({"rules": rules(round), "in_force_from": format!("2017-02-{round:02}")});
        give(&caller, "bodies/prove:sg/amend-rules", amend).await;
        let meeting = format!("meetings/prove:sg-{round}");
        let sitting = json!({"start": "2017-06-15T10:00", "end": "2017-06-15T14:00"});
        let plan = json!({"body": "prove:sg", "sittings": [sitting],
            "venue": {"place": "Sandvika"}});
        give(&caller, &format!("{meeting}/plan"), plan).await;
        let item = json!({"item": {"item": "1", "kind": "AN", "title": "Orientering",
            "subject": {"plain-text": {}}}});
        give(&caller, &format!("{meeting}/put-item"), item).await;
        let issued = give(&caller, &format!("{meeting}/issue-notice"), json!({})).await;
        let body = &issued["notice-issued"]["body"];
        assert_eq!(body["rules"]["notice_days"], round);
        assert_eq!(body["rules_version"], round + 1);
    }
}

#[tokio::test]
async fn a_meeting_of_a_body_established_a_moment_ago_can_be_planned() {
    let nats = temporary::nats().await.unwrap();
    let _networks = Running::start(&nats.url(), samvirke_networks::service).unwrap();
    let _meetings = Running::start(&nats.url(), samvirke_meetings::service).unwrap();
    let caller = Caller::connect(&nats.url()).await.unwrap();
    let found = json!({"names": {"nb": "Prøvesamarbeidet"}, "legal_form": "alliance",
        "purpose": "Prøve.", "agreement": {"title": "Avtale", "version": "1"},
        "founded_on": "2001-01-01"});
    give(&caller, "cooperations/prove/found", found).await;
    for body in 0..AMENDMENTS {
        let id = format!("prove:body-{body}");
        let establish = json!({"names": {"nb": "Utvalg"}, "kind": "steering-group",
            "rules": rules(0), "in_force_from": "2001-01-01"});
        give(&caller, &format!("bodies/{id}/establish"), establish).await;
        let sitting = json!({"start": "2017-06-15T10:00", "end": "2017-06-15T14:00"});
        let plan = json!({"body": id, "sittings": [sitting], "venue": {"remote": "Video"}});
        let meeting = format!("meetings/prove:meeting-{body}/plan");
        assert!(give(&caller, &meeting, plan).await.get("planned").is_some());
    }
}
