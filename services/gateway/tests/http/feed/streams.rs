//! `GET /v1/feed/stream`.

use std::{sync::Arc, time::Duration};

use chrono::TimeDelta;
use futures::{FutureExt, StreamExt};
use samvirke_gateway::serve;
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpSocket, TcpStream},
};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{
    events::Events,
    publisher::{BAERUM, Fed, about_body, instead, long, public, sequence, to, withheld},
};
use crate::world::World;

/// How long something that happens by itself may take.
const WITHIN: Duration = Duration::from_secs(20);
/// The events in the history that readers come back to again and again.
const MANY: u64 = 300;

impl Fed {
    pub(crate) async fn stream(&self, query: &str, headers: &[(&str, &str)]) -> Events {
        let path = format!("/v1/feed/stream?{query}");
        Events::open(self.world.router(), &path, headers).await
    }
}

#[tokio::test]
async fn an_event_comes_with_its_position_and_its_type() {
    let mut fed = Fed::start().await;
    fed.tell(&[public()]).await;
    let mut events = fed.stream("", &[]).await;
    assert_eq!(events.headers["content-type"], "text/event-stream");
    assert_eq!(events.headers["cache-control"], "no-store");
    assert_eq!(events.block().await.unwrap(), "retry: 2000\nid: FEED:1");
    fed.tell(&[about_body()]).await;
    let event = events.event().await.unwrap();
    assert_eq!((event.id.as_str(), event.name.as_str()), ("FEED:2", "body.resumed"));
    assert_eq!(event.data["position"], "FEED:2");
    assert_eq!(event.data["data"]["body"]["id"], "vest:sg");
}

#[tokio::test]
async fn a_reader_gets_what_it_may_read_and_wants() {
    let mut fed = Fed::start().await;
    let decided = public();
    fed.tell(&[to(BAERUM, decided.clone()), decided, about_body()]).await;
    let bearer = format!("Bearer {}", fed.member(BAERUM));
    let mut all = fed.stream("after=FEED:0", &[("authorization", &bearer)]).await;
    assert_eq!(all.event().await.unwrap().id, "FEED:1");
    assert_eq!(all.event().await.unwrap().id, "FEED:3");
    let mut public = fed.stream("after=FEED:0&types=body.resumed", &[]).await;
    assert_eq!(public.event().await.unwrap().id, "FEED:3");
    let mut since = fed.stream("since=2017-06-01", &[]).await;
    assert_eq!(since.event().await.unwrap().id, "FEED:2");
}

#[tokio::test]
async fn what_is_withheld_and_not_yet_erased_is_not_streamed() {
    let mut fed = Fed::start().await;
    let secret = about_body();
    fed.tell(&[secret.clone(), public()]).await;
    let mut before = fed.stream("after=FEED:0", &[]).await;
    assert_eq!(before.event().await.unwrap().id, "FEED:1", "nothing withholds it");
    fed.tell(&[withheld(&[secret.id()]), instead(&secret)]).await;
    // Whoever was told the fact that names it knows that it is known here.
    while before.event().await.unwrap().id != "FEED:3" {}
    for (query, headers) in [("after=FEED:0", &[][..]), ("", &[("last-event-id", "FEED:0")])] {
        let mut events = fed.stream(query, headers).await;
        for id in ["FEED:2", "FEED:3", "FEED:4"] {
            assert_eq!(events.event().await.unwrap().id, id);
        }
    }
}

#[tokio::test]
async fn whoever_comes_back_goes_on_without_gap_or_repetition_while_more_is_published() {
    let mut fed = Fed::start().await;
    let router = fed.world.router();
    let reader = tokio::spawn(async move {
        let mut got = Vec::new();
        let mut last_id = "FEED:0".to_owned();
        // Each time a few more before it leaves.
        for patience in 1.. {
            let headers = [("last-event-id", last_id.as_str())];
            // The position in the address is where it began; the header goes over it.
            let path = "/v1/feed/stream?after=FEED:0";
            let mut events = Events::open(router.clone(), path, &headers).await;
            for _ in 0..patience {
                let event = events.event().await.unwrap();
                got.push(sequence(&event.id));
                if got.len() as u64 == MANY {
                    return got;
                }
            }
            last_id = events.last_id.clone();
        }
        got
    });
    for _ in 0..MANY {
        fed.tell(&[public()]).await;
    }
    let got = tokio::time::timeout(WITHIN, reader).await.expect("all comes in time").unwrap();
    assert_eq!(got, (1..=MANY).collect::<Vec<_>>());
}

