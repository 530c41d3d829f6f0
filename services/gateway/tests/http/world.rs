//! A gateway with everything around it, on ports of its own.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use async_nats::connection::State;
use axum::{
    Router,
    body::Body,
    http::{HeaderValue, Request, StatusCode, request::Builder},
};
use bytes::Bytes;
use chrono::{TimeDelta, Utc};
use futures::StreamExt;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusRecorder};
use samvirke_gateway::{
    Gateway, Settings,
    demo_issuer::{AUDIENCE, DemoIssuer, ISSUER, TokenRequest},
    identity::Claims,
    router,
};
use samvirke_kernel::{log::Log, signature::MessageSigner};
use samvirke_private_servers::{
    NatsServer,
    temporary::{self, Temporary},
};
use samvirke_schemas::message::SIGNATURE;
use serde_json::{Value, json};
use tower::ServiceExt;

/// How long the client may take to notice that the server is gone or back.
const NOTICE_MAX: Duration = Duration::from_secs(10);
/// The gateway's signing key in tests.
const SECRET: [u8; 32] = [3; 32];

/// The scope that machines need where they count.
pub(crate) const SCOPE: &str = "samvirke:api";

/// What a service got.
#[derive(Clone, Debug)]
pub(crate) struct Heard {
    pub(crate) subject: String,
    pub(crate) message: Value,
    pub(crate) trusted: bool,
}

/// A gateway, its issuer, and what stands in for the services.
pub(crate) struct World {
    pub(crate) nats: Temporary<NatsServer>,
    pub(crate) client: async_nats::Client,
    pub(crate) issuer: DemoIssuer,
    pub(crate) gateway: Gateway,
    pub(crate) recorder: &'static PrometheusRecorder,
    router: Router,
    heard: Arc<Mutex<Vec<Heard>>>,
}

impl World {
    pub(crate) async fn start() -> Self {
        Self::with(json!({}), "").await
    }

    /// A world with limits and a NATS configuration of its own.
    pub(crate) async fn with(limits: Value, config: &str) -> Self {
        let issuer = DemoIssuer::generate(ISSUER);
        let keys = json!({"jwks": issuer.jwks()});
        Self::trusting(issuer, keys, limits, config).await
    }

    /// A world whose issuer's keys come from elsewhere.
    pub(crate) async fn with_keys_at(url: &str, issuer: DemoIssuer) -> Self {
        Self::trusting(issuer, json!({"jwks_url": url}), json!({}), "").await
    }

    /// A world whose issuer's machines count with [`SCOPE`].
    pub(crate) async fn with_machines() -> Self {
        let issuer = DemoIssuer::generate(ISSUER);
        let keys = json!({"jwks": issuer.jwks(), "scopes": [SCOPE]});
        Self::trusting(issuer, keys, json!({}), "").await
    }

    /// A world with settings of its own for the gateway.
    pub(crate) async fn with_settings(settings: Value) -> Self {
        let issuer = DemoIssuer::generate(ISSUER);
        let keys = json!({"jwks": issuer.jwks()});
        Self::set_up(issuer, keys, settings, "").await
    }

    async fn trusting(issuer: DemoIssuer, keys: Value, limits: Value, config: &str) -> Self {
        Self::set_up(issuer, keys, json!({"limits": limits}), config).await
    }

    async fn set_up(issuer: DemoIssuer, keys: Value, mut settings: Value, config: &str) -> Self {
        let nats = temporary::nats_with(|settings| settings.more = config.to_owned())
            .await
            .expect("nats-server starts: set SAMVIRKE_NATS_SERVER");
        let client = async_nats::connect(nats.url()).await.unwrap();
        let mut trusted = json!({"issuer": ISSUER, "audience": AUDIENCE});
        trusted.as_object_mut().unwrap().extend(keys.as_object().unwrap().clone());
        settings["issuers"] = json!([trusted]);
        let settings: Settings = serde_json::from_value(settings).unwrap();
        // Lives as long as the process: whoever counts on it holds no lifetime.
        let recorder = &*Box::leak(Box::new(PrometheusBuilder::new().build_recorder()));
        let signer = MessageSigner::new(&SECRET);
        Log::set_up(client.clone(), "networks", 1).await.unwrap();
        let metrics = recorder.handle();
        let gateway = Gateway::new(&settings, client.clone(), 1, signer, metrics).await;
        let gateway = gateway.unwrap();
        let router = router(gateway.clone());
        Self { nats, client, issuer, gateway, recorder, router, heard: Arc::default() }
    }

