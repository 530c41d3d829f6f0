//! What one caller takes leaves the others theirs.

use std::{net::SocketAddr, time::Duration};

use samvirke_gateway::serve;
use samvirke_kernel::publication::Publication;
use samvirke_schemas::feed;
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpSocket, TcpStream},
};
use tokio_util::sync::CancellationToken;

use crate::world::World;

/// How long something that happens by itself may take.
const WITHIN: Duration = Duration::from_secs(20);
const ONE: &str = "127.0.0.1";
const OTHER: &str = "127.0.0.2";
const QUERY: &str = "/v1/cooperations/vestregionen";

/// A gateway that listens for as long as this is there.
struct Listening {
    world: World,
    address: SocketAddr,
    _until: tokio_util::sync::DropGuard,
}

impl Listening {
    async fn with(settings: serde_json::Value) -> Self {
        let world = World::with_settings(settings).await;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let shutdown = CancellationToken::new();
        tokio::spawn(serve(listener, world.gateway.clone(), shutdown.clone()));
        Self { world, address, _until: shutdown.drop_guard() }
    }

    /// A connection from an address of this machine.
    async fn connect(&self, from: &str) -> TcpStream {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind(format!("{from}:0").parse().unwrap()).unwrap();
        socket.connect(self.address).await.unwrap()
    }

