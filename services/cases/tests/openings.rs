//! Commands that take numbers from one register at the same time, on a real NATS.
#![expect(clippy::unwrap_used, reason = "a broken test should panic")]

use std::collections::{BTreeSet, HashMap, HashSet};

use futures::future;
use samvirke_private_servers::{
    NatsServer,
    temporary::{self, Temporary},
};
use samvirke_schemas::reply::{Accepted, Refused};
use samvirke_tests::{Caller, Happened, Running, history};
use serde_json::{Value, json};

const AT: &str = "2017-02-01T15:00";
const REGISTER: &str = "prove:2017";

/// A register that is open, and the cases served by so many instances.
struct World {
    nats: Temporary<NatsServer>,
    caller: Caller,
    instances: Vec<Running>,
}

impl World {
    async fn start() -> Self {
        let nats = temporary::nats().await.unwrap();
        let caller = Caller::connect(&nats.url()).await.unwrap();
        let mut world = Self { nats, caller, instances: Vec::new() };
        world.start_instance();
        let to = format!("registers/{REGISTER}/open");
        world.caller.give(&to, AT, json!({"year": 2017})).await.unwrap();
        world
    }

    fn start_instance(&mut self) {
        let instance = Running::start(&self.nats.url(), samvirke_cases::service).unwrap();
        self.instances.push(instance);
    }

    async fn open(&self, case: &str, number: Value) -> Result<Accepted, Refused> {
        let description = json!({"title": "Handlingsplan", "public_title": "Handlingsplan"});
        let open = json!({"kind": "decision", "description": description, "owner": "prove:sg",
            "register": "2017", "number": number});
        self.caller.ask(&format!("cases/prove:{case}/open"), AT, open).await.unwrap()
    }

    async fn history(&self) -> Vec<Happened> {
        history(&self.caller.log("cases").await.unwrap()).await.unwrap()
    }
}

fn next() -> Value {
    json!({"next": {}})
}

fn taken(events: &[Happened]) -> Vec<&Happened> {
    events.iter().filter(|event| event.tag == "number-taken").collect()
}

fn running(taken: &[&Happened]) -> BTreeSet<u32> {
    taken
        .iter()
        .map(|event| {
            let number = event.data["taken"]["number"].as_str().unwrap();
            number.split('/').next().unwrap().parse().unwrap()
        })
        .collect()
}

#[tokio::test]
async fn openings_at_once_are_few_commits_of_the_register_and_leave_no_number_out() {
    let world = World::start().await;
    let names: Vec<String> = (0..64).map(|n| format!("c{n}")).collect();
    let opened = future::join_all(names.iter().map(|name| world.open(name, next()))).await;
    let opened: Vec<Accepted> = opened.into_iter().map(Result::unwrap).collect();
    let events = world.history().await;
    let taken = taken(&events);
    assert_eq!((taken.len(), running(&taken)), (64, (1..=64).collect()));
    let commits: HashSet<_> = taken.iter().map(|event| event.envelope.command_id).collect();
    assert!(commits.len() <= 8, "{} commits of the register for 64 cases", commits.len());
    let cases: HashMap<String, &Happened> = events
        .iter()
        .filter(|event| event.tag == "opened" && !event.to(REGISTER))
        .map(|event| (event.envelope.aggregate.id.to_string(), event))
        .collect();
    for event in &taken {
        assert_eq!(event.envelope.actor.subject, "samvirke:cases");
        let case = cases[event.data["case"].as_str().unwrap()];
        assert_eq!(event.data["command"], json!(case.envelope.command_id));
        assert_eq!(event.data["taken"]["number"], case.data["number"]["number"]);
        assert_eq!(case.envelope.actor.subject, "secretariat", "the case's commit is its caller's");
    }
    for (name, opened) in names.iter().zip(&opened) {
        let case = cases[&format!("prove:{name}")];
        assert_eq!(opened.events[0]["opened"], case.data);
        // Given again it is answered the same, and takes no other number.
        let again = world.open(name, next()).await.unwrap();
        assert_eq!((again.version, &again.position), (opened.version, &opened.position));
        assert!(again.repeated);
    }
    assert_eq!(world.history().await.len(), events.len());
}

#[tokio::test]
async fn an_opening_that_is_refused_fails_alone_among_its_neighbours() {
    let world = World::start().await;
    let names: Vec<String> = (0..33).map(|n| format!("c{n}")).collect();
    let opened = future::join_all(names.iter().enumerate().map(|(n, name)| {
        let of_2016 = json!({"stated": {"number": "1/2016"}});
        world.open(name, if n == 16 { of_2016 } else { next() })
    }));
    for (n, opened) in opened.await.into_iter().enumerate() {
        match opened {
            Ok(_) => assert_ne!(n, 16),
            Err(Refused::Rejected { code, .. }) => {
                assert_eq!((n, code.as_str()), (16, "year-differs"));
            }
            Err(refused) => panic!("{n}: {refused:?}"),
        }
    }
    let events = world.history().await;
    assert_eq!(running(&taken(&events)), (1..=32).collect());
    assert!(!events.iter().any(|event| event.to("prove:c16")));
}

#[tokio::test]
async fn treatments_take_their_numbers_among_openings() {
    let world = World::start().await;
    world.open("first", next()).await.unwrap();
    let plan = json!({"register": "2017", "treatments": [
        {"treatment": "rg", "body": "prove:rg", "authority": "recommends", "number": next()},
        {"treatment": "sg", "body": "prove:sg", "authority": "decides", "number": next()},
    ]});
    let names: Vec<String> = (0..20).map(|n| format!("c{n}")).collect();
    let openings = future::join_all(names.iter().map(|name| world.open(name, next())));
    let planned = world.caller.give("cases/prove:first/plan-treatments", AT, plan);
    let (opened, planned) = future::join(openings, planned).await;
    assert!(opened.iter().all(Result::is_ok) && planned.is_ok());
    let events = world.history().await;
    let taken = taken(&events);
    assert_eq!((taken.len(), running(&taken)), (23, (1..=23).collect()));
}

#[tokio::test]
async fn two_instances_that_take_from_one_register_lose_and_double_no_number() {
    let mut world = World::start().await;
    world.start_instance();
    // Both answer: of many commands each gets some.
    let names: Vec<String> = (0..200).map(|n| format!("c{n}")).collect();
    for names in names.chunks(50) {
        let world = &world;
        let opened = future::join_all(names.iter().map(|name| async move {
            loop {
                match world.open(name, next()).await {
                    Ok(opened) => break opened,
                    // Many others write to the same register.
                    Err(Refused::Unavailable { .. }) => (),
                    Err(refused) => panic!("{refused:?}"),
                }
            }
        }));
        assert_eq!(opened.await.len(), names.len());
    }
    // One is killed in the middle of others.
    let names: Vec<String> = (200..264).map(|n| format!("c{n}")).collect();
    let killed = world.instances.pop();
    let opened = future::join_all(names.iter().map(|name| world.open(name, next())));
    let (opened, ()) = future::join(opened, async { drop(killed) }).await;
    drop(opened);
    for name in &names {
        world.open(name, next()).await.unwrap();
    }
    let events = world.history().await;
    let taken = taken(&events);
    assert_eq!((taken.len(), running(&taken)), (264, (1..=264).collect()));
    let cases: HashSet<_> = taken.iter().map(|event| event.data["case"].to_string()).collect();
    assert_eq!(cases.len(), 264, "each case has one number");
}
