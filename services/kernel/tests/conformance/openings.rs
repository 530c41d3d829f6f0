//! What a service opens at its start, while nats-server is away or refuses it.

use std::time::Duration;

use samvirke_kernel::{
    log::Log,
    parking::Parking,
    permissions,
    service::Host,
    signature::MessageSigner,
    snapshot,
    stream::{StreamError, kinds},
};
use samvirke_private_servers::temporary;
use samvirke_schemas::standing::TaskState;
use tokio_util::sync::CancellationToken;

/// How long a wait may take to be reported: the client gives up a question after ten seconds.
const REPORTED_WITHIN: Duration = Duration::from_secs(60);

fn host(client: async_nats::Client, shutdown: &CancellationToken) -> Host {
    Host::new(client, 1, MessageSigner::new(&[7; 32]).verifier(), shutdown.clone())
}

/// Waits until it is reported that a service waits for a stream.
async fn until_a_wait_is_reported(host: &Host, stream: &str) {
    let supervisor = host.supervisor("test");
    let reported = async {
        loop {
            let waits = supervisor.tasks().of_process.into_iter().any(|task| {
                task.state == TaskState::Restarting
                    && task.reason.is_some_and(|reason| reason.contains(stream))
            });
            if waits {
                break;
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(REPORTED_WITHIN, reported).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_service_that_starts_while_nats_server_is_away_opens_its_streams_when_it_is_back() {
    let mut server = temporary::nats().await.unwrap();
    let client = async_nats::connect(server.url()).await.unwrap();
    Log::set_up(client.clone(), "networks", 1).await.unwrap();
    Log::set_up(client.clone(), "cases", 1).await.unwrap();
    Parking::make(client.clone(), 1).await.unwrap();
    let shutdown = CancellationToken::new();
    let host = host(client, &shutdown);
    // Its log is open, and what comes next is the stream of snapshots.
    host.log("cases").await.unwrap();
    server.kill().await;
    let starting =
        async { tokio::join!(host.own_log("cases"), host.parking(), host.log("networks")) };
    let back = async {
        for stream in [snapshot::SNAPSHOT_STREAM, "PARKED", "NETWORKS"] {
            until_a_wait_is_reported(&host, stream).await;
        }
        server.start_again().await.unwrap();
    };
    let ((own, parking, other), ()) = tokio::join!(starting, back);
    own.unwrap();
    assert!(parking.unwrap().all(None).await.unwrap().is_empty());
    other.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_service_that_waits_for_nats_server_ends_when_it_is_told_to() {
    let server = temporary::nats().await.unwrap();
    let client = async_nats::connect(server.url()).await.unwrap();
    let shutdown = CancellationToken::new();
    let host = host(client, &shutdown);
    server.kill().await;
    let told = async {
        until_a_wait_is_reported(&host, "PARKED").await;
        shutdown.cancel();
    };
    let (parking, ()) = tokio::join!(host.parking(), told);
    assert!(matches!(parking, Err(StreamError::Unreachable { .. })), "{parking:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_that_may_not_be_asked_for_or_has_other_settings_is_not_waited_for() {
    let server = temporary::nats_with(|settings| {
        settings.more = r#"authorization { users: [
            { user: all, password: secret }
            { user: some, password: secret,
              permissions: { publish: { deny: "$JS.API.STREAM.INFO.PARKED" } } }
        ] }"#
            .into();
    })
    .await
    .unwrap();
    let connected = async |user: &str| {
        let options =
            async_nats::ConnectOptions::with_user_and_password(user.into(), "secret".into());
        options.event_callback(permissions::note).connect(server.url()).await.unwrap()
    };
    let all = connected("all").await;
    Parking::make(all.clone(), 1).await.unwrap();
    let other = async_nats::jetstream::stream::Config {
        max_messages: 7,
        ..kinds::event_stream("cases", 1)
    };
    async_nats::jetstream::new(all).create_stream(other).await.unwrap();

    let host = host(connected("some").await, &CancellationToken::new());
    let refused = host.parking().await.unwrap_err();
    let StreamError::NotPermitted { stream, subject } = refused else { panic!("{refused:?}") };
    assert_eq!((stream.as_str(), subject.as_str()), ("PARKED", "$JS.API.STREAM.INFO.PARKED"));
    let unsuitable = host.log("cases").await.unwrap_err();
    assert!(matches!(unsuitable, StreamError::OtherSettings { .. }), "{unsuitable:?}");
}
