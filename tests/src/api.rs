//! A client of the API: who calls, what is sent, what came back.

#![expect(clippy::unwrap_used, reason = "a broken test should panic")]

use std::{net::IpAddr, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use reqwest::{Client, ClientBuilder, Method, header::HeaderMap};
use samvirke_gateway::{
    demo_issuer::{DemoIssuer, ISSUER, TokenRequest},
    identity::Claims,
    outbound,
};
use samvirke_kernel::clock;
use serde_json::{Value, json};

use crate::Up;

/// How long one request may take; the gateway itself gives up after ten seconds.
const REQUEST_MAX: Duration = Duration::from_secs(30);
/// How long a stream may go on.
const STREAM_MAX: Duration = Duration::from_secs(60 * 60);
/// How long something that recovers by itself may take.
const RECOVERED_WITHIN: Duration = Duration::from_secs(60);

/// The API of one running Samvirke.
pub struct Api {
    http: Client,
    url: String,
    issuer: DemoIssuer,
}

/// Who calls.
#[derive(Clone, Debug)]
pub struct Caller(Option<String>);

/// What came back.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Value,
}

impl Api {
    pub fn of(up: &Up) -> Self {
        Self::with_client(up, outbound::client())
    }

    /// As [`Api::of`], from another address of this machine, and with a new connection for each request.
    pub fn from_address(up: &Up, address: IpAddr) -> Self {
        Self::with_client(up, outbound::client().local_address(address).pool_max_idle_per_host(0))
    }

    fn with_client(up: &Up, client: ClientBuilder) -> Self {
        let secret = std::fs::read_to_string(up.data().join("demo-issuer.key")).unwrap();
        let mut seed = [0; 32];
        for (byte, pair) in seed.iter_mut().zip(secret.trim().as_bytes().chunks(2)) {
            *byte = u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
        }
        Self {
            http: client.timeout(REQUEST_MAX).no_proxy().build().unwrap(),
            url: up.addresses().unwrap().url,
            issuer: DemoIssuer::new(ISSUER, &seed),
        }
    }

    /// The set of keys that its tokens are checked with.
    pub fn jwks(&self) -> Value {
        self.issuer.jwks()
    }

    /// Someone with these roles (`prove:secretariat`), who may speak for a member.
    pub fn caller(&self, roles: &[&str], member: Option<&str>) -> Caller {
        let request = TokenRequest::new(claims(roles, member), clock::now(), TimeDelta::hours(1));
        Caller(Some(self.issuer.mint(&request)))
    }

    /// As [`Api::caller`], one of several with the same roles, each with its own share of the gateway.
    pub fn caller_named(&self, name: &str, roles: &[&str]) -> Caller {
        let claims = Claims { sub: Some(name.to_owned()), ..claims(roles, None) };
        let request = TokenRequest::new(claims, clock::now(), TimeDelta::hours(1));
        Caller(Some(self.issuer.mint(&request)))
    }

    pub fn secretariat(&self) -> Caller {
        self.caller(&["*:secretariat"], None)
    }

    /// A person of whom the token says only who it is in NETWORKS.
    pub fn person(&self, person: &str) -> Caller {
        let claims = Claims { samvirke_person: person.parse().ok(), ..claims(&[], None) };
        let request = TokenRequest::new(claims, clock::now(), TimeDelta::hours(1));
        Caller(Some(self.issuer.mint(&request)))
    }

    /// Someone with a token that is not as it should be.
    pub fn doubtful(&self, change: impl FnOnce(&mut TokenRequest)) -> Caller {
        let claims = claims(&["*:secretariat"], None);
        let mut request = TokenRequest::new(claims, clock::now(), TimeDelta::hours(1));
        change(&mut request);
        Caller(Some(self.issuer.mint(&request)))
    }

    /// Gives a command that must be accepted.
    #[track_caller]
    pub fn gives(&self, caller: &Caller, to: &str, body: Value) -> impl Future<Output = Answer> {
        let location = std::panic::Location::caller();
        let to = to.to_owned();
        let sent = self.send(caller, &to, &[("samvirke-occurred-at", "2017-01-01T12:00")], body);
        async move {
            let answer = sent.await;
            assert_eq!(answer.status, 200, "{to} at {location}: {}", answer.body);
            answer
        }
    }

    /// Gives a command.
    pub fn send(
        &self,
        caller: &Caller,
        to: &str,
        headers: &[(&str, &str)],
        body: Value,
    ) -> impl Future<Output = Answer> + use<> {
        self.send_text(caller, to, headers, body.to_string())
    }

    /// Gives a command with any body.
    pub fn send_text(
        &self,
        caller: &Caller,
        to: &str,
        headers: &[(&str, &str)],
        body: String,
    ) -> impl Future<Output = Answer> + use<> {
        let request = self.http.request(Method::POST, format!("{}/v1/{to}", self.url)).body(body);
        let request = request.header("content-type", "application/json");
        answered(caller.shown(request), headers)
    }

    /// As [`Api::send_text`], to somebody who may not answer.
    ///
    /// # Errors
    ///
    /// When no answer comes whole.
    pub async fn tries_to_send(
        &self,
        caller: &Caller,
        to: &str,
        headers: &[(&str, &str)],
        body: String,
    ) -> reqwest::Result<(u16, Vec<u8>)> {
        let request = self.http.request(Method::POST, format!("{}/v1/{to}", self.url)).body(body);
        let request = request.header("content-type", "application/json");
        let answer = shown_with(caller.shown(request), headers).send().await?;
        Ok((answer.status().as_u16(), answer.bytes().await?.to_vec()))
    }

