//! What the queries answer, and to whom.

use samvirke_kernel::position::Position;
use samvirke_schemas::{
    cases::case,
    principal::{Principal, Role},
    reply::{Refused, RejectionKind},
};
use serde_json::{Value, json};

use crate::{
    rig::{Rig, delegate, principal},
    samples::{ASKER, BAERUM, BUSKERUD, Samples, opened, tell},
};

/// A rig with the history told, one instance serving it, and one caller.
struct Asking<'a> {
    rig: &'a Rig,
    after: &'a Position,
    who: Principal,
}

impl Asking<'_> {
    async fn ask(&self, name: &str, parameters: Value) -> Value {
        self.rig.ask(name, parameters, &self.who, self.after).await.unwrap()
    }

    async fn ids(&self, parameters: Value) -> Vec<String> {
        let answer = self.ask("case-register", parameters).await;
        let id = |item: &Value| item["id"].as_str().unwrap().to_owned();
        answer["items"].as_array().unwrap().iter().map(id).collect()
    }
}

#[tokio::test]
async fn every_query_finds_what_was_told_and_hides_what_is_restricted() {
    let rig = Rig::new().await.unwrap();
    rig.serve();
    let told = tell(&rig).await;
    // What is told of cases and meetings names bodies, and waits for its own stream only.
    let bodies = json!({"cooperation": "vestregionen"});
    rig.ask("bodies", bodies, &Principal::public(), &told.networks).await.unwrap();
    let after = &told.cases;
    let secretariat = Asking { rig: &rig, after, who: principal(Role::Secretariat) };
    let public = Asking { rig: &rig, after, who: Principal::public() };
    the_register_is_searched(&secretariat, &public).await;
    the_way_of_a_number_is_followed(&secretariat).await;
    a_case_is_told_with_its_timeline(&secretariat).await;
    what_is_restricted_is_hidden(&rig, &told, &public).await;
    lists_of_cases_are_derived(&rig, &secretariat).await;
    meetings_and_networks_are_told(&rig, &told).await;
    pages_neither_repeat_nor_skip(&rig).await;
}

async fn the_register_is_searched(secretariat: &Asking<'_>, public: &Asking<'_>) {
    let find = |filter: Value| {
        let mut parameters = json!({"cooperation": "vestregionen"});
        parameters.as_object_mut().unwrap().extend(filter.as_object().unwrap().clone());
        parameters
    };
    let all = ["vestregionen:4-2017", "vestregionen:24-2017", "vestregionen:24a-2017"];
    let listed = secretariat.ids(find(json!({}))).await;
    assert_eq!(listed, [&all[..], &["vestregionen:32-2017"]].concat(), "by number, not by text");
    // "vedta" and "kommune" are inflected in the decision: "Kommunene vedtar".
    assert_eq!(secretariat.ids(find(json!({"text": "vedta kommune"}))).await, [all[2]]);
    assert_eq!(secretariat.ids(find(json!({"number": "024/2017"}))).await, [all[1], all[2]]);
    assert_eq!(secretariat.ids(find(json!({"number": "24a/2017"}))).await, [all[2]]);
    assert_eq!(secretariat.ids(find(json!({"number": "04/2017"}))).await, [all[0]]);
    assert_eq!(secretariat.ids(find(json!({"member": BAERUM}))).await, [all[2]]);
    assert_eq!(secretariat.ids(find(json!({"body": "vestregionen:sg"}))).await, [all[0], all[2]]);
    assert_eq!(secretariat.ids(find(json!({"state": "with-members"}))).await, [all[2]]);
    assert!(secretariat.ids(find(json!({"year": 2016}))).await.is_empty());
    assert!(secretariat.ids(find(json!({"kind": "hearing"}))).await.is_empty());
    // Nobody learns by searching what they may not read.
    assert_eq!(secretariat.ids(find(json!({"text": "tomter"}))).await, [all[0]]);
    assert!(public.ids(find(json!({"text": "tomter"}))).await.is_empty());
    assert_eq!(public.ids(find(json!({"text": "eiendomssaker"}))).await, [all[0]]);
}

async fn the_way_of_a_number_is_followed(asking: &Asking<'_>) {
    let parameters = json!({"cooperation": "vestregionen", "number": "24/2017"});
    let way = asking.ask("case-way", parameters).await;
    let stop = |stop: &Value| (stop["case"]["number"].clone(), stop["steps"].clone());
    let stops: Vec<_> = way["cases"].as_array().unwrap().iter().map(stop).collect();
    let expected = [("24/2017", 0), ("24a/2017", 0), ("32/2017", 1)];
    assert_eq!(stops, expected.map(|(number, steps)| (json!(number), json!(steps))));
    assert_eq!(way["relations"][0]["relation"], "follows-up");
    assert_eq!(way["more"], false);
}

