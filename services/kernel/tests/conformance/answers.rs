//! Answers of queries that one message cannot hold.

use samvirke_kernel::{
    answer::{ANSWER_BYTES_MAX, AskError, ask},
    clock,
    service::serve_queries,
    signature::MessageSigner,
};
use samvirke_private_servers::temporary;
use samvirke_schemas::{
    message::{QueryMessage, SIGNATURE},
    principal::Principal,
    reply::Refused,
};
use serde_json::{Value, json};
use tokio::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;

/// Asks a service for an answer with a text of so many bytes; says also how long that took.
async fn answer_of(bytes: usize) -> (Result<Value, Refused>, Duration) {
    let nats = temporary::nats().await.unwrap();
    let client = async_nats::connect(nats.url()).await.unwrap();
    let (signer, shutdown) = (MessageSigner::new(&[7; 32]), CancellationToken::new());
    let serving = serve_queries(
        client.clone(),
        "test",
        signer.verifier(),
        shutdown.clone(),
        |message: QueryMessage| async move {
            let bytes = message.parameters["bytes"].as_u64().unwrap_or_default();
            Ok(json!({"text": "x".repeat(usize::try_from(bytes).unwrap_or_default())}))
        },
    );
    let serving = tokio::spawn(serving);
    let Value::Object(parameters) = json!({"bytes": bytes}) else { unreachable!() };
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
    headers.insert(SIGNATURE, signer.sign(&payload));
    let answered = loop {
        let (subject, headers) = ("qry.test.text".to_owned(), headers.clone());
        let asked = Instant::now();
        let until = asked + Duration::from_secs(60);
        match ask(&client, subject, headers, payload.clone().into(), until).await {
            // The service is starting.
            Err(AskError::NoResponders { .. }) => tokio::task::yield_now().await,
            answered => break (answered.unwrap(), asked.elapsed()),
        }
    };
    shutdown.cancel();
    serving.await.unwrap().unwrap();
    (serde_json::from_slice(&answered.0).unwrap(), answered.1)
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
