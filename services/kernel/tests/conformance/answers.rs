//! Answers of queries that one message cannot hold.

use metrics_exporter_prometheus::PrometheusBuilder;
use samvirke_kernel::{
    answer::{ANSWER_BYTES_MAX, AskError, ask},
    clock,
    service::{Host, ServeError},
    signature::MessageSigner,
};
use samvirke_private_servers::{
    NatsServer,
    temporary::{self, Temporary},
};
use samvirke_schemas::{
    message::{QueryMessage, SIGNATURE},
    principal::Principal,
    reply::Refused,
};
use serde_json::{Value, json};
use tokio::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;

/// A service that is asked, and its server.
struct TestService {
    _nats: Temporary<NatsServer>,
    client: async_nats::Client,
    signer: MessageSigner,
    shutdown: CancellationToken,
    serving: tokio::task::JoinHandle<Result<(), ServeError>>,
}

impl TestService {
    async fn serving<F>(handle: impl Fn(QueryMessage) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<Value, Refused>> + Send + 'static,
    {
        let nats = temporary::nats().await.unwrap();
        let client = async_nats::connect(nats.url()).await.unwrap();
        let (signer, shutdown) = (MessageSigner::new(&[7; 32]), CancellationToken::new());
        let host = Host::new(client.clone(), 1, signer.verifier(), shutdown.clone());
        let serving = tokio::spawn(async move { host.serve_queries("test", handle).await });
        Self { _nats: nats, client, signer, shutdown, serving }
    }

    async fn ask(&self, parameters: Value) -> Result<Value, Refused> {
        let Value::Object(parameters) = parameters else { unreachable!() };
        let message = QueryMessage {
            name: "text".into(),
            cooperation: None,
            parameters,
            principal: Principal::public(),
            person: None,
            after: Vec::new(),
            traceparent: None,
            deadline: clock::now() + chrono::TimeDelta::seconds(60),
        };
        let payload = serde_json::to_vec(&message).unwrap();
        let mut headers = async_nats::HeaderMap::new();
        headers.insert(SIGNATURE, self.signer.sign(&payload));
        loop {
            let (subject, headers) = ("qry.test.text".to_owned(), headers.clone());
            let until = Instant::now() + Duration::from_secs(60);
            match ask(&self.client, subject, headers, payload.clone().into(), until).await {
                // The service is starting.
                Err(AskError::NoResponders { .. }) => tokio::task::yield_now().await,
                answered => return serde_json::from_slice(&answered.unwrap()).unwrap(),
            }
        }
    }

    async fn stop(self) {
        self.shutdown.cancel();
        self.serving.await.unwrap().unwrap();
    }
}

/// Asks a service for an answer with a text of so many bytes; says also how long that took.
async fn answer_of(bytes: usize) -> (Result<Value, Refused>, Duration) {
    let service = TestService::serving(|message: QueryMessage| async move {
        let bytes = message.parameters["bytes"].as_u64().unwrap_or_default();
        Ok(json!({"text": "x".repeat(usize::try_from(bytes).unwrap_or_default())}))
    })
    .await;
    let asked = Instant::now();
    let answer = service.ask(json!({"bytes": bytes})).await;
    let took = asked.elapsed();
    service.stop().await;
    (answer, took)
}

#[tokio::test]
async fn a_request_that_makes_a_service_panic_is_answered_and_takes_no_other_with_it() {
    let recorder = PrometheusBuilder::new().build_recorder();
    let metrics = recorder.handle();
    let _counting = metrics::set_default_local_recorder(&recorder);
    let service = TestService::serving(|message: QueryMessage| async move {
        assert!(message.parameters["fine"].as_bool().unwrap(), "a bad day");
        Ok(json!("fine"))
    })
    .await;
    for _ in 0..2 {
        let answer = service.ask(json!({"fine": false})).await;
        let Err(Refused::Broken { detail }) = answer else { panic!("{answer:?}") };
        assert!(detail.contains("a bad day"), "{detail}");
        assert_eq!(service.ask(json!({"fine": true})).await, Ok(json!("fine")));
    }
    let counted = "samvirke_requests_panicked{service=\"test\"} 2";
    assert!(metrics.render().contains(counted), "{}", metrics.render());
    service.stop().await;
}

#[tokio::test]
async fn a_refusal_repeats_no_more_than_an_excerpt_of_what_was_sent() {
    let service = TestService::serving(|message: QueryMessage| async move {
        let text = message.parameters["text"].to_string();
        Err(Refused::invalid(text.clone(), text.clone(), text))
    })
    .await;
    let answer = service.ask(json!({"text": "x".repeat(530_000)})).await;
    let Err(Refused::Invalid { field, detail, detail_nb }) = answer else { panic!("{answer:?}") };
    for text in [field, detail, detail_nb] {
        assert!(text.ends_with("… (530002 characters)") && text.len() < 2_100, "{}", text.len());
    }
    service.stop().await;
}

#[tokio::test]
async fn an_answer_larger_than_a_message_comes_whole() {
    for bytes in [1, 1_048_576, 5_000_000] {
        let (answer, _) = answer_of(bytes).await;
        assert_eq!(answer.unwrap()["text"].as_str().unwrap().len(), bytes);
    }
}

#[tokio::test]
async fn an_answer_beyond_the_limit_is_a_refusal_that_names_it_and_no_time_out() {
    let (answer, took) = answer_of(ANSWER_BYTES_MAX).await;
    let Err(Refused::Rejected { code, detail, .. }) = answer else { panic!("{answer:?}") };
    assert_eq!(code, "answer-too-large");
    assert!(detail.contains(&ANSWER_BYTES_MAX.to_string()), "{detail}");
    assert!(took < Duration::from_secs(30), "{took:?}");
}
