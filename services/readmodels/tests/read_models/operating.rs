//! What operators rely on: each commit once, parked and taken again, rebuilt alike.

use cqrs_es::{EventStore, persist::PersistedEventStore};
use postgres_es::PostgresEventRepository;
use samvirke_kernel::{envelope::Recorded, lag::BEHIND_AFTER};
use samvirke_networks::cooperation::Cooperation;
use samvirke_readmodels::operate::{Operator, Retried};
use samvirke_schemas::{cases::case, principal::Role, standing::TaskState};
use serde_json::{Value, json, value::to_raw_value};
use sqlx::{Executor, PgPool};

use crate::{
    access::held,
    rig::{Rig, principal},
    samples::{founded, opened, tell},
};

async fn operator(rig: &Rig) -> Operator {
    Operator::connect(rig.client.clone(), 1, &rig.database_url()).await.unwrap()
}

/// Every row of the models that are folded from cases.
async fn rows(pool: &PgPool) -> Vec<(String, Value)> {
    let mut all = Vec::new();
    for table in ["cases", "case_relations", "decisions", "inbox", "follow_ups", "hearings"] {
        let statement =
            format!("SELECT '{table} ' || id, document FROM case_file_v5.{table} ORDER BY id");
        let found: Vec<(String, Value)> = sqlx::query_as(&statement).fetch_all(pool).await.unwrap();
        all.extend(found);
    }
    all
}

#[tokio::test]
async fn a_rebuilt_model_equals_the_live_one_and_goes_on() {
    let rig = Rig::new().await.unwrap();
    let pool = rig.pool().await;
    pool.execute("CREATE SCHEMA case_file_v0; CREATE SCHEMA case_file_v0_mine").await.unwrap();
    // Two instances from the start: fenced, so that each commit is taken once.
    rig.serve();
    rig.serve();
    let told = tell(&rig).await;
    let who = principal(Role::Auditor);
    let register = json!({"cooperation": "vestregionen"});
    for position in [&told.cases, &told.networks, &told.meetings] {
        rig.ask("case-register", register.clone(), &who, position).await.unwrap();
    }
    let operator = operator(&rig).await;
    each_commit_is_taken_once(&pool, &operator).await;
    cqrs_es_replays_from_postgresql_alone(&pool).await;
    earlier_versions_are_dropped(&pool).await;

    let before = rows(&pool).await;
    let mut progress = Vec::new();
    operator.rebuild("case_file", |told| progress.push(told)).await.unwrap();
    assert_eq!(progress.last().map(|told| told.done), progress.last().map(|told| told.total));
    assert_eq!(rows(&pool).await, before);

    // The live runners go on from the new checkpoint.
    let events = [opened("40/2017", "vestregionen:sg", "Ny sak", "Ny sak")];
    let after = rig.commit::<case::Event>("case", "vestregionen:40-2017", 1, &events).await;
    let found = rig
        .ask(
            "case-register",
            json!({"cooperation": "vestregionen", "number": "40/2017"}),
            &who,
            &after,
        )
        .await
        .unwrap();
    assert_eq!(found["items"][0]["id"], "vestregionen:40-2017");
    assert!(operator.rebuild("nothing", |_| ()).await.is_err());
}

#[tokio::test]
async fn a_line_or_an_entry_that_is_not_what_its_events_lead_to_is_found_by_comparing() {
    let rig = Rig::new().await.unwrap();
    let pool = rig.pool().await;
    rig.serve();
    let told = tell(&rig).await;
    let case = json!({"id": "vestregionen:24a-2017"});
    rig.ask("case", case, &principal(Role::Auditor), &told.cases).await.unwrap();
    let operator = operator(&rig).await;
    for (model, table, change) in [
        ("case_file", "case_file_v5.cases", "jsonb_set(document, '{entry,title}', '\"X\"')"),
        (
            "case_timeline",
            "case_timeline_v3.case_events",
            "jsonb_set(document::jsonb, '{entry,nb}', '\"X\"')::json",
        ),
    ] {
        let verified = operator.verify(model, |_| ()).await.unwrap();
        assert!(verified.is_right() && verified.rows > 0, "{verified:?}");
        let changed = format!(
            "UPDATE {table} SET document = {change} WHERE ctid =
                 (SELECT min(ctid) FROM {table} WHERE document::jsonb ? 'entry')"
        );
        assert_eq!(pool.execute(changed.as_str()).await.unwrap().rows_affected(), 1);
        let verified = operator.verify(model, |_| ()).await.unwrap();
        assert_eq!(verified.differences.len(), 1, "{verified:?}");
    }
}