    /// Asks for an answer that goes on.
    pub async fn stream(&self, caller: &Caller, path: &str) -> reqwest::Response {
        let request = self.http.request(Method::GET, format!("{}/v1/{path}", self.url));
        caller.shown(request).timeout(STREAM_MAX).send().await.unwrap()
    }

    /// Asks somebody who may be away, or go away meanwhile.
    ///
    /// # Errors
    ///
    /// When no answer begins.
    pub async fn tries(
        &self,
        caller: &Caller,
        path: &str,
        headers: &[(&str, &str)],
    ) -> reqwest::Result<reqwest::Response> {
        let request = self.http.request(Method::GET, format!("{}/v1/{path}", self.url));
        shown_with(caller.shown(request), headers).send().await
    }

    /// Asks.
    pub fn get(
        &self,
        caller: &Caller,
        path: &str,
        headers: &[(&str, &str)],
    ) -> impl Future<Output = Answer> + use<> {
        let request = self.http.request(Method::GET, format!("{}/v1/{path}", self.url));
        answered(caller.shown(request), headers)
    }
}

impl Api {
    /// Whether it is ready, and what is not as it should be.
    pub async fn readiness(&self) -> (u16, Vec<Value>) {
        let request = self.http.request(Method::GET, format!("{}/readyz", self.url));
        let mut answer = answered(request, &[]).await;
        let mut checks: Vec<Value> = serde_json::from_value(answer.body["checks"].take()).unwrap();
        checks.retain(|check| check["state"] != "ok");
        (answer.status, checks)
    }

    /// All metrics, in Prometheus's text.
    pub async fn metrics(&self) -> String {
        let request = self.http.request(Method::GET, format!("{}/metrics", self.url));
        request.send().await.unwrap().text().await.unwrap()
    }

    /// Returns what the metrics say of a series (`samvirke_stream_damaged{stream="CASES"}`); none where they say
    /// nothing of it.
    pub async fn metric(&self, series: &str) -> Option<f64> {
        let text = self.metrics().await;
        let value = text.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' '));
        value.map(|value| value.parse().unwrap())
    }
}

impl Caller {
    pub fn public() -> Self {
        Self(None)
    }

    pub fn with(token: impl Into<String>) -> Self {
        Self(Some(token.into()))
    }

    /// The token that is shown, if any.
    pub fn token(&self) -> Option<&str> {
        self.0.as_deref()
    }

    fn shown(&self, request: reqwest::RequestBuilder) -> reqwest::RequestBuilder {
        match &self.0 {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }
}

impl Answer {
    /// The code of the problem, or an empty text.
    pub fn code(&self) -> &str {
        let kind = self.body["type"].as_str().unwrap_or_default();
        kind.strip_prefix("urn:samvirke:problem:").unwrap_or_default()
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    #[track_caller]
    pub fn is_problem(&self, status: u16, code: &str) -> &Value {
        assert_eq!((self.status, self.code()), (status, code), "{}", self.body);
        &self.body
    }

    /// As [`Answer::is_problem`], at a field.
    #[track_caller]
    pub fn is_wrong_at(&self, field: &str) {
        let problem = self.is_problem(422, "invalid");
        assert_eq!(problem["field"], field, "{problem}");
    }
}

fn claims(roles: &[&str], member: Option<&str>) -> Claims {
    Claims {
        sub: Some("office-4".into()),
        samvirke_roles: roles.iter().map(|role| (*role).to_owned()).collect(),
        samvirke_member: member.map(str::to_owned),
        ..Claims::default()
    }
}

/// An hour before now.
pub fn an_hour_ago() -> DateTime<Utc> {
    clock::now() - TimeDelta::hours(1)
}

fn shown_with(
    request: reqwest::RequestBuilder,
    headers: &[(&str, &str)],
) -> reqwest::RequestBuilder {
    headers.iter().fold(request, |request, (name, value)| request.header(*name, *value))
}

fn answered(
    request: reqwest::RequestBuilder,
    headers: &[(&str, &str)],
) -> impl Future<Output = Answer> + use<> {
    let request = shown_with(request, headers);
    async move {
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let body = serde_json::from_slice(&response.bytes().await.unwrap()).unwrap_or_default();
        Answer { status, headers, body }
    }
}

/// Asks again and again until the answer is as wanted.
pub async fn recovers<F: Future<Output = Answer>>(
    ask: impl Fn() -> F,
    wanted: impl Fn(&Answer) -> bool,
) -> Answer {
    let asking = async {
        loop {
            let answer = ask().await;
            if wanted(&answer) {
                return answer;
            }
        }
    };
    tokio::time::timeout(RECOVERED_WITHIN, asking).await.expect("it recovers by itself")
}

/// The request that founds a cooperation.
pub fn founding() -> Value {
    json!({"names": {"nb": "Prøvesamarbeidet"}, "legal_form": "alliance", "purpose": "Prøve.",
        "agreement": {"title": "Avtale", "version": "1"}, "founded_on": "2001-01-01"})
}

/// The request that admits a member.
pub fn admitting(member: &str) -> Value {
    json!({"member": member, "names": {"nb": "En kommune"}, "kind": "municipality",
        "from": "2001-01-01"})
}

/// The request that establishes a body.
pub fn establishing() -> Value {
    json!({"names": {"nb": "Styringsgruppen"}, "kind": "steering-group",
        "rules": {"seat_rights": ["attend", "speak", "propose", "vote"], "notice_days": 7,
            "quorum": {"half-of-members": {}}, "majority": "simple", "casting_vote": true,
            "authority": "decides"},
        "in_force_from": "2001-01-01"})
}

/// The request that opens a case in the register of 2017.
pub fn opening(owner: &str, title: &str) -> Value {
    json!({"kind": "decision", "description": {"title": title, "public_title": title},
        "owner": owner, "register": "2017"})
}