    /// Sends a request with further headers, and leaves the answer to be read.
    async fn ask(&self, from: &str, path: &str, headers: &str) -> TcpStream {
        let mut stream = self.connect(from).await;
        let request = format!("GET {path} HTTP/1.1\r\nhost: x\r\n{headers}\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        stream
    }

    /// The status and the text of an answer, as far as it has come at once.
    async fn get(&self, from: &str, path: &str, headers: &str) -> (u16, String) {
        first_of(&mut self.ask(from, path, headers).await).await
    }

    /// As [`Listening::get`], until the status is the one that is expected.
    async fn until(&self, status: u16, from: &str, path: &str, headers: &str) {
        let expected = async {
            while self.get(from, path, headers).await.0 != status {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(WITHIN, expected).await.expect("in time");
    }
}

async fn first_of(stream: &mut TcpStream) -> (u16, String) {
    let mut text = String::new();
    let read = async {
        let mut more = [0; 16_384];
        while !text.contains("\r\n\r\n") {
            match stream.read(&mut more).await {
                Ok(0) | Err(_) => break,
                Ok(count) => text.push_str(std::str::from_utf8(&more[..count]).unwrap()),
            }
        }
    };
    tokio::time::timeout(WITHIN, read).await.expect("an answer in time");
    let status = text.split(' ').nth(1).and_then(|status| status.parse().ok());
    (status.unwrap_or_default(), text)
}

#[track_caller]
fn is_refused((status, text): &(u16, String), code: &str) {
    assert_eq!(*status, 429, "{text}");
    assert!(text.contains("application/problem+json"), "{text}");
    assert!(text.contains(&format!("urn:samvirke:problem:{code}\"")), "{text}");
    assert!(text.contains("retry-after: 2"), "{text}");
}

#[tokio::test]
async fn requests_of_one_address_beyond_its_share_are_refused_and_those_of_others_are_answered() {
    let listening = Listening::with(json!({"limits": {"caller_in_flight_max": 1}})).await;
    let Listening { world, .. } = &listening;
    let _counting = metrics::set_default_local_recorder(world.recorder);
    world.serve("qry.readmodels.case", json!(null)).await;
    world.serve("qry.readmodels.cooperation-overview", json!({"Ok": {}})).await;
    let held = listening.ask(ONE, "/v1/cases/vestregionen:c1", "").await;
    let heard = async {
        while world.heard().is_empty() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(WITHIN, heard).await.unwrap();
    is_refused(&listening.get(ONE, QUERY, "").await, "too-many-requests");
    // What a caller writes of its address is not believed.
    let claim = "x-forwarded-for: 192.0.2.7\r\nforwarded: for=192.0.2.7\r\n";
    is_refused(&listening.get(ONE, QUERY, claim).await, "too-many-requests");
    assert_eq!(listening.get(OTHER, QUERY, "").await.0, 200);
    let token = format!("authorization: Bearer {}\r\n", world.secretariat());
    assert_eq!(listening.get(ONE, QUERY, &token).await.0, 200, "a token has a share of its own");
    assert_eq!(listening.get(ONE, "/livez", "").await.0, 200);
    let counted = "samvirke_callers_refused{what=\"requests\"} 2";
    let metrics = world.get("/metrics").await;
    let metrics = String::from_utf8_lossy(&metrics.body);
    assert!(metrics.contains(counted), "{metrics}");
    drop(held);
    listening.until(200, ONE, QUERY, "").await;
}

#[tokio::test]
async fn a_trusted_proxys_callers_each_have_their_share() {
    let settings = json!({"limits": {"caller_in_flight_max": 1}, "trusted_proxies": ["127.0.0.1"]});
    let listening = Listening::with(settings).await;
    let Listening { world, .. } = &listening;
    world.serve("qry.readmodels.case", json!(null)).await;
    world.serve("qry.readmodels.cooperation-overview", json!({"Ok": {}})).await;
    let first = "x-forwarded-for: 192.0.2.7\r\n";
    let _held = listening.ask(ONE, "/v1/cases/vestregionen:c1", first).await;
    listening.until(429, ONE, QUERY, first).await;
    assert_eq!(listening.get(ONE, QUERY, "x-forwarded-for: 192.0.2.8\r\n").await.0, 200);
    let forged = "x-forwarded-for: 192.0.2.8, 192.0.2.7\r\n";
    is_refused(&listening.get(ONE, QUERY, forged).await, "too-many-requests");
    // Nobody else is believed.
    assert_eq!(listening.get(OTHER, QUERY, first).await.0, 200);
}

#[tokio::test]
async fn readers_of_the_feed_beyond_ones_share_are_refused_until_one_leaves() {
    let listening = Listening::with(json!({"limits": {"caller_feed_readers_max": 2}})).await;
    make_feed(&listening.world).await;
    let stream = "/v1/feed/stream";
    let mut readers = Vec::new();
    for _ in 0..2 {
        let mut reader = listening.ask(ONE, stream, "").await;
        assert_eq!(first_of(&mut reader).await.0, 200);
        readers.push(reader);
    }
    is_refused(&listening.get(ONE, stream, "").await, "too-many-readers");
    is_refused(&listening.get(ONE, "/v1/feed?wait=5", "").await, "too-many-readers");
    assert_eq!(listening.get(ONE, "/v1/feed", "").await.0, 200, "who does not wait is no reader");
    assert_eq!(listening.get(OTHER, stream, "").await.0, 200);
    readers.pop();
    listening.until(200, ONE, stream, "").await;
}

/// Makes the feed's stream, empty.
async fn make_feed(world: &World) {
    let client = world.client.clone();
    Publication::make(client, feed::STREAM, feed::SUBJECTS, 1).await.unwrap();
}

#[tokio::test]
async fn connections_from_one_address_beyond_its_share_are_answered_429_and_closed() {
    let listening = Listening::with(json!({"limits": {"caller_connections_max": 2}})).await;
    let first = listening.connect(ONE).await;
    let mut second = listening.ask(ONE, "/livez", "").await;
    assert_eq!(first_of(&mut second).await.0, 200);
    let mut third = listening.ask(ONE, "/livez", "").await;
    let refused = first_of(&mut third).await;
    is_refused(&refused, "too-many-connections");
    let mut rest = Vec::new();
    tokio::time::timeout(WITHIN, third.read_to_end(&mut rest)).await.unwrap().unwrap();
    assert_eq!(listening.get(OTHER, "/livez", "").await.0, 200);
    drop(first);
    listening.until(200, ONE, "/livez", "").await;
}

#[tokio::test]
async fn a_trusted_proxy_may_have_as_many_connections_as_there_are() {
    let settings =
        json!({"limits": {"caller_connections_max": 1}, "trusted_proxies": ["127.0.0.0/8"]});
    let listening = Listening::with(settings).await;
    let _first = listening.connect(ONE).await;
    assert_eq!(listening.get(ONE, "/livez", "").await.0, 200);
}