async fn each_commit_is_taken_once(pool: &PgPool, operator: &Operator) {
    loop {
        let status = operator.status().await.unwrap();
        assert!(status.iter().all(|one| one.parked == 0 && one.halted.is_none()), "{status:?}");
        if status.iter().all(|one| one.lag == 0) {
            break;
        }
        tokio::task::yield_now().await;
    }
    let (events, distinct): (i64, i64) = sqlx::query_as(
        "SELECT count(*), count(DISTINCT (aggregate_type, aggregate_id, sequence))
         FROM audit_copy_v1.events",
    )
    .fetch_one(pool)
    .await
    .unwrap();
    // 7 of networks, 3 + 6 + 3 + 4 of cases, 7 of a meeting.
    assert_eq!((events, distinct), (32, 32));
}

async fn earlier_versions_are_dropped(pool: &PgPool) {
    loop {
        let left: Vec<String> = sqlx::query_scalar(
            "SELECT nspname::text FROM pg_namespace WHERE nspname LIKE 'case\\_file\\_v0%'",
        )
        .fetch_all(pool)
        .await
        .unwrap();
        if left == ["case_file_v0_mine"] {
            return;
        }
        tokio::task::yield_now().await;
    }
}

async fn cqrs_es_replays_from_postgresql_alone(pool: &PgPool) {
    let repository = PostgresEventRepository::new(pool.clone())
        .with_tables("audit_copy_v1.events", "audit_copy_v1.snapshots");
    let store = PersistedEventStore::<_, Cooperation>::new_event_store(repository);
    let replayed = store.load_aggregate("vestregionen:vestregionen").await.unwrap();
    assert_eq!(replayed.current_sequence, 4);
    assert!(matches!(replayed.aggregate, Cooperation::Active(_)), "{:?}", replayed.aggregate);
}

#[tokio::test]
async fn a_commit_at_fault_is_parked_and_its_neighbours_are_taken() {
    let rig = Rig::new().await.unwrap();
    let cooperation = "vestregionen:vestregionen";
    rig.commit::<samvirke_schemas::networks::cooperation::Event>(
        "cooperation",
        cooperation,
        1,
        &[founded()],
    )
    .await;
    let events = [opened("1/2017", "vestregionen:sg", "Sak", "Sak")];
    rig.commit::<case::Event>("case", "vestregionen:1-2017", 1, &events).await;
    let unknown = Recorded {
        id: rig.uuid(),
        tag: "from-the-future".into(),
        version: 1,
        data: to_raw_value(&json!({})).unwrap(),
    };
    rig.commit_recorded("case", "vestregionen:1-2017", 2, vec![unknown]).await;
    rig.commit::<case::Event>("case", "vestregionen:1-2017", 3, &[json!({"closed": {}})]).await;
    let events = [opened("2/2017", "vestregionen:sg", "Sak", "Sak")];
    let after = rig.commit::<case::Event>("case", "vestregionen:2-2017", 1, &events).await;
    rig.serve();
    let register = json!({"cooperation": "vestregionen"});
    let found =
        rig.ask("case-register", register, &principal(Role::Auditor), &after).await.unwrap();
    assert_eq!(found["items"].as_array().unwrap().len(), 2);

    // What comes after the one at fault waits for it: a row takes its commits without a gap.
    let operator = operator(&rig).await;
    let parked = operator.parked("case_file").await.unwrap();
    let parked: Vec<_> = parked.iter().map(|one| (one.sequence, one.reason.as_str())).collect();
    assert_eq!(parked.iter().map(|(at, _)| *at).collect::<Vec<_>>(), [2, 3]);
    assert!(parked[0].1.contains("from-the-future"), "{parked:?}");
    let retried = operator.retry("case_file").await.unwrap();
    assert_eq!(retried, Retried { taken: 0, still_parked: 2 });

    assert_eq!(late(&rig).await, ["vestregionen:1-2017"], "what is parked may restrict it");

    // Once the program knows the event, here by mending the bytes that were kept, both are taken.
    let pool = rig.pool().await;
    sqlx::query(
        "UPDATE case_file_v5.parked SET payload = convert_to(replace(replace(
             convert_from(payload, 'UTF8'), 'from-the-future', 'reopened'),
             '\"data\":{}', '\"data\":{\"reason\":\"Ny behandling\"}'), 'UTF8')
         WHERE sequence = 2",
    )
    .execute(&pool)
    .await
    .unwrap();
    sqlx::query(
        "UPDATE case_file_v5.parked later SET payload = convert_to(regexp_replace(
             convert_from(later.payload, 'UTF8'), '\"previous\":\"[0-9a-f]*\"',
             '\"previous\":\"' || encode(sha256(mended.payload), 'hex') || '\"'), 'UTF8')
         FROM case_file_v5.parked mended WHERE mended.sequence = 2 AND later.sequence = 3",
    )
    .execute(&pool)
    .await
    .unwrap();
    let retried = operator.retry("case_file").await.unwrap();
    assert_eq!(retried, Retried { taken: 2, still_parked: 0 });
    assert!(operator.parked("case_file").await.unwrap().is_empty());
    assert!(late(&rig).await.is_empty());
}

