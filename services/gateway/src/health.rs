//! Whether the process lives, whether it can serve, and its numbers.

use axum::{
    Json,
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};
use serde_json::json;

use async_nats::connection::State as Connection;

use crate::{Gateway, fault::Fault, problem::Problem};

/// `/livez`: the process answers. Says nothing of what it needs, or a broken server would restart
/// it in vain.
pub(crate) async fn live() -> Response {
    Json(json!({"status": "ok"})).into_response()
}

/// `/readyz`: the services can be reached, and the process is not about to stop.
pub(crate) async fn ready(State(gateway): State<Gateway>) -> Result<Response, Problem> {
    let connected = gateway.0.nats.connection_state() == Connection::Connected;
    if connected && !gateway.0.draining.is_cancelled() {
        Ok(Json(json!({"status": "ready"})).into_response())
    } else {
        Err(Fault::NotReady.into())
    }
}

/// `/metrics`: the process's numbers, in the Prometheus text format.
pub(crate) async fn metrics(State(gateway): State<Gateway>) -> Response {
    metrics::gauge!("samvirke_feed_readers").set(gateway.feed_readers() as f64);
    let text = gateway.0.metrics.render();
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response()
}
