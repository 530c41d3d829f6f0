//! Accounts on a running nats-server: given and taken without a restart, and without a word to others.
#![expect(clippy::unwrap_used, reason = "a broken test should panic")]

use std::{fs, time::Duration};

use async_nats::{
    Client, ConnectOptions,
    jetstream::{self, stream},
};
use futures::StreamExt;
use nkeys::KeyPair;
use samvirke_private_servers::{
    Accounts, NatsServer, Secret,
    accounts::{FILE, Guest, Login},
    nats::{USER, take_accounts},
    temporary::{self, Temporary},
};

const PASSWORD: &str = "hemmelig";
/// Far more than an answer on the same machine takes.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);

fn accounts(guests: Vec<Guest>) -> Accounts {
    let owner = Login::Password { user: USER.into(), password: Secret::new(PASSWORD) };
    Accounts { owner, guests }
}

fn guest(name: &str, pair: &KeyPair) -> Guest {
    Guest {
        name: name.into(),
        key: pair.public_key(),
        streams: vec!["told.>".into()],
        services: vec![format!("asked.{name}")],
    }
}

async fn server() -> Temporary<NatsServer> {
    temporary::nats_with(|settings| settings.accounts = Some(accounts(Vec::new()))).await.unwrap()
}

async fn owner(server: &NatsServer) -> Client {
    let options = ConnectOptions::with_user_and_password(USER.into(), PASSWORD.into());
    options.connect(server.url()).await.unwrap()
}

async fn connect(server: &NatsServer, pair: &KeyPair) -> Client {
    ConnectOptions::with_nkey(pair.seed().unwrap()).connect(server.url()).await.unwrap()
}

/// Answers whoever asks on `asked.>`.
async fn answer(owner: &Client) {
    let (client, mut asked) = (owner.clone(), owner.subscribe("asked.>").await.unwrap());
    owner.flush().await.unwrap();
    tokio::spawn(async move {
        while let Some(message) = asked.next().await {
            client
                .publish(message.reply.unwrap(), message.subject.to_string().into())
                .await
                .unwrap();
        }
    });
}

#[tokio::test]
async fn a_guest_that_is_new_hears_and_asks_at_once_and_others_notice_nothing() {
    let server = server().await;
    let owner = owner(&server).await;
    answer(&owner).await;
    let (first, second) = (KeyPair::new_user(), KeyPair::new_user());
    let directory = server.directory().join("nats");
    let one = accounts(vec![guest("one", &first)]);
    assert!(take_accounts(&directory, &one).await.unwrap());
    let guest_one = connect(&server, &first).await;
    let mut told = guest_one.subscribe("told.>").await.unwrap();
    guest_one.flush().await.unwrap();

    let both = accounts(vec![guest("one", &first), guest("two", &second)]);
    assert!(take_accounts(&directory, &both).await.unwrap());
    for (name, client) in [("one", &guest_one), ("two", &connect(&server, &second).await)] {
        let asked = client.request(format!("asked.{name}"), "".into());
        let answered = tokio::time::timeout(ANSWER_WITHIN, asked).await.unwrap().unwrap();
        assert_eq!(answered.payload, format!("asked.{name}"));
    }
    owner.publish("told.a", "x".into()).await.unwrap();
    assert_eq!(told.next().await.unwrap().payload, "x");
    for client in [&owner, &guest_one] {
        let connected = client.statistics().connects.load(std::sync::atomic::Ordering::Relaxed);
        assert_eq!(connected, 1, "the connection was not dropped");
    }
}

#[tokio::test]
async fn accounts_that_the_server_refuses_leave_those_it_has() {
    let server = server().await;
    let directory = server.directory().join("nats");
    let pair = KeyPair::new_user();
    let good = accounts(vec![guest("one", &pair)]);
    take_accounts(&directory, &good).await.unwrap();
    let broken = Guest { key: "no key".into(), ..guest("two", &pair) };
    let error = take_accounts(&directory, &accounts(vec![broken])).await.unwrap_err();
    assert!(error.to_string().contains("nkey"), "{error}");
    assert_eq!(fs::read_to_string(directory.join(FILE)).unwrap(), good.to_string());
    connect(&server, &pair).await;
}

#[tokio::test]
async fn a_server_that_was_started_without_accounts_takes_none() {
    let server = temporary::nats().await.unwrap();
    let directory = server.directory().join("nats");
    let error = take_accounts(&directory, &accounts(Vec::new())).await.unwrap_err();
    assert!(error.to_string().contains("without accounts"), "{error}");
    async_nats::connect(server.url()).await.unwrap();
    server.stop().await;
    assert!(!take_accounts(&directory, &accounts(Vec::new())).await.unwrap());
    assert!(!directory.join(FILE).exists());
}

#[tokio::test]
async fn what_was_stored_without_accounts_is_the_owners_afterwards() {
    let program = samvirke_private_servers::programs::nats_server().unwrap();
    let dir = tempfile::tempdir().unwrap();
    let mut settings =
        samvirke_private_servers::NatsSettings::new(program, dir.path().join("nats"));
    let before = NatsServer::start(settings.clone()).await.unwrap();
    let context = jetstream::new(async_nats::connect(before.url()).await.unwrap());
    let config =
        stream::Config { name: "S".into(), subjects: vec!["s.>".into()], ..Default::default() };
    let created = context.create_stream(config).await.unwrap().cached_info().created;
    context.publish("s.a", "x".into()).await.unwrap().await.unwrap();
    before.stop().await;

    settings.accounts = Some(accounts(Vec::new()));
    let after = NatsServer::start(settings.clone()).await.unwrap();
    let context = jetstream::new(owner(&after).await);
    let found = context.get_stream("S").await.unwrap().cached_info().clone();
    assert_eq!((found.state.messages, found.created), (1, created), "the same stream");

    after.stop().await;
    fs::create_dir_all(dir.path().join("nats/store/jetstream/$G")).unwrap();
    let error = NatsServer::start(settings).await.unwrap_err();
    assert!(error.to_string().contains("with and without accounts"), "{error}");
}
