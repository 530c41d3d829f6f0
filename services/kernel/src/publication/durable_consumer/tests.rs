//! A consumer whose server goes away.

use samvirke_private_servers::temporary;

use super::*;

#[tokio::test]
async fn a_request_that_was_lost_with_its_server_is_not_waited_for_for_ever() {
    let server = temporary::nats().await.unwrap();
    let client = async_nats::connect(server.url()).await.unwrap();
    let publication = Publication::make(client, "TOLD", "told.>", 1).await.unwrap();
    let consumer = publication.create_consumer("reader", &["told.>".to_owned()], 0).await.unwrap();
    assert!(consumer.now().await.unwrap().is_none());
    server.kill().await;
    let asked = tokio::time::timeout(2 * ANSWER_TIMEOUT, consumer.now()).await;
    assert!(asked.expect("it gives up").is_err());
}
