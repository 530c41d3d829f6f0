//! Keys at an address of one's own: when they are asked for, and what is kept when they are not there.

use std::{
    collections::BTreeSet,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use axum::{Router, extract::State, routing::get};
use chrono::TimeDelta;
use futures::future::join_all;
use serde_json::{Value, json};
use tokio::{net::TcpListener, sync::watch};
use tokio_util::sync::CancellationToken;

use super::*;
use crate::{
    demo_issuer::{AUDIENCE, DemoIssuer, ISSUER, TokenRequest},
    identity::{Claims, Identity, Keys, Trusted, remembered::Remembered},
};

/// Longer than any test runs.
const NEVER: Duration = Duration::from_secs(86_400);
/// How long a change may take to be noticed.
const NOTICED_WITHIN: Duration = Duration::from_secs(10);

/// An issuer's web server: what it answers, and how often it was asked.
struct Server {
    url: String,
    answer: watch::Sender<String>,
    asked: Arc<AtomicUsize>,
}

impl Server {
    async fn with(answer: impl ToString) -> Self {
        let (answer, answers) = watch::channel(answer.to_string());
        let asked = Arc::<AtomicUsize>::default();
        let count = Arc::clone(&asked);
        let keys = async move |State(answers): State<watch::Receiver<String>>| {
            count.fetch_add(1, Ordering::SeqCst);
            answers.borrow().clone()
        };
        let router = Router::new().route("/keys", get(keys)).with_state(answers);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/keys", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { url, answer, asked }
    }

    fn answers(&self, answer: impl ToString) {
        self.answer.send_replace(answer.to_string());
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

fn keys(seeds: &[u8]) -> Value {
    let keys = seeds.iter().map(|seed| key(*seed).jwks()["keys"][0].clone());
    json!({"keys": keys.collect::<Vec<_>>()})
}

fn key(seed: u8) -> DemoIssuer {
    DemoIssuer::new(ISSUER, &[seed; 32])
}

async fn start(url: &str, refresh_every: Duration, ask_again_after_min: Duration) -> Arc<Fetched> {
    let pace = Pace { refresh_every, ask_again_after_min };
    let fetched = Fetched::start(ISSUER, url, pace).await.unwrap();
    fetched.supervise(&Supervisor::new(CancellationToken::new()));
    fetched
}

#[tokio::test]
async fn an_unknown_key_is_asked_for_once_and_then_not_again_for_a_while() {
    let server = Server::with(keys(&[1])).await;
    let fetched = start(&server.url, NEVER, NEVER).await;
    assert!(fetched.key(key(1).kid()).await.is_ok());
    assert_eq!(server.asked(), 1);

    server.answers(keys(&[2]));
    let new = key(2);
    let asking = join_all((0..20).map(|_| fetched.key(new.kid()))).await;
    assert!(asking.iter().all(Result::is_ok));
    assert_eq!(server.asked(), 2);
    // What was withdrawn is not trusted any more, and nobody can make us ask at will.
    for _ in 0..20 {
        assert_eq!(fetched.key(key(1).kid()).await.unwrap_err(), Fault::TokenKeyUnknown);
    }
    assert_eq!(server.asked(), 2);
}

#[tokio::test]
async fn when_the_pause_is_over_an_unknown_key_is_asked_for_again() {
    let server = Server::with(keys(&[1])).await;
    let fetched = start(&server.url, NEVER, Duration::ZERO).await;
    assert_eq!(fetched.key("unknown").await.unwrap_err(), Fault::TokenKeyUnknown);
    assert_eq!(fetched.key("unknown").await.unwrap_err(), Fault::TokenKeyUnknown);
    assert_eq!(server.asked(), 3);
}

#[tokio::test]
async fn keys_are_fetched_on_a_schedule_so_that_withdrawn_ones_go() {
    let server = Server::with(keys(&[1])).await;
    let fetched = start(&server.url, Duration::from_millis(5), NEVER).await;
    assert!(fetched.known(key(1).kid()).is_some());
    server.answers(keys(&[2]));
    let gone = async {
        while fetched.known(key(1).kid()).is_some() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(NOTICED_WITHIN, gone).await.expect("the withdrawn key goes");
    assert!(fetched.known(key(2).kid()).is_some());
}

#[tokio::test]
async fn a_token_that_was_verified_is_refused_once_its_key_is_withdrawn() {
    let server = Server::with(keys(&[1])).await;
    let fetched = start(&server.url, NEVER, NEVER).await;
    let trusted = Trusted {
        issuer: ISSUER.into(),
        audience: AUDIENCE.into(),
        nbf_required: true,
        scopes: BTreeSet::new(),
        keys: Keys::Fetched(fetched.clone()),
    };
    let identity = Identity { issuers: vec![trusted], remembered: Remembered::new() };
    let claims = Claims { sub: Some("office-4".into()), ..Claims::default() };
    let token = TokenRequest::new(claims, clock::now(), TimeDelta::hours(1));
    let token = key(1).mint(&token);
    for _ in 0..2 {
        assert!(identity.verify_token(&token).await.is_ok());
    }
    server.answers(keys(&[2]));
    fetched.refresh().await.unwrap();
    assert_eq!(identity.verify_token(&token).await.unwrap_err(), Fault::TokenKeyUnknown);
}

#[tokio::test]
async fn nothing_is_fetched_once_the_keys_are_not_wanted() {
    let server = Server::with(keys(&[1])).await;
    let every = Duration::from_millis(5);
    let fetched = start(&server.url, NEVER, NEVER).await;
    let weak = Arc::downgrade(&fetched);
    let pace = Pace { refresh_every: every, ask_again_after_min: every };
    let keeping = tokio::spawn(keep_fresh(weak, pace, true, Task::unsupervised("keys")));
    drop(fetched);
    tokio::time::timeout(NOTICED_WITHIN, keeping).await.expect("it ends by itself").unwrap();
}

#[tokio::test]
async fn the_last_good_keys_stay_whatever_the_issuer_answers() {
    let server = Server::with(keys(&[1])).await;
    let fetched = start(&server.url, NEVER, Duration::ZERO).await;
    let much = "x".repeat(BYTES_MAX + 1);
    let weak = json!({"keys": [{"kty": "oct", "kid": "s", "k": "c2VjcmV0"}]}).to_string();
    for answer in ["<html>", "", "{\"keys\": []}", &weak, &much] {
        server.answers(answer);
        assert_eq!(fetched.key("unknown").await.unwrap_err(), Fault::IssuerAway, "{answer:.20}");
        assert!(fetched.key(key(1).kid()).await.is_ok(), "{answer:.20}");
    }
    let error = fetched.fetch().await.unwrap_err();
    assert!(matches!(error, FetchError::TooLarge));
}

#[tokio::test]
async fn an_issuer_that_is_away_stops_no_start_and_is_asked_again() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let (back, mut came_back) = watch::channel(false);
    tokio::spawn(async move {
        while !*came_back.borrow() {
            tokio::select! {
                _ = came_back.changed() => (),
                // Whoever calls is hung up on.
                _ = listener.accept() => (),
            }
        }
        let router = Router::new().route("/", get(async || keys(&[1]).to_string()));
        axum::serve(listener, router).await.unwrap();
    });
    let fetched = start(&url, NEVER, Duration::from_millis(5)).await;
    assert_eq!(fetched.key(key(1).kid()).await.unwrap_err(), Fault::IssuerAway);

    back.send_replace(true);
    let there = async {
        while fetched.known(key(1).kid()).is_none() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(NOTICED_WITHIN, there).await.expect("it is asked again by itself");
}

#[tokio::test]
async fn a_wrong_address_or_answer_stops_the_start() {
    let open = Pace::default();
    for url in ["http://keys.example/", "ftp://localhost/", "/keys", "", "https://"] {
        let refused = Fetched::start(ISSUER, url, open).await.unwrap_err();
        assert!(matches!(refused, LoadError::Address { .. }), "{url:?}: {refused}");
    }
    let server = Server::with("{}").await;
    let refused = Fetched::start(ISSUER, &server.url, open).await.unwrap_err();
    assert!(matches!(refused, LoadError::NotAKeySet { .. }));
}

#[test]
fn keys_come_over_tls_or_from_this_machine() {
    for (url, safe) in [
        ("https://keys.example/a", true),
        ("http://127.0.0.1:8080/", true),
        ("http://[::1]/", true),
        ("http://localhost/", true),
        ("http://10.0.0.1/", false),
        ("http://localhost.example/", false),
        ("file:///etc/passwd", false),
    ] {
        assert_eq!(is_safe(&Url::parse(url).unwrap()), safe, "{url}");
    }
}