    /// Answers everything that is asked on `subject` with `answer`, and remembers it.
    pub(crate) async fn serve(&self, subject: &str, answer: Value) {
        let mut asked = self.client.subscribe(subject.to_owned()).await.unwrap();
        self.client.flush().await.unwrap();
        let (client, heard) = (self.client.clone(), Arc::clone(&self.heard));
        tokio::spawn(async move {
            let gateway = MessageSigner::new(&SECRET).verifier();
            while let Some(question) = asked.next().await {
                let signature =
                    question.headers.as_ref().and_then(|headers| headers.get(SIGNATURE));
                let signature = signature.map(|value| value.as_str());
                heard.lock().unwrap().push(Heard {
                    subject: question.subject.to_string(),
                    message: serde_json::from_slice(&question.payload).unwrap(),
                    trusted: gateway.check(&question.payload, signature).is_ok(),
                });
                // A string stands for a reply that is not JSON; null for a service that keeps
                // silent.
                if answer.is_null() {
                    continue;
                }
                let payload = answer.as_str().map_or_else(|| answer.to_string(), str::to_owned);
                client.publish(question.reply.unwrap(), payload.into()).await.unwrap();
            }
        });
    }

    /// Everything that an answer needs is there.
    pub(crate) async fn is_complete(&self) {
        self.is_complete_but(json!({})).await;
    }

    /// Everything is there, and one read model stands otherwise than it should.
    pub(crate) async fn is_complete_but(&self, standing: Value) {
        for context in ["cases", "contacts", "meetings", "subscriptions"] {
            Log::set_up(self.client.clone(), context, 1).await.unwrap();
        }
        let mut model =
            json!({"name": "case_file", "stream": "CASES", "sequence": 0, "halted": false});
        model.as_object_mut().unwrap().extend(standing.as_object().unwrap().clone());
        let standing = json!({"Ok": {"database": true, "read_models": [model]}});
        self.serve("qry.readmodels.read-models-standing", standing).await;
    }

    /// What the gateway serves, for requests of one's own.
    pub(crate) fn router(&self) -> Router {
        self.router.clone()
    }

    /// Waits until the client is connected, or is not any more.
    pub(crate) async fn connection(&self, wanted: State) {
        let change = async {
            while self.client.connection_state() != wanted {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(NOTICE_MAX, change).await.expect("the client notices in time");
    }

    /// What the services have got so far.
    pub(crate) fn heard(&self) -> Vec<Heard> {
        self.heard.lock().unwrap().clone()
    }

    /// A token of the secretariat of Vestregionen.
    pub(crate) fn secretariat(&self) -> String {
        self.token(&["vestregionen:secretariat"])
    }

    pub(crate) fn token(&self, roles: &[&str]) -> String {
        let claims = Claims {
            sub: Some("office-4".into()),
            samvirke_roles: roles.iter().map(|&role| role.to_owned()).collect(),
            ..Claims::default()
        };
        self.issuer.mint(&TokenRequest::new(claims, Utc::now(), TimeDelta::minutes(5)))
    }

    /// Sends a request to the host that it names, or to this one.
    pub(crate) async fn send(&self, mut request: Request<Body>) -> Answer {
        let headers = request.headers_mut();
        headers.entry("host").or_insert(HeaderValue::from_static("samvirke.example"));
        self.send_as_it_is(request).await
    }

    pub(crate) async fn send_as_it_is(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
        Answer { status: parts.status, headers: parts.headers, body }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(Request::get(path).body(Body::empty()).unwrap()).await
    }

    /// A command by the secretariat, with headers of its own.
    pub(crate) async fn post(&self, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let request = self.command(path);
        let request =
            headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        self.send(request.body(body.to_owned().into()).unwrap()).await
    }

    pub(crate) fn command(&self, path: &str) -> Builder {
        Request::post(path)
            .header("content-type", "application/json")
            .header("authorization", format!("Bearer {}", self.secretariat()))
    }
}

/// What `/readyz` answers, as far as it is looked at.
#[derive(serde::Deserialize)]
struct Readiness<'a> {
    #[serde(borrow)]
    checks: Vec<Check<'a>>,
}

#[derive(serde::Deserialize)]
struct Check<'a> {
    what: &'a str,
    state: &'a str,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: axum::http::HeaderMap,
    pub(crate) body: Bytes,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    /// What `/readyz` told, each thing with its state.
    pub(crate) fn checks(&self) -> Vec<(&str, &str)> {
        let told: Readiness<'_> = serde_json::from_slice(&self.body).unwrap();
        told.checks.iter().map(|check| (check.what, check.state)).collect()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// Checks that this is a problem, whole and well formed, and gives it back.
    #[track_caller]
    pub(crate) fn problem(&self, status: u16, code: &str) -> Value {
        let problem = self.json();
        assert_eq!(self.status.as_u16(), status, "{problem}");
        assert_eq!(self.header("content-type"), "application/problem+json");
        assert_eq!(problem["type"], format!("urn:samvirke:problem:{code}"));
        assert_eq!(problem["status"], status);
        assert_eq!(problem["instance"], self.header("x-request-id"));
        assert!(!problem["title"].as_str().unwrap().is_empty());
        assert!(problem["detail"].as_str().unwrap().ends_with('.'));
        problem
    }
}

/// The answer of a service that carried a command out.
pub(crate) fn accepted() -> Value {
    json!({"Ok": {
        "id": "vestregionen:vestregionen",
        "version": 3,
        "position": "NETWORKS:17",
        "events": [{"paused": {"reason": "Fram til valget."}}],
        "repeated": false,
    }})
}