async fn a_case_is_told_with_its_timeline(asking: &Asking<'_>) {
    let case = asking.ask("case", json!({"id": "vestregionen:24a-2017"})).await;
    assert_eq!(case["version"], 6);
    assert_eq!(case["treatments"][0]["outcome"], "decided");
    assert_eq!(case["joint"]["missing"], json!([BAERUM]));
    assert_eq!(case["joint"]["answered"], json!([ASKER]));
    assert_eq!(case["joint"]["differing"], json!([ASKER]));
    assert_eq!(case["joint"]["members"][0]["reference"]["file"], "17/33189");
    assert_eq!(case["related_by"][0]["from"], "vestregionen:32-2017");
    assert_eq!(case["bodies"]["vestregionen:sg"]["nb"], "Styringsgruppen");
    let timeline = case["timeline"].as_array().unwrap();
    assert_eq!(timeline.len(), 6);
    assert_eq!(timeline[2]["nb"], "Styringsgruppen fattet enstemmig vedtak i saken 28.09.2017.");
    assert_eq!(timeline[4]["nb"], "Bærum fører saken som 17/33189.");
    assert_eq!(timeline[0]["role"], "secretariat");
    assert_eq!(timeline[5]["version"], 6);
    let missing = asking.rig.ask("case", json!({"id": "x:y"}), &asking.who, asking.after).await;
    let Err(Refused::Rejected { kind, .. }) = missing else { panic!("{missing:?}") };
    assert_eq!(kind, RejectionKind::Missing);
}

async fn what_is_restricted_is_hidden(rig: &Rig, told: &Samples, public: &Asking<'_>) {
    let case = public.ask("case", json!({"id": "vestregionen:4-2017"})).await;
    assert_eq!((&case["title"], &case["withheld"]), (&json!("Eiendomssak"), &json!(true)));
    let meeting = json!({"id": "vestregionen:sg-2017-09-28"});
    let meeting = rig.ask("meeting", meeting, &public.who, &told.meetings).await.unwrap();
    assert_eq!(meeting["agenda"][0]["title"], "Eiendomssak");
    assert_eq!(meeting["agenda"][1]["title"], "Eiendomssak");
    let decisions = public.ask("decisions", json!({"cooperation": "vestregionen"})).await;
    let way = json!({"cooperation": "vestregionen", "number": "4/2017"});
    let way = public.ask("case-way", way).await;
    for answer in [case, meeting, decisions, way] {
        let text = answer.to_string();
        assert!(!text.contains("millioner") && !text.contains("Fornebu"), "{text}");
    }
    // A member that has no seat in the body takes no part in what it treats.
    let case = json!({"id": "vestregionen:4-2017"});
    let member = rig.ask("case", case, &delegate(BUSKERUD), &told.cases).await;
    assert_eq!(member.unwrap()["title"], "Eiendomssak");
}

async fn lists_of_cases_are_derived(rig: &Rig, asking: &Asking<'_>) {
    let decisions =
        json!({"cooperation": "vestregionen", "from": "2017-09-28", "text": "videreføre"});
    let decisions = asking.ask("decisions", decisions).await;
    assert_eq!(decisions["items"][0]["case"], "vestregionen:24a-2017");
    assert_eq!(decisions["items"].as_array().unwrap().len(), 1);
    let tasks = json!({"cooperation": "vestregionen", "owner": "general-manager",
        "due_before": "2018-02-02", "state": "open"});
    let tasks = asking.ask("follow-ups", tasks).await;
    assert_eq!(tasks["items"][0]["follow_up"]["follow_up"], "avtaler");
    let hearings = asking.ask("hearings", json!({"cooperation": "vestregionen"})).await;
    assert_eq!(hearings["items"], json!([]));
    let receipts = asking.ask("receipts", json!({"id": "vestregionen:24a-2017"})).await;
    let states: Vec<_> = receipts["members"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (one["member"].as_str().unwrap(), &one["state"], &one["overdue"]))
        .collect();
    // One has told its file reference and is late, the other's council has decided.
    let late = (BAERUM, &json!("received"), &json!(true));
    assert_eq!(states, [late, (ASKER, &json!("decided"), &json!(false))]);
    let inbox = json!({"cooperation": "vestregionen", "member": BAERUM});
    let own = rig.ask("inbox", inbox.clone(), &delegate(BAERUM), asking.after).await.unwrap();
    assert_eq!(own["items"][0]["since"], "2017-10-02");
    assert_eq!(own["items"][0]["waits_for"]["decision"]["reference"]["file"], "17/33189");
    let other = rig.ask("inbox", inbox, &delegate(ASKER), asking.after).await;
    assert!(matches!(other, Err(Refused::Rejected { kind: RejectionKind::Forbidden, .. })));
    let answered = json!({"cooperation": "vestregionen", "member": ASKER});
    let answered = rig.ask("inbox", answered, &delegate(ASKER), asking.after).await.unwrap();
    assert_eq!(answered["items"], json!([]));
}

