//! The policies of cases on a real NATS: what a meeting concluded reaches its case, also when the
//! service was killed in between, and only once however often it is delivered.
#![expect(clippy::unwrap_used, reason = "a broken test should panic")]

use samvirke_private_servers::{
    NatsServer,
    temporary::{self, Temporary},
};
use samvirke_tests::{Caller, Happened, Policy, Running, history, until};
use serde_json::{Value, json};

const OUTCOMES: &str = "cases-outcome-of-a-treatment";
const GOING_OUT: &str = "cases-joint-case-goes-out";
const CASE: &str = "prove:6-2017";
const TEXT: &str = "Handlingsplan 2017 vedtas.";
const ASKER: &str = "920125298";
const BAERUM: &str = "935478715";
const BUSKERUD: &str = "964951373";
const LATER: &str = "950000007";

/// A cooperation with a joint case that two bodies are to treat; nobody runs the cases.
struct World {
    nats: Temporary<NatsServer>,
    caller: Caller,
    _others: [Running; 2],
}

impl World {
    async fn start() -> Self {
        let nats = temporary::nats().await.unwrap();
        let caller = Caller::connect(&nats.url()).await.unwrap();
        let others = [
            Running::start(&nats.url(), samvirke_networks::service).unwrap(),
            Running::start(&nats.url(), samvirke_meetings::service).unwrap(),
        ];
        let world = Self { nats, caller, _others: others };
        world.found().await;
        let cases = world.cases();
        world.open_case().await;
        cases.kill();
        world
    }

    fn cases(&self) -> Running {
        Running::start(&self.nats.url(), samvirke_cases::service).unwrap()
    }

    async fn give(&self, to: &str, at: &str, body: Value) {
        self.caller.give(to, at, body).await.unwrap();
    }

    async fn found(&self) {
        let names = json!({"nb": "Prøvesamarbeidet"});
        let agreement = json!({"title": "Avtale", "version": "1"});
        let found = json!({"names": names, "legal_form": "alliance", "purpose": "Prøve.",
            "agreement": agreement, "founded_on": "2001-01-01"});
        self.give("cooperations/prove/found", "2001-01-01T12:00", found).await;
        for (member, from) in [
            (ASKER, "2001-01-01"),
            (BAERUM, "2001-01-01"),
            (BUSKERUD, "2001-01-01"),
            (LATER, "2017-06-16"),
        ] {
            let admit = json!({"member": member, "names": {"nb": member}, "kind": "municipality",
                "from": from});
            self.give("cooperations/prove/admit-member", "2017-06-16T12:00", admit).await;
        }
        let release = json!({"member": BUSKERUD, "to": "2017-06-14", "reason": "Sluttet."});
        self.give("cooperations/prove/release-member", "2017-06-14T12:00", release).await;
    }

    async fn open_case(&self) {
        let at = "2017-01-10T09:00";
        self.give("registers/prove:2017/open", at, json!({"year": 2017})).await;
        let description = json!({"title": "Handlingsplan", "public_title": "Handlingsplan"});
        let open = json!({"kind": "decision", "description": description, "owner": "prove:sg",
            "register": "2017"});
        self.give(&format!("cases/{CASE}/open"), at, open).await;
        let joint = json!({"settles": {"all-adopt-same-text": {}}});
        self.give(&format!("cases/{CASE}/declare-joint"), at, joint).await;
        let plan = json!({"treatments": [
            {"treatment": "rg", "body": "prove:rg", "authority": "recommends"},
            {"treatment": "sg", "body": "prove:sg", "authority": "decides"},
        ]});
        self.give(&format!("cases/{CASE}/plan-treatments"), at, plan).await;
    }

    /// A body's meeting on its treatment of the case, as a source tells of it.
    async fn meets(&self, body: &str, day: &str, conclusion: Value) {
        self.meets_on(body, body, day, conclusion).await;
    }

    async fn meets_on(&self, body: &str, treatment: &str, day: &str, conclusion: Value) {
        let at = format!("{day}T15:00");
        let meeting = format!("meetings/prove:{body}-{day}");
        let held = json!({"body": format!("prove:{body}"), "days": [{"day": day}]});
        self.give(&format!("{meeting}/report-held"), &at, held).await;
        let subject = json!({"case": {"case": CASE, "treatment": treatment}});
        let item = json!({"item": {"item": "6-2017", "kind": "PS", "title": "Handlingsplan",
            "subject": subject}});
        self.give(&format!("{meeting}/put-item"), &at, item).await;
        let outcome = json!({"item": "6-2017", "conclusion": conclusion});
        self.give(&format!("{meeting}/record-outcome"), &at, outcome).await;
    }

