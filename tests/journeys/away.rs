//! Servers that are away: what can be done goes on, the rest is told "try again", nothing
//! acknowledged is lost, and all is well again without anybody's help.

use samvirke_tests::{
    Server, Up,
    api::{Api, Caller, founding, recovers},
};
use serde_json::{Value, json};

use crate::samvirke;

/// How many commands are given around each loss of a server.
const COMMANDS: usize = 20;

#[tokio::test]
async fn servers_that_are_away_lose_nothing_and_are_not_waited_for_in_vain() {
    let mut up = samvirke().unwrap();
    up.is_well().unwrap();
    let api = Api::of(&up);
    let operator = api.caller(&["*:operator"], None);
    api.gives(&operator, "cooperations/prove/found", founding()).await;
    assert_eq!(api.readiness().await, (200, vec![]));
    postgres_away(&up, &api).await;
    nats_away(&up, &api).await;
    nats_killed(&up, &api).await;
    postgres_killed(&up, &api).await;
}

fn agreement(version: &str) -> Value {
    json!({"agreement": {"title": "Avtale", "version": version}})
}

async fn version_seen(api: &Api, position: &str) -> Value {
    let position = [("samvirke-position", position)];
    let ask = || api.get(&Caller::public(), "cooperations/prove", &position);
    recovers(ask, |answer| answer.status == 200).await.body["agreement"]["version"].take()
}

async fn postgres_away(up: &Up, api: &Api) {
    let to = "cooperations/prove/amend-agreement";
    let away = up.stand_still(Server::Postgres).unwrap();
    let amended = api.gives(&api.secretariat(), to, agreement("without PostgreSQL")).await;
    let seen = api.get(&Caller::public(), "cooperations/prove", &[]).await;
    assert_eq!(seen.status, 503, "{}", seen.body);
    assert!(!seen.header("retry-after").is_empty());
    let database = json!({"what": "read models' database", "state": "away"});
    let (status, mut checks) = api.readiness().await;
    // What takes from the streams into the database waits for it too, and says so.
    checks.retain(|check| !check["what"].as_str().unwrap().starts_with("task "));
    assert_eq!((status, checks), (503, vec![database]));
    drop(away);
    let position = amended.header("samvirke-position");
    assert_eq!(version_seen(api, position).await, "without PostgreSQL");
}

async fn nats_away(up: &Up, api: &Api) {
    let to = "cooperations/prove/amend-agreement";
    let key = [("idempotency-key", "while-nats-is-away")];
    let secretariat = api.secretariat();
    let away = up.stand_still(Server::Nats).unwrap();
    let refused = api.send(&secretariat, to, &key, agreement("without NATS")).await;
    assert_eq!(refused.status, 503, "{}", refused.body);
    drop(away);
    let send = || api.send(&secretariat, to, &key, agreement("without NATS"));
    let accepted = recovers(send, |answer| answer.status != 503).await;
    assert_eq!(accepted.status, 200, "{}", accepted.body);
    let position = accepted.header("samvirke-position");
    assert_eq!(version_seen(api, position).await, "without NATS");
}

/// Commands go on while the server is killed; what was acknowledged must be there.
async fn nats_killed(up: &Up, api: &Api) {
    let secretariat = api.secretariat();
    let mut last = (0, String::new());
    for number in 0..COMMANDS {
        if number == COMMANDS / 2 {
            up.kill_server(Server::Nats).unwrap();
        }
        let version = format!("nats-{number}");
        let key = [("idempotency-key", version.as_str())];
        let to = "cooperations/prove/amend-agreement";
        let send = || api.send(&secretariat, to, &key, agreement(&version));
        let accepted = recovers(send, |answer| answer.status != 503).await;
        assert_eq!(accepted.status, 200, "{}", accepted.body);
        let now = accepted.body["version"].as_u64().unwrap();
        assert!(last.0 == 0 || now == last.0 + 1, "{now} follows {}", last.0);
        last = (now, accepted.header("samvirke-position").to_owned());
    }
    assert_eq!(version_seen(api, &last.1).await, format!("nats-{}", COMMANDS - 1));
}

async fn postgres_killed(up: &Up, api: &Api) {
    let secretariat = api.secretariat();
    for number in 0..COMMANDS {
        if number == COMMANDS / 2 {
            up.kill_server(Server::Postgres).unwrap();
        }
        let version = format!("postgres-{number}");
        let to = "cooperations/prove/amend-agreement";
        let accepted = api.gives(&secretariat, to, agreement(&version)).await;
        let position = accepted.header("samvirke-position");
        assert_eq!(version_seen(api, position).await, version);
    }
}