async fn meetings_and_networks_are_told(rig: &Rig, told: &Samples) {
    let who = Principal::public();
    let calendar = json!({"cooperation": "vestregionen", "from": "2017-09-28", "to": "2017-09-28"});
    let calendar = rig.ask("calendar", calendar, &who, &told.meetings).await.unwrap();
    assert_eq!(calendar["items"][0]["id"], "vestregionen:sg-2017-09-28");
    assert_eq!(calendar["items"][0]["conflicting_dates"], true);
    assert_eq!(calendar["items"][0]["moves"], 1);
    assert_eq!(calendar["items"][0]["dropped"][0]["day"], "2017-09-21");
    assert!(calendar["items"][0]["changed_at"].is_string());
    // Asker's seat was vacated on the day before the meeting.
    for (member, meetings) in [(BAERUM, 1), (ASKER, 0), (BUSKERUD, 0)] {
        let calendar = json!({"cooperation": "vestregionen", "member": member});
        let calendar = rig.ask("calendar", calendar, &who, &told.meetings).await.unwrap();
        assert_eq!(calendar["items"].as_array().unwrap().len(), meetings, "{member}");
    }
    let earlier = json!({"cooperation": "vestregionen", "to": "2017-09-27"});
    let earlier = rig.ask("calendar", earlier, &who, &told.meetings).await.unwrap();
    assert_eq!(earlier["items"], json!([]));
    let ask = |name: &'static str, parameters: Value| {
        let who = who.clone();
        async move { rig.ask(name, parameters, &who, &told.networks).await.unwrap() }
    };
    let networks = ask("networks", json!({"cooperation": "vestregionen"})).await;
    assert_eq!(networks["items"][0]["theme"], "klima");
    let overview = ask("cooperation-overview", json!({"id": "vestregionen"})).await;
    assert_eq!(overview["version"], 4);
    let bodies = ask("bodies", json!({"cooperation": "vestregionen", "on": "2014-01-01"})).await;
    assert_eq!(bodies["items"][0]["id"], "vestregionen:sg");
    for (day, notice_days) in [("2014-12-31", 7), ("2015-01-01", 14)] {
        let body = ask("body", json!({"id": "vestregionen:sg", "on": day})).await;
        assert_eq!(body["in_force"]["rules"]["notice_days"], notice_days, "{day}");
    }
    let before = ask("body", json!({"id": "vestregionen:sg", "on": "1991-12-31"})).await;
    assert_eq!(before["in_force"], Value::Null);
}

async fn pages_neither_repeat_nor_skip(rig: &Rig) {
    let mut after = None;
    let number = |running: u32| format!("{running}/2017");
    for running in (2..=24).step_by(2) {
        let id = format!("side:{running}-2017");
        let events = [opened(&number(running), "side:sg", "Sak", "Sak")];
        after = Some(rig.commit::<case::Event>("case", &id, 1, &events).await);
    }
    let (who, mut seen, mut cursor) = (principal(Role::Auditor), Vec::new(), Value::Null);
    loop {
        let parameters = json!({"cooperation": "side", "limit": 5, "after": cursor});
        let page =
            rig.ask("case-register", parameters, &who, after.as_ref().unwrap()).await.unwrap();
        let items = page["items"].as_array().unwrap();
        seen.extend(items.iter().map(|item| item["number"].as_str().unwrap().to_owned()));
        cursor = page["next"].clone();
        if cursor.is_null() {
            break;
        }
        // A case that comes in before the cursor repeats nothing, one after it is not skipped.
        if seen.len() == 5 {
            for running in [1, 15] {
                let id = format!("side:{running}-2017");
                let events = [opened(&number(running), "side:sg", "Sak", "Sak")];
                after = Some(rig.commit::<case::Event>("case", &id, 1, &events).await);
            }
        }
    }
    let expected = [2, 4, 6, 8, 10, 12, 14, 15, 16, 18, 20, 22, 24].map(number);
    assert_eq!(seen, expected);
    let first = json!({"cooperation": "side", "limit": 5});
    let first = rig.ask("case-register", first, &who, after.as_ref().unwrap()).await.unwrap();
    assert!(first["next"].is_string(), "{first}");
    let wrong = json!({"cooperation": "side", "after": first["next"]});
    let wrong = rig.ask("bodies", wrong, &who, after.as_ref().unwrap()).await;
    assert!(matches!(&wrong, Err(Refused::Invalid { field, .. }) if field == "after"), "{wrong:?}");
    let wrong = json!({"cooperation": "side", "limit": 201});
    let wrong = rig.ask("case-register", wrong, &who, after.as_ref().unwrap()).await;
    assert!(matches!(wrong, Err(Refused::Invalid { field, .. }) if field == "limit"));
}
