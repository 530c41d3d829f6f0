//! The checks on nats-server: version, JetStream, durability, clock, streams.

use samvirke_kernel::{clock, stream};

use super::{
    Row, accounts, clocks,
    monitor::{self, Healthz},
};
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
    rows.extend(accounts::check(configuration, &client).await);
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
    rows.push(match monitor::healthz(configuration).await {
        Ok(healthz) => judge(&healthz),
        Err(error) => Row::warn(
            CHECK,
            format!("whether it can write is not known: {error:#}"),
            "set [nats] monitor_url to its monitoring page",
        ),
    });
    rows
}

/// What the server says of itself. A stream that once failed to write refuses everything until a restart.
fn judge(healthz: &Healthz) -> Row {
    match &healthz.error {
        None if healthz.status == "ok" => Row::ok(CHECK, "every stream can be written"),
        found => Row::fail(
            CHECK,
            format!(
                "it is {}: {}",
                healthz.status,
                found.as_deref().unwrap_or("it does not say why")
            ),
            "make room on its disk; samvirke up then restarts it by itself, a nats-server of your own \
             restart by hand: a stream that failed to write stores nothing until then",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_that_cannot_be_written_fails_and_says_what_an_operator_does() {
        let healthz = |text| judge(&serde_json::from_str(text).unwrap());
        assert_eq!(healthz(r#"{"status":"ok"}"#), Row::ok(CHECK, "every stream can be written"));
        let error = "JetStream stream 'A' write error: no space left on device";
        let row = healthz(&format!(r#"{{"status":"unavailable","error":"{error}"}}"#));
        let told = format!("{row:?}");
        assert!(
            told.contains("Fail") && told.contains(error) && told.contains("make room"),
            "{told}"
        );
    }
}
