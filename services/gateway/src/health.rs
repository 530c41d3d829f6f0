//! Whether the process lives, whether it can serve, and its numbers.

use std::time::Duration;

use axum::{
    Json,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use metrics_exporter_prometheus::PrometheusHandle;
use samvirke_kernel::supervision::{Stop, Supervisor};
use serde_json::json;

use crate::{Gateway, problem::RETRY_AFTER_S, readiness::Check};

/// How often the metrics' upkeep is run.
const METRICS_UPKEEP: Duration = Duration::from_secs(5);

/// Lets the metrics forget what is too old to report, as long as the gateway runs.
pub(crate) fn keep_up(tasks: &Supervisor, metrics: PrometheusHandle) {
    tasks.supervise("upkeep of metrics", Stop::Drop, move |_| {
        let metrics = metrics.clone();
        async move {
            let mut tick = tokio::time::interval(METRICS_UPKEEP);
            loop {
                tick.tick().await;
                metrics.run_upkeep();
            }
        }
    });
}

/// `/livez`: the process answers. Says nothing of what it needs, or a broken server would restart
/// it in vain.
pub(crate) async fn live() -> Response {
    Json(json!({"status": "ok"})).into_response()
}

/// `/readyz`: whether everything that an answer needs is there, a line for each; 503 where something
/// is not. `degraded` where a read model or a background task does not keep up, or a task does not run.
pub(crate) async fn ready(State(gateway): State<Gateway>) -> Response {
    let checks = gateway.readiness().await;
    let ready = !checks.iter().any(Check::hinders);
    let lines: Vec<String> = checks.iter().map(|check| json!(check).to_string()).collect();
    let word = match ready {
        true if checks.iter().all(Check::is_ok) => "ready",
        true => "degraded",
        false => "not-ready",
    };
    let text = format!("{{\"status\":\"{word}\",\"checks\":[\n{}\n]}}\n", lines.join(",\n"));
    let fixed = [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-store")];
    match ready {
        true => (fixed, text).into_response(),
        false => {
            let retry = [(header::RETRY_AFTER, RETRY_AFTER_S.to_string())];
            (StatusCode::SERVICE_UNAVAILABLE, fixed, retry, text).into_response()
        }
    }
}

/// `/metrics`: the process's numbers, in the Prometheus text format.
pub(crate) async fn metrics(State(gateway): State<Gateway>) -> Response {
    metrics::gauge!("samvirke_feed_readers").set(gateway.feed_readers() as f64);
    let text = gateway.0.metrics.render();
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response()
}
