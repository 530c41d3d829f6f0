//! The checks on nats-server: version, JetStream, durability, clock, streams.

use samvirke_kernel::{clock, stream};

use super::{Row, clocks, monitor};
use crate::{configuration::Configuration, connections, streams};

const CHECK: &str = "nats";

/// Makes all checks; where NATS is away there is one row.
pub(crate) async fn check(configuration: &Configuration) -> Vec<Row> {
    let client = match connections::nats(&configuration.nats).await {
        Ok(client) => client,
        Err(error) => {
            let remedy = "start samvirke up, or nats-server and set [nats] url";
            return vec![Row::fail(CHECK, format!("{error:#}"), remedy)];
        }
    };
    let info = client.server_info();
    let mut rows = Vec::new();
    rows.push(match stream::check_server(&client) {
        Ok(()) => Row::ok(CHECK, format!("nats-server {}", info.version)),
        Err(error) => Row::fail(CHECK, error.to_string(), "install nats-server 2.15 or later"),
    });
    rows.push(match info.jetstream {
        true => Row::ok(CHECK, "JetStream is on"),
        false => {
            Row::fail(CHECK, "JetStream is off", "add jetstream { … } to nats-server's settings")
        }
    });
    rows.extend(monitored(configuration).await);
    rows.extend(streams::rows(&client, configuration.nats.replicas.unwrap_or(1)).await);
    rows
}

async fn monitored(configuration: &Configuration) -> Vec<Row> {
    let before = clock::now();
    let (varz, jsz) = match (monitor::varz(configuration).await, monitor::jsz(configuration).await)
    {
        (Ok(varz), Ok(jsz)) => (varz, jsz),
        (Err(error), _) | (_, Err(error)) => {
            let found =
                format!("whether writes are synced and clocks agree is not known: {error:#}");
            return vec![Row::warn(CHECK, found, "set [nats] monitor_url to its monitoring page")];
        }
    };
    let mut rows = vec![clocks("nats clock", (varz.now - before).num_milliseconds())];
    rows.push(match jsz.config.sync_always {
        true => Row::ok(CHECK, "every acknowledged write is on disk"),
        false => Row::fail(
            CHECK,
            "acknowledged writes may be lost when the machine stops",
            "set sync_interval: always in the jetstream block and restart nats-server",
        ),
    });
    rows
}