    async fn recommended(&self) {
        self.meets("rg", "2017-06-01", json!({"recommended": {"text": TEXT}})).await;
    }

    async fn decided(&self) {
        self.meets("sg", "2017-06-15", json!({"decided": {"text": TEXT}})).await;
    }

    /// Everything on the stream of cases until `tag` happened to the case.
    async fn until(&self, tag: &str) -> Vec<Happened> {
        let log = self.caller.log("cases").await.unwrap();
        until(&log, |event| event.to(CASE) && event.tag == tag).await.unwrap()
    }

    async fn policy(&self, stream: &str, name: &'static str) -> Policy {
        Policy::of(self.caller.client(), stream, name).await.unwrap()
    }

    async fn history(&self) -> Vec<Happened> {
        history(&self.caller.log("cases").await.unwrap()).await.unwrap()
    }
}

fn of<'a>(events: &'a [Happened], tag: &'a str) -> impl Iterator<Item = &'a Happened> {
    events.iter().filter(move |event| event.tag == tag)
}

#[tokio::test]
async fn an_outcome_is_recorded_though_cases_was_killed_before_it_could() {
    let world = World::start().await;
    world.recommended().await;
    let meetings = history(&world.caller.log("meetings").await.unwrap()).await.unwrap();
    let concluded = of(&meetings, "item-concluded").next().unwrap();
    assert_eq!(of(&world.history().await, "outcome-recorded").count(), 0, "nobody could");

    let _cases = world.cases();
    let seen = world.until("outcome-recorded").await;
    let recorded = seen.last().unwrap();
    assert_eq!(recorded.data["treatment"], "rg");
    assert_eq!(recorded.data["outcome"], "recommended");
    assert_eq!(recorded.data["meeting"], "prove:rg-2017-06-01");
    assert_eq!(recorded.envelope.cause, Some(concluded.id), "it says what it follows from");
    assert_eq!(recorded.envelope.actor.subject, "samvirke:cases-outcome-of-a-treatment");
    assert_eq!(recorded.envelope.occurred_at, concluded.envelope.occurred_at);
}

#[tokio::test]
async fn the_last_recommending_treatment_makes_the_deciding_one_due() {
    let world = World::start().await;
    let _cases = world.cases();
    world.recommended().await;
    world.until("outcome-recorded").await;
    let history = world.history().await;
    let due: Vec<_> =
        of(&history, "treatment-due").map(|event| event.data["treatment"].clone()).collect();
    assert_eq!(due, ["rg", "sg"]);
}

#[tokio::test]
async fn r45_a_decided_joint_case_goes_out_to_those_who_were_members_on_that_day() {
    let world = World::start().await;
    let cases = world.cases();
    world.recommended().await;
    world.until("outcome-recorded").await;
    cases.kill();
    world.decided().await;
    let _cases = world.cases();
    let seen = world.until("sent-to-members").await;
    let sent = seen.last().unwrap();
    let members: Vec<_> =
        sent.data["members"].as_array().unwrap().iter().map(|one| one["member"].clone()).collect();
    // Buskerud had left the day before; one more joined the day after.
    assert_eq!(members, [ASKER, BAERUM]);
    assert_eq!((&sent.data["text"], &sent.data["on"]), (&json!(TEXT), &json!("2017-06-15")));
    let ready = of(&seen, "ready-for-members").next().unwrap();
    assert_eq!(sent.envelope.cause, Some(ready.id));
}

#[tokio::test]
async fn r34_a_meeting_does_not_end_the_treatment_of_another_body() {
    let world = World::start().await;
    let _cases = world.cases();
    world.meets_on("rg", "sg", "2017-05-01", json!({"decided": {"text": TEXT}})).await;
    world.policy("MEETINGS", OUTCOMES).await.is_done().await.unwrap();
    assert_eq!(of(&world.history().await, "outcome-recorded").count(), 0);
    world.recommended().await;
    world.until("outcome-recorded").await;
}

#[tokio::test]
async fn what_is_delivered_again_changes_nothing() {
    let world = World::start().await;
    let _cases = world.cases();
    world.recommended().await;
    world.decided().await;
    world.until("sent-to-members").await;
    let policies =
        [world.policy("MEETINGS", OUTCOMES).await, world.policy("CASES", GOING_OUT).await];
    for policy in &policies {
        policy.is_done().await.unwrap();
    }
    let before = world.history().await.len();
    for policy in &policies {
        policy.deliver_again().await.unwrap();
        policy.is_done().await.unwrap();
    }
    let after = world.history().await;
    assert_eq!(after.len(), before);
    assert_eq!(of(&after, "outcome-recorded").count(), 2);
    assert_eq!(of(&after, "sent-to-members").count(), 1);
}