/// The cases of which a commit is parked.
async fn late(rig: &Rig) -> Vec<String> {
    sqlx::query_scalar("SELECT id FROM case_file_v5.cases WHERE late")
        .fetch_all(&rig.pool().await)
        .await
        .unwrap()
}

#[tokio::test]
async fn a_read_model_that_waits_for_a_lock_tells_so_and_goes_on_once_it_has_it() {
    let rig = Rig::new().await.unwrap();
    let opened = [opened("1/2017", "vestregionen:sg", "Sak", "Sak")];
    let there = rig.commit::<case::Event>("case", "vestregionen:1-2017", 1, &opened).await;
    rig.serve();
    let (one, auditor) = (json!({"id": "vestregionen:1-2017"}), principal(Role::Auditor));
    rig.ask("case", one.clone(), &auditor, &there).await.unwrap();
    let pool = rig.pool().await;
    let hold = held(&pool, "cases").await;
    let closed = [json!({"closed": {}})];
    let there = rig.commit::<case::Event>("case", "vestregionen:1-2017", 2, &closed).await;
    let state = async || {
        let tasks = rig.tasks().await.tasks;
        let task = tasks.into_iter().find(|one| one.task == "read model case_file on CASES");
        task.map(|task| (task.state, task.reason.unwrap_or_default()))
    };
    until(async || {
        state().await.is_some_and(|(state, why)| {
            state == TaskState::Restarting && why.contains("lock timeout")
        })
    })
    .await;
    hold.rollback().await.unwrap();
    rig.ask("case", one, &auditor, &there).await.unwrap();
    until(async || state().await.is_some_and(|(state, _)| state == TaskState::Running)).await;
}

#[tokio::test]
async fn a_read_model_that_does_not_take_what_came_ten_seconds_ago_tells_that_it_is_behind() {
    let rig = Rig::new().await.unwrap();
    let opened = [opened("1/2017", "vestregionen:sg", "Sak", "Sak")];
    let there = rig.commit::<case::Event>("case", "vestregionen:1-2017", 1, &opened).await;
    rig.serve();
    let (one, auditor) = (json!({"id": "vestregionen:1-2017"}), principal(Role::Auditor));
    rig.ask("case", one.clone(), &auditor, &there).await.unwrap();
    let behind = async || {
        let models = rig.read_models().await.read_models;
        let behind = models.into_iter().filter_map(|one| Some((one.name, one.behind_since?)));
        behind.collect::<Vec<_>>()
    };
    assert_eq!(behind().await, []);
    let pool = rig.pool().await;
    let hold = held(&pool, "cases").await;
    let before = samvirke_kernel::clock::now();
    let closed = [json!({"closed": {}})];
    let there = rig.commit::<case::Event>("case", "vestregionen:1-2017", 2, &closed).await;
    until(async || !behind().await.is_empty()).await;
    let after = samvirke_kernel::clock::now();
    let told = behind().await;
    // It alone is held up, and since what came.
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(told[0].0, "case_file");
    assert!(told[0].1 >= before && told[0].1 <= after - BEHIND_AFTER, "{told:?}");
    hold.rollback().await.unwrap();
    rig.ask("case", one, &auditor, &there).await.unwrap();
    until(async || behind().await.is_empty()).await;
}

async fn until(is_so: impl AsyncFn() -> bool) {
    let look = async {
        while !is_so().await {
            tokio::task::yield_now().await;
        }
    };
    let within = std::time::Duration::from_secs(30);
    tokio::time::timeout(within, look).await.expect("it did not become so in time");
}
