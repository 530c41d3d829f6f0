//! Copies of whole streams, and putting them back on a machine with much else to do.

use std::{
    cell::Cell,
    time::{Duration, Instant},
};

use async_nats::{Client, jetstream};
use bytes::Bytes;
use samvirke_kernel::stream_copy::{self, CopyError, Description};
use samvirke_private_servers::temporary;

/// For how long nothing comes until nats-server has broken a restore off.
const STALL: Duration = Duration::from_secs(8);
const MESSAGES: u64 = 20;

/// Takes a copy of a stream, and deletes the stream.
async fn copied(client: &Client) -> (Description, Vec<Bytes>) {
    let js = jetstream::new(client.clone());
    js.create_stream(jetstream::stream::Config {
        name: "CASES".into(),
        subjects: vec!["es.cases.>".into()],
        ..jetstream::stream::Config::default()
    })
    .await
    .unwrap();
    for number in 0..MESSAGES {
        let payload: Vec<u8> = (0..30_000).map(|_| rand::random()).collect();
        let subject = format!("es.cases.prove.case.{number}");
        js.publish(subject, payload.into()).await.unwrap().await.unwrap();
    }
    let mut pieces = Vec::new();
    let description = stream_copy::take(client, "CASES", async |piece| {
        pieces.push(piece);
        Ok(())
    });
    let description = description.await.unwrap();
    assert!(pieces.len() > 3, "{}", pieces.len());
    js.delete_stream("CASES").await.unwrap();
    (description, pieces)
}

/// Puts a copy back; the third piece of the first `attempts` is changed by `spoil`.
async fn put_back(
    client: &Client,
    (description, pieces): &(Description, Vec<Bytes>),
    attempts: u32,
    spoil: impl AsyncFn(Bytes) -> Bytes,
) -> (u32, Result<u64, CopyError>) {
    let opened = Cell::new(0);
    let open = || {
        opened.set(opened.get() + 1);
        let (mut left, attempt) = (pieces.iter().cloned().enumerate(), opened.get());
        let spoil = &spoil;
        Ok(async move || {
            Ok(match left.next() {
                Some((2, piece)) if attempt <= attempts => spoil(piece).await,
                Some((_, piece)) => piece,
                None => Bytes::new(),
            })
        })
    };
    let put = stream_copy::put(client, "CASES", description, open).await;
    (opened.get(), put.map(|holding| holding.messages))
}

#[tokio::test]
async fn a_restore_that_the_server_breaks_off_is_begun_anew_and_has_all() {
    let server = temporary::nats().await.unwrap();
    let client = async_nats::connect(server.url()).await.unwrap();
    let copy = copied(&client).await;
    let stalls = async |piece: Bytes| {
        let begun = Instant::now();
        while begun.elapsed() < STALL {
            client.flush().await.unwrap();
        }
        piece
    };
    let (opened, put) = put_back(&client, &copy, 1, stalls).await;
    assert_eq!((opened, put.unwrap()), (2, MESSAGES));
    // What is there is never written over.
    let (opened, put) = put_back(&client, &copy, 0, async |piece| piece).await;
    assert_eq!(opened, 0);
    assert!(put.unwrap_err().to_string().contains("already"));
    assert_eq!(stream_copy::holdings(&client).await.unwrap()[0].messages, MESSAGES);
}

#[tokio::test]
async fn a_copy_that_is_none_is_given_up_after_some_attempts_and_leaves_nothing() {
    let server = temporary::nats().await.unwrap();
    let client = async_nats::connect(server.url()).await.unwrap();
    let copy = copied(&client).await;
    let garbage = async |piece: Bytes| Bytes::from(vec![7; piece.len()]);
    let (opened, put) = put_back(&client, &copy, u32::MAX, garbage).await;
    assert_eq!(opened, stream_copy::ATTEMPTS.max);
    assert!(matches!(put, Err(CopyError::Refused { .. })), "{put:?}");
    assert_eq!(stream_copy::holdings(&client).await.unwrap(), []);
}
