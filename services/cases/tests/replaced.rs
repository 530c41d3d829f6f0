//! A decision that takes another's place, on a real NATS: the older one ends though the service was
//! killed in between, and only once however often it is told.
#![expect(clippy::unwrap_used, reason = "a broken test should panic")]

use samvirke_private_servers::{
    NatsServer,
    temporary::{self, Temporary},
};
use samvirke_tests::{Caller, Happened, Policy, Running, history, until};
use serde_json::{Value, json};

const REPLACED: &str = "cases-replaced-case-ends";
const OLD: &str = "prove:old";
const NEW: &str = "prove:new";

/// Two decided cases, of which the older is in force and the newer is to take its place.
struct World {
    nats: Temporary<NatsServer>,
    caller: Caller,
}

impl World {
    async fn start() -> Self {
        let nats = temporary::nats().await.unwrap();
        let caller = Caller::connect(&nats.url()).await.unwrap();
        let world = Self { nats, caller };
        let cases = world.cases();
        world.give("registers/prove:2017/open", "2017-01-01T09:00", json!({"year": 2017})).await;
        world.decided(OLD, "2017-02-01").await;
        world.put_in_force(OLD, "2017-03-01").await;
        world.decided(NEW, "2017-10-01").await;
        world.policy().await.is_done().await.unwrap();
        cases.kill();
        world
    }

    fn cases(&self) -> Running {
        Running::start(&self.nats.url(), samvirke_cases::service).unwrap()
    }

    async fn give(&self, to: &str, at: &str, body: Value) {
        self.caller.give(to, at, body).await.unwrap();
    }

    async fn decided(&self, case: &str, on: &str) {
        let (to, at) = (|command: &str| format!("cases/{case}/{command}"), format!("{on}T15:00"));
        let description = json!({"title": "Handlingsplan", "public_title": "Handlingsplan"});
        let open = json!({"kind": "decision", "description": description, "owner": "prove:sg",
            "register": "2017"});
        self.give(&to("open"), &at, open).await;
        let plan = json!({"treatments": [
            {"treatment": "sg", "body": "prove:sg", "authority": "decides"}]});
        self.give(&to("plan-treatments"), &at, plan).await;
        let outcome = json!({"of": {"id": {"treatment": "sg"}}, "item": "1", "outcome": "decided",
            "meeting": format!("prove:sg-{on}"), "text": "Handlingsplan vedtas.", "day": on});
        self.give(&to("record-outcome"), &at, outcome).await;
    }

    async fn put_in_force(&self, case: &str, from: &str) {
        let to = format!("cases/{case}/put-in-force");
        self.give(&to, "2017-12-01T15:00", json!({"from": from})).await;
    }

    async fn relate(&self) {
        let relation = json!({"relation": "replaces", "to": OLD});
        self.give(&format!("cases/{NEW}/relate"), "2017-12-01T14:00", relation).await;
    }

    /// Everything on the stream until the older decision's force ended.
    async fn until_ended(&self) -> Vec<Happened> {
        let log = self.caller.log("cases").await.unwrap();
        until(&log, |event| event.to(OLD) && event.tag == "force-ended").await.unwrap()
    }

    async fn policy(&self) -> Policy {
        Policy::of(self.caller.client(), "CASES", REPLACED).await.unwrap()
    }

    async fn ended(&self) -> usize {
        let history = history(&self.caller.log("cases").await.unwrap()).await.unwrap();
        history.iter().filter(|event| event.tag == "force-ended").count()
    }
}

#[tokio::test]
async fn r41_what_is_replaced_ends_though_cases_was_killed_before_it_could() {
    let world = World::start().await;
    let cases = world.cases();
    world.relate().await;
    // Before it is in force there is nothing to end.
    world.policy().await.is_done().await.unwrap();
    world.put_in_force(NEW, "2018-01-01").await;
    cases.kill();

    let _cases = world.cases();
    let seen = world.until_ended().await;
    let put = seen.iter().find(|event| event.to(NEW) && event.tag == "put-in-force").unwrap();
    let ended = seen.last().unwrap();
    assert_eq!(ended.data["on"], "2017-12-31");
    assert_eq!(ended.data["replaced_by"], NEW);
    assert_eq!(ended.data["reason"], "Erstattet av sak prove:new.");
    assert_eq!(ended.envelope.cause, Some(put.id));
    assert_eq!(ended.envelope.actor.subject, "samvirke:cases-replaced-case-ends");
    assert_eq!(ended.envelope.occurred_at, put.envelope.occurred_at);
}

#[tokio::test]
async fn a_replacement_that_is_told_after_the_fact_ends_it_too() {
    let world = World::start().await;
    let _cases = world.cases();
    world.put_in_force(NEW, "2018-01-01").await;
    world.policy().await.is_done().await.unwrap();
    assert_eq!(world.ended().await, 0);
    world.relate().await;
    assert_eq!(world.until_ended().await.last().unwrap().data["on"], "2017-12-31");
    // Told again when the newer decision has got another day, it is another command, which a rule
    // refuses; the policy goes on.
    world.put_in_force(NEW, "2018-02-01").await;
    let policy = world.policy().await;
    policy.is_done().await.unwrap();
    policy.deliver_again().await.unwrap();
    policy.is_done().await.unwrap();
    assert_eq!(world.ended().await, 1);
}

#[tokio::test]
async fn what_is_delivered_again_ends_nothing_twice() {
    let world = World::start().await;
    let _cases = world.cases();
    world.relate().await;
    world.put_in_force(NEW, "2018-01-01").await;
    world.until_ended().await;
    let policy = world.policy().await;
    policy.is_done().await.unwrap();
    policy.deliver_again().await.unwrap();
    policy.is_done().await.unwrap();
    assert_eq!(world.ended().await, 1);
}