#[tokio::test]
async fn readers_at_the_newest_event_cost_no_request_however_many_they_are() {
    let mut fed = Fed::start().await;
    fed.tell(&[public()]).await;
    let mut readers = Vec::new();
    for _ in 0..50 {
        let mut events = fed.stream("", &[]).await;
        events.block().await.unwrap();
        readers.push(events);
    }
    // The first one waits for what is newest to be at hand.
    fed.tell(&[public()]).await;
    for reader in &mut readers {
        assert_eq!(reader.event().await.unwrap().id, "FEED:2");
    }
    let mut requests = fed.world.client.subscribe("$JS.API.>").await.unwrap();
    fed.world.client.flush().await.unwrap();
    fed.tell(&[public()]).await;
    for reader in &mut readers {
        assert_eq!(reader.event().await.unwrap().id, "FEED:3");
    }
    let mut asked = Vec::new();
    while let Some(Some(request)) = requests.next().now_or_never() {
        let subject = request.subject.to_string();
        // The one consumer of the process asks for its next events.
        if !subject.starts_with("$JS.API.CONSUMER.MSG.NEXT.FEED.") {
            asked.push(subject);
        }
    }
    // The guard of the process looks at the feed's end once a second.
    assert!(asked.len() < 50 / 2, "{asked:?}");
}

#[tokio::test]
async fn a_position_that_is_not_the_feeds_is_gone() {
    let mut fed = Fed::start().await;
    fed.tell(&[public()]).await;
    for id in ["FEED:9", "nonsense", ""] {
        let mut gone = fed.stream("", &[("last-event-id", id)]).await;
        assert_eq!(gone.status, 410, "{id}");
        assert_eq!(gone.headers["content-type"], "application/problem+json");
        assert!(gone.block().await.is_none());
    }
}

#[tokio::test]
async fn a_quiet_stream_gives_signs_of_life_that_tell_how_far_it_has_looked() {
    let mut fed = Fed::with(json!({"feed_heartbeat_ms": 50})).await;
    fed.tell(&[public()]).await;
    let mut events = fed.stream("types=meeting.moved", &[]).await;
    events.block().await.unwrap();
    assert_eq!(events.block().await.unwrap(), ":\nid: FEED:1");
    fed.tell(&[public()]).await;
    while events.block().await.unwrap() != ":\nid: FEED:2" {}
}

#[tokio::test]
async fn a_stream_ends_with_its_readers_token() {
    let fed = Fed::start().await;
    // It expired 59 seconds ago, and is accepted for 60.
    let token = fed.token(&["vest:secretariat"], None, TimeDelta::seconds(-59));
    let bearer = format!("Bearer {token}");
    let mut events = fed.stream("", &[("authorization", &bearer)]).await;
    assert_eq!(events.status, 200);
    assert!(events.event().await.is_none());
}

/// Taken for the public meanwhile, it would be led past its own events for good.
#[tokio::test]
async fn a_reader_whose_rights_cannot_be_looked_up_is_sent_away_and_is_led_past_nothing() {
    let mut fed = Fed::start().await;
    fed.tell(&[to(BAERUM, public())]).await;
    let bearer = format!("Bearer {}", fed.member(BAERUM));
    let authorization = [("authorization", bearer.as_str())];
    let mut events = fed.stream("after=FEED:0", &authorization).await;
    assert_eq!(events.event().await.unwrap().id, "FEED:1");
    fed.lose_sight_of_members().await;
    fed.tell(&[to(BAERUM, public()), public()]).await;
    assert!(events.event().await.is_none(), "it is sent away");
    assert_eq!(events.last_id, "FEED:1", "it comes back to where it was");
    let mut back = fed.stream("after=FEED:1", &authorization).await;
    assert_eq!(back.status, 503);
    assert!(back.block().await.is_none());
    let mut everybody = fed.stream("after=FEED:0", &[]).await;
    assert_eq!(everybody.event().await.unwrap().id, "FEED:3", "the public needs no lookup");
}

#[tokio::test]
async fn an_open_stream_loses_its_rights_with_the_membership() {
    let mut fed = Fed::start().await;
    fed.tell(&[public()]).await;
    let bearer = format!("Bearer {}", fed.member(BAERUM));
    let mut events = fed.stream("cooperation=vest", &[("authorization", &bearer)]).await;
    events.block().await.unwrap();
    let told = public();
    fed.tell(&[to(BAERUM, told.clone()), told]).await;
    assert_eq!(events.event().await.unwrap().id, "FEED:2");
    fed.release(BAERUM).await;
    let told = public();
    fed.tell(&[to(BAERUM, told.clone()), told]).await;
    assert_eq!(events.event().await.unwrap().id, "FEED:5", "what the public is told");
}

