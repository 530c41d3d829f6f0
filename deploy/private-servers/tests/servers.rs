//! The servers as they really are: ready when they say so, gone when they are dropped.

use std::{path::Path, time::Duration};

use async_nats::jetstream::{self, stream};
use samvirke_private_servers::{PostgresServer, PostgresSettings, programs, temporary};

/// How long a cluster may take to choose a leader.
const LEADER_WITHIN: Duration = Duration::from_secs(20);

#[tokio::test]
async fn a_nats_server_keeps_what_it_acknowledged_when_it_is_killed() {
    let mut server = temporary::nats().await.unwrap();
    let url = server.url();
    let context = jetstream::new(async_nats::connect(&url).await.unwrap());
    let config =
        stream::Config { name: "S".into(), subjects: vec!["s.>".into()], ..Default::default() };
    context.create_stream(config).await.unwrap();
    for _ in 0..20 {
        context.publish("s.a", "x".into()).await.unwrap().await.unwrap();
    }
    let first = server.pid();
    server.kill().await;
    server.start_again().await.unwrap();
    assert_ne!(server.pid(), first);
    let context = jetstream::new(async_nats::connect(&url).await.unwrap());
    let messages = context.get_stream("S").await.unwrap().cached_info().state.messages;
    assert_eq!(messages, 20);
}

#[tokio::test]
async fn a_password_is_asked_for_where_one_is_set() {
    let server = temporary::nats_with(|settings| {
        settings.password = Some(samvirke_private_servers::Secret::generate());
    })
    .await
    .unwrap();
    let password = server.password().unwrap().expose().to_owned();
    let options = async_nats::ConnectOptions::with_user_and_password("samvirke".into(), password);
    options.connect(server.url()).await.unwrap();
    assert!(async_nats::connect(server.url()).await.is_err());
}

#[tokio::test]
async fn a_cluster_of_three_stores_with_three_replicas() {
    let cluster = temporary::nats_cluster(3).await.unwrap();
    let servers: Vec<String> = cluster.urls().split(',').map(str::to_owned).collect();
    let context = jetstream::new(async_nats::connect(servers).await.unwrap());
    let config = stream::Config {
        name: "S".into(),
        subjects: vec!["s.>".into()],
        num_replicas: 3,
        ..Default::default()
    };
    context.create_stream(config).await.unwrap();
    context.publish("s.a", "x".into()).await.unwrap().await.unwrap();
    cluster.nodes[2].kill().await;
    // If it was the leader, the other two must choose another before anybody answers.
    let stored = async {
        while async { context.publish("s.a", "x".into()).await?.await }.await.is_err() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(LEADER_WITHIN, stored).await.expect("two of three go on");
}

#[tokio::test]
async fn a_server_that_is_dropped_is_gone() {
    let server = temporary::nats().await.unwrap();
    let (pid, directory) = (server.pid(), server.directory().to_owned());
    drop(server);
    assert!(!Path::new(&format!("/proc/{pid}")).exists());
    assert!(!directory.exists());
}

#[tokio::test]
async fn postgres_searches_in_norwegian_and_survives_being_killed() {
    let mut server = temporary::postgres(true).await.unwrap();
    let url = server.database("samvirke").await.unwrap();
    assert_eq!(server.database("samvirke").await.unwrap(), url, "made once");
    let pool = sqlx::PgPool::connect(url.expose()).await.unwrap();
    sqlx::query("CREATE TABLE t (v text)").execute(&pool).await.unwrap();
    sqlx::query("INSERT INTO t VALUES ('ÅRSMØTET')").execute(&pool).await.unwrap();
    pool.close().await;
    server.kill().await;
    server.start_again().await.unwrap();
    let pool = sqlx::PgPool::connect(url.expose()).await.unwrap();
    let found: bool = sqlx::query_scalar(
        "SELECT to_tsvector('norwegian', v) @@ to_tsquery('norwegian', 'årsmøter') AND lower(v) = 'årsmøtet' FROM t",
    )
    .fetch_one(&pool)
    .await
    .unwrap();
    assert!(found);
}

#[tokio::test]
async fn what_a_killed_run_left_behind_is_stopped_first() {
    let directory = tempfile::Builder::new().prefix("samvirke-test-").tempdir().unwrap();
    let open = std::os::unix::fs::PermissionsExt::from_mode(0o711);
    std::fs::set_permissions(directory.path(), open).unwrap();
    let settings =
        PostgresSettings::new(programs::postgres().unwrap(), directory.path().join("postgres"));
    let first = PostgresServer::start(settings.clone()).await.unwrap();
    let second = PostgresServer::start(settings).await.unwrap();
    assert_ne!(first.pid(), second.pid());
    first.ended().await;
    drop(second);
}

#[tokio::test]
async fn postgres_comes_back_though_a_process_of_the_killed_one_lingers() {
    let mut server = temporary::postgres(true).await.unwrap();
    let (pid, log) = (server.pid().to_string(), server.log());
    let children = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap();
    let child = children.split_whitespace().next().unwrap();
    send("-STOP", child);
    send("-KILL", &pid);
    server.ended().await;
    let let_go = async {
        let mut look = tokio::time::interval(std::time::Duration::from_millis(5));
        while !std::fs::read_to_string(&log).unwrap().contains("is still in use") {
            look.tick().await;
        }
        send("-CONT", child);
    };
    let (started, ()) = tokio::join!(server.start_again(), let_go);
    started.unwrap();
    assert_ne!(server.pid().to_string(), pid);
}

fn send(signal: &str, pid: &str) {
    let sent = std::process::Command::new("kill").args([signal, pid]).status();
    assert!(sent.expect("there is a kill").success());
}

#[tokio::test]
async fn a_database_whose_password_is_lost_is_not_given_another() {
    let server = temporary::postgres(false).await.unwrap();
    let directory = server.directory().join("postgres");
    server.stop().await;
    let password = directory.join("password");
    std::fs::remove_file(&password).unwrap();
    let settings = PostgresSettings::new(programs::postgres().unwrap(), &directory);
    let error = PostgresServer::start(settings).await.unwrap_err().to_string();
    assert!(error.contains(&*password.to_string_lossy()), "{error}");
    assert!(!password.exists());
}
