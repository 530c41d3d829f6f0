//! What an operator sees: ids, traces, numbers, and a stop that loses nothing.

use std::time::Duration;

use axum::{body::Body, http::Request};
use futures::StreamExt;
use samvirke_gateway::serve;
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use tokio_util::sync::CancellationToken;

use crate::world::{World, accepted};

#[tokio::test]
async fn every_answer_has_an_id_and_keeps_the_callers_if_it_is_sane() {
    let world = World::start().await;
    let ask = async |id: &str| {
        let request = Request::get("/livez").header("x-request-id", id).body(Body::empty());
        world.send(request.unwrap()).await.header("x-request-id").to_owned()
    };
    assert_eq!(ask("line-17_a.b").await, "line-17_a.b");
    for strange in ["", "a b", "<script>", &"x".repeat(65)] {
        let made = ask(strange).await;
        assert_eq!(made.len(), 36, "{strange}");
    }
}

#[tokio::test]
async fn every_answer_names_its_trace() {
    let world = World::start().await;
    let trace = world.get("/livez").await.header("traceparent").to_owned();
    assert!(trace.starts_with("00-") && trace.len() == 55, "{trace}");
}

#[tokio::test]
async fn requests_are_counted_by_their_route_and_never_by_what_was_filled_in() {
    let world = World::start().await;
    world.serve("cmd.>", accepted()).await;
    let _counting = metrics::set_default_local_recorder(world.recorder);
    world.post("/v1/cooperations/vestregionen/resume", &[], "{}").await;
    world.get("/v1/secret-name").await;
    let answer = world.get("/metrics").await;
    assert!(answer.header("content-type").starts_with("text/plain; version=0.0.4"));
    let numbers = String::from_utf8(answer.body.to_vec()).unwrap();
    let resumed = "samvirke_http_requests_total{method=\"POST\",\
                   route=\"/v1/cooperations/{id}/resume\",status=\"200\"} 1";
    assert!(numbers.contains(resumed), "{numbers}");
    assert!(numbers.contains("route=\"unmatched\",status=\"404\"} 1"), "{numbers}");
    assert!(!numbers.contains("vestregionen") && !numbers.contains("secret-name"));
}

/// Sends a request over a connection of its own.
async fn send(address: std::net::SocketAddr, request: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    stream
}

async fn read(mut stream: TcpStream) -> String {
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

#[tokio::test]
async fn what_was_accepted_is_finished_before_the_gateway_stops() {
    let world = World::start().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let shutdown = CancellationToken::new();
    let mut serving = tokio::spawn(serve(listener, world.gateway.clone(), shutdown.clone()));

    let mut asked = world.client.subscribe("cmd.>").await.unwrap();
    world.client.flush().await.unwrap();
    let request = "POST /v1/cooperations/vestregionen/resume HTTP/1.1\r\nhost: x\r\n\
                   content-type: application/json\r\ncontent-length: 2\r\n\r\n{}";
    let stream = send(address, request).await;
    let question = asked.next().await.unwrap();

    // The service has the command; now the gateway is told to stop.
    shutdown.cancel();
    while TcpStream::connect(address).await.is_ok() {
        tokio::task::yield_now().await;
    }
    let early = tokio::time::timeout(Duration::from_millis(100), &mut serving).await;
    assert!(early.is_err(), "it stopped with a request under way");
    let reply = accepted().to_string();
    world.client.publish(question.reply.unwrap(), reply.into()).await.unwrap();
    let answer = read(stream).await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    let stopped = tokio::time::timeout(Duration::from_secs(5), serving).await;
    stopped.expect("it stops once the answer is out").unwrap().unwrap();
    let readiness = world.get("/readyz").await;
    assert_eq!(readiness.status, 503);
    assert_eq!(readiness.checks()[0], ("gateway", "stopping"));
}

#[tokio::test]
async fn connections_beyond_the_limit_wait_their_turn() {
    let world = World::with(json!({"connections_max": 1}), "").await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let shutdown = CancellationToken::new();
    let serving = tokio::spawn(serve(listener, world.gateway.clone(), shutdown.clone()));
    let request = "GET /livez HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
    let first = TcpStream::connect(address).await.unwrap();
    let second = send(address, request).await;
    drop(first);
    assert!(read(second).await.starts_with("HTTP/1.1 200"));
    shutdown.cancel();
    serving.await.unwrap().unwrap();
}
