//! Where the time of a request goes, from the metrics of the process itself.
//!
//! Means, not medians: sums and counts are what can be subtracted.

use std::collections::BTreeMap;

use samvirke_tests::api::Api;

/// Sums and counts of what was timed so far.
#[derive(Clone, Debug, Default)]
pub(crate) struct Timed(BTreeMap<String, f64>);

/// Mean milliseconds, each without those of what it waits for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Spent {
    pub gateway: f64,
    pub nats: f64,
    pub service: f64,
    pub store: f64,
}

impl Timed {
    pub(crate) async fn of(api: &Api) -> Self {
        let metrics = api.metrics().await;
        let mut timed = BTreeMap::new();
        for line in metrics.lines().filter(|line| !line.starts_with('#')) {
            let Some((series, value)) = line.rsplit_once(' ') else { continue };
            let Ok(value) = value.parse::<f64>() else { continue };
            let name = series.split('{').next().unwrap_or(series);
            // What the bench asks beside is not what is measured.
            if series.contains("route=\"/metrics\"") {
                continue;
            }
            *timed.entry(name.to_owned()).or_default() += value;
        }
        Self(timed)
    }

    fn value(&self, name: &str) -> f64 {
        self.0.get(name).copied().unwrap_or(0.0)
    }

    /// How often `name` was timed since `before`, and its mean in milliseconds.
    fn mean(&self, before: &Self, name: &str) -> (f64, f64) {
        let since = |suffix: &str| {
            let name = format!("{name}_{suffix}");
            self.value(&name) - before.value(&name)
        };
        let (sum, count) = (since("sum"), since("count"));
        (count, if count > 0.0 { sum / count * 1_000.0 } else { 0.0 })
    }

    /// What was spent on one request on average since `before`.
    pub(crate) fn since(&self, before: &Self) -> Spent {
        let (requests, http) = self.mean(before, "samvirke_http_request_seconds");
        let (_, ask) = self.mean(before, "samvirke_gateway_ask_seconds");
        let (_, service) = self.mean(before, "samvirke_service_request_seconds");
        let (commits, commit) = self.mean(before, "samvirke_commit_seconds");
        // Policies commit beside the commands.
        let store = commit * (commits / requests.max(1.0)).min(1.0);
        Spent {
            gateway: (http - ask).max(0.0),
            nats: (ask - service).max(0.0),
            service: (service - store).max(0.0),
            store,
        }
    }
}
