//! What the outermost layer does with a handler that fails in a way nobody thought of.

use axum::{Router, body::Body, http::StatusCode, middleware, routing::get};
use metrics_exporter_prometheus::PrometheusBuilder;
use samvirke_kernel::{log::Log, signature::MessageSigner};
use samvirke_private_servers::{NatsServer, temporary};
use serde_json::Value;
use tower::ServiceExt;
use tower_http::catch_panic::CatchPanicLayer;

use super::*;
use crate::Settings;

async fn gateway(nats: &NatsServer) -> Gateway {
    let client = async_nats::connect(nats.url()).await.unwrap();
    let metrics = PrometheusBuilder::new().build_recorder().handle();
    Log::set_up(client.clone(), "networks", 1).await.unwrap();
    let signer = MessageSigner::new(&[3; 32]);
    Gateway::new(&Settings::default(), client, 1, signer, metrics).await.unwrap()
}

#[tokio::test]
async fn a_handler_that_panics_answers_with_a_problem_that_gives_nothing_away() {
    let nats = temporary::nats().await.expect("nats-server starts: set SAMVIRKE_NATS_SERVER");
    let gateway = gateway(&nats).await;
    let recorder = PrometheusBuilder::new().build_recorder();
    let _counting = metrics::set_default_local_recorder(&recorder);
    let router: Router = Router::new()
        .route("/boom", get(async || -> Response { panic!("secret_table") }))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(middleware::from_fn_with_state(gateway, observe));
    let request = Request::get("/boom").header("host", "x").body(Body::empty()).unwrap();
    let response = router.oneshot(request).await.unwrap();
    assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
    let id = response.headers()[REQUEST_ID].to_str().unwrap().to_owned();
    let body = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
    let problem: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(problem["type"], "urn:samvirke:problem:broken");
    assert_eq!(problem["instance"], id.as_str());
    assert!(!problem.to_string().contains("secret_table"));
    let counted = "samvirke_requests_panicked{service=\"gateway\"} 1";
    assert!(recorder.handle().render().contains(counted));
}

#[test]
fn an_invented_method_does_not_make_a_label_of_its_own() {
    assert_eq!(method_label(&Method::POST), "POST");
    assert_eq!(method_label(&Method::from_bytes(b"BREW").unwrap()), "other");
}
