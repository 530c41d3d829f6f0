//! The policy of networks on a real NATS: who leaves the cooperation leaves its bodies, also when
//! the service was killed in between, and only once however often it is delivered.
#![expect(clippy::unwrap_used, reason = "a broken test should panic")]

use samvirke_kernel::{
    clock,
    deadline::Deadline,
    execute::{CommandContext, NoFacts, execute},
    repository::Repository,
};
use samvirke_networks::cooperation::Cooperation;
use samvirke_private_servers::{
    NatsServer,
    temporary::{self, Temporary},
};
use samvirke_schemas::{
    networks::cooperation::Request,
    principal::{Grant, Principal, Role},
};
use samvirke_tests::{Caller, Happened, Policy, Running, history, until};
use serde_json::{Value, json};
use uuid::Uuid;

const SEATS: &str = "networks-seats-of-a-released-member";
const ASKER: &str = "920125298";
const BAERUM: &str = "935478715";
const AT: &str = "2017-01-01T12:00";

/// A cooperation with two bodies in which both members sit, and one in which one of them does.
struct World {
    nats: Temporary<NatsServer>,
    caller: Caller,
}

impl World {
    async fn start() -> Self {
        let nats = temporary::nats().await.unwrap();
        let caller = Caller::connect(&nats.url()).await.unwrap();
        let world = Self { nats, caller };
        let networks = world.networks();
        world.found().await;
        for (body, members) in
            [("sg", &[ASKER, BAERUM][..]), ("rg", &[ASKER, BAERUM]), ("ag", &[BAERUM])]
        {
            world.establish(body, members).await;
        }
        networks.kill();
        world
    }

    fn networks(&self) -> Running {
        Running::start(&self.nats.url(), samvirke_networks::service).unwrap()
    }

    async fn give(&self, to: &str, body: Value) {
        self.caller.give(to, AT, body).await.unwrap();
    }

    async fn found(&self) {
        let found = json!({"names": {"nb": "Prøvesamarbeidet"}, "legal_form": "alliance",
            "purpose": "Prøve.", "agreement": {"title": "Avtale", "version": "1"},
            "founded_on": "2001-01-01"});
        self.give("cooperations/prove/found", found).await;
        for member in [ASKER, BAERUM] {
            let admit = json!({"member": member, "names": {"nb": member}, "kind": "municipality",
                "from": "2001-01-01"});
            self.give("cooperations/prove/admit-member", admit).await;
        }
    }

    async fn establish(&self, body: &str, members: &[&str]) {
        let rules = json!({"seat_rights": ["attend", "speak", "propose", "vote"],
            "notice_days": 7, "quorum": {"half-of-members": {}}, "majority": "simple",
            "casting_vote": true, "authority": "decides"});
        let establish = json!({"names": {"nb": body}, "kind": "steering-group", "rules": rules,
            "in_force_from": "2001-01-01"});
        self.give(&format!("bodies/prove:{body}/establish"), establish).await;
        for member in members {
            let seat = json!({"seat": format!("m-{member}"), "member": member, "office": "mayor",
                "from": "2001-01-01"});
            self.give(&format!("bodies/prove:{body}/fill-seat"), seat).await;
        }
    }

    /// Stores the event while the service does not run.
    async fn release_asker(&self) {
        let release = Request::ReleaseMember {
            member: ASKER.parse().unwrap(),
            to: "2017-12-31".parse().unwrap(),
            reason: "Sluttet.".parse().unwrap(),
        };
        let context = CommandContext::<Cooperation> {
            id: "prove".parse().unwrap(),
            command_id: Uuid::from_u128(1),
            digest: "release".into(),
            request: release,
            after: Vec::new(),
            principal: Principal {
                subject: "secretariat".into(),
                member: None,
                supplier: None,
                grants: vec![Grant { role: Role::Secretariat, cooperation: None }],
            },
            at: clock::now(),
            now: clock::now(),
            expected_version: None,
            provenance: None,
            cause: None,
            traceparent: None,
            deadline: Deadline::NONE,
        };
        let log = self.caller.log("networks").await.unwrap();
        execute(&Repository::new(log), &NoFacts, &context).await.unwrap();
    }

    async fn vacated(&self) -> Vec<Happened> {
        let log = self.caller.log("networks").await.unwrap();
        let mut events = history(&log).await.unwrap();
        events.retain(|event| event.tag == "seats-vacated");
        events
    }
}

#[tokio::test]
async fn r1_a_released_members_seats_are_vacated_once_though_the_service_was_killed() {
    let world = World::start().await;
    world.release_asker().await;
    assert!(world.vacated().await.is_empty(), "nobody could");

    let _networks = world.networks();
    let log = world.caller.log("networks").await.unwrap();
    until(&log, |event| event.tag == "seats-vacated").await.unwrap();
    let policy = Policy::of(world.caller.client(), "NETWORKS", SEATS).await.unwrap();
    policy.is_done().await.unwrap();
    policy.deliver_again().await.unwrap();
    policy.is_done().await.unwrap();

    let vacated = world.vacated().await;
    let mut bodies: Vec<String> =
        vacated.iter().map(|event| event.envelope.aggregate.id.to_string()).collect();
    bodies.sort_unstable();
    assert_eq!(bodies, ["prove:rg", "prove:sg"], "a body in which it has no seat is left alone");
    for event in &vacated {
        assert_eq!(event.data["member"], ASKER);
        assert_eq!(event.data["to"], "2017-12-31");
        assert!(event.envelope.cause.is_some());
    }
}