#[tokio::test]
async fn an_open_stream_of_a_person_loses_its_rights_when_the_seat_ends() {
    let mut fed = Fed::start().await;
    fed.tell(&[public()]).await;
    let person = Uuid::from_u128(7);
    fed.seat(person, BAERUM).await;
    let bearer = format!("Bearer {}", fed.person(person));
    let mut events = fed.stream("cooperation=vest", &[("authorization", &bearer)]).await;
    events.block().await.unwrap();
    let told = public();
    fed.tell(&[to(BAERUM, told.clone()), told]).await;
    assert_eq!(events.event().await.unwrap().id, "FEED:2", "what the member is told");
    fed.vacate().await;
    let told = public();
    fed.tell(&[to(BAERUM, told.clone()), told]).await;
    assert_eq!(events.event().await.unwrap().id, "FEED:5", "what the public is told");
    let told = fed.sequences("cooperation=vest&after=FEED:0", Some(&fed.person(person))).await;
    assert_eq!(told, [1, 3, 5], "nor does it find by asking again what it was told");
}

#[tokio::test]
async fn readers_beyond_the_limit_are_turned_away_until_one_leaves() {
    let mut fed = Fed::with(json!({"feed_readers_max": 1})).await;
    fed.tell(&[public()]).await;
    let first = fed.stream("", &[]).await;
    assert_eq!(fed.stream("", &[]).await.status, 503);
    fed.get("wait=1&after=FEED:1", None).await.problem(503, "too-busy");
    assert_eq!(fed.get("", None).await.status, 200, "who does not wait is no such reader");
    drop(first);
    assert_eq!(fed.stream("", &[]).await.status, 200);
}

/// A gateway that listens, until the token is cancelled.
async fn listening(
    world: &World,
) -> (std::net::SocketAddr, CancellationToken, tokio::task::JoinHandle<std::io::Result<()>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let shutdown = CancellationToken::new();
    let serving = tokio::spawn(serve(listener, world.gateway.clone(), shutdown.clone()));
    (address, shutdown, serving)
}

#[tokio::test]
async fn streams_and_waiting_requests_end_whole_when_the_gateway_stops() {
    let mut fed = Fed::start().await;
    fed.tell(&[public()]).await;
    let (address, shutdown, serving) = listening(&fed.world).await;
    let send = async |path: &str| {
        let mut stream = TcpStream::connect(address).await.unwrap();
        let request = format!("GET {path} HTTP/1.1\r\nhost: x\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        stream
    };
    let mut streaming = send("/v1/feed/stream?after=FEED:0").await;
    let mut text = String::new();
    while !text.contains("id: FEED:1\nevent") {
        let mut more = [0; 4096];
        let count = streaming.read(&mut more).await.unwrap();
        text.push_str(std::str::from_utf8(&more[..count]).unwrap());
    }
    let mut waiting = send("/v1/feed?after=FEED:1&wait=60").await;
    // It is under way once it has taken its place among the readers; the stream is the other.
    let gateway = fed.world.gateway.clone();
    let taken = async {
        while gateway.feed_readers() < 2 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(WITHIN, taken).await.unwrap();
    shutdown.cancel();
    streaming.read_to_string(&mut text).await.unwrap();
    assert!(text.ends_with("\r\n0\r\n\r\n"), "the last chunk says that it is the last: {text}");
    let mut page = String::new();
    waiting.read_to_string(&mut page).await.unwrap();
    assert!(page.starts_with("HTTP/1.1 200") && page.ends_with("\"more\":false}"), "{page}");
    let stopped = tokio::time::timeout(WITHIN, serving).await;
    stopped.expect("it stops at once").unwrap().unwrap();
}

#[tokio::test]
async fn a_reader_that_takes_nothing_is_cut_off() {
    let mut fed = Fed::with(json!({"write_stall_ms": 300, "connections_max": 1})).await;
    fed.tell(&[public()]).await;
    let (address, shutdown, serving) = listening(&fed.world).await;
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4_096).unwrap();
    let mut slow = socket.connect(address).await.unwrap();
    let request = "GET /v1/feed/stream?after=FEED:0 HTTP/1.1\r\nhost: x\r\n\r\n";
    slow.write_all(request.as_bytes()).await.unwrap();
    // More than the buffers between the two take, while it reads nothing.
    let much = Arc::new(long(9_000));
    for _ in 0..20 {
        fed.tell(&vec![(*much).clone(); 100]).await;
    }
    // There is room for one connection only: the next is served when the slow one is gone.
    let mut next = TcpStream::connect(address).await.unwrap();
    let request = "GET /livez HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
    next.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    let read = tokio::time::timeout(WITHIN, next.read_to_string(&mut answer));
    read.await.expect("the slow reader is cut off in time").unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    drop(slow);
    shutdown.cancel();
    serving.await.unwrap().unwrap();
}
