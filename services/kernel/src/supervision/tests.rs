//! What a supervisor does with tasks that fail, panic, end or halt.

use std::sync::atomic::AtomicU32;

use metrics_exporter_prometheus::PrometheusBuilder;
use tokio::{sync::Notify, time::Instant};

use super::*;

fn supervisor() -> (Supervisor, CancellationToken) {
    let shutdown = CancellationToken::new();
    (Supervisor::new(shutdown.clone()), shutdown)
}

fn status(supervisor: &Supervisor, name: &str) -> Option<TaskStatus> {
    supervisor.tasks().tasks.into_iter().find(|status| status.task == name)
}

/// Runs a task of which the first runs end as `ends` says and the one after them stays.
async fn after(
    ends: &'static [fn() -> Result<(), TaskFailure>],
) -> (Supervisor, TaskStatus, Vec<Instant>) {
    let (supervisor, _shutdown) = supervisor();
    let (runs, stays) = (Arc::new(Mutex::new(Vec::new())), Arc::new(Notify::new()));
    let (begun, staying) = (runs.clone(), stays.clone());
    supervisor.supervise("task", Stop::Drop, move |_| {
        let (begun, staying) = (begun.clone(), staying.clone());
        async move {
            let run = {
                let mut begun = begun.lock().unwrap();
                begun.push(Instant::now());
                begun.len()
            };
            if let Some(end) = ends.get(run - 1) {
                return end();
            }
            staying.notify_one();
            std::future::pending().await
        }
    });
    stays.notified().await;
    let found = status(&supervisor, "task").unwrap();
    let runs = runs.lock().unwrap().clone();
    (supervisor, found, runs)
}

#[tokio::test(start_paused = true)]
async fn a_task_that_panics_is_started_again_and_the_panic_is_reported() {
    let (_supervisor, status, runs) = after(&[|| panic!("a bad day")]).await;
    assert_eq!((runs.len(), status.restarts), (2, 1));
    assert_eq!(status.state, TaskState::Restarting);
    assert_eq!(status.reason.as_deref(), Some("it panicked: a bad day"));
}

#[tokio::test(start_paused = true)]
async fn a_task_that_ends_before_its_service_is_started_again() {
    let (_supervisor, status, runs) = after(&[|| Ok(())]).await;
    assert_eq!((runs.len(), status.restarts), (2, 1));
    assert_eq!(status.reason.as_deref(), Some("it ended by itself"));
}

#[tokio::test(start_paused = true)]
async fn a_task_that_was_restarted_counts_as_running_after_a_while_without_failure() {
    let (supervisor, status_then, _) = after(&[|| Err(TaskFailure::passing("away"))]).await;
    assert_eq!(status_then.state, TaskState::Restarting);
    tokio::time::advance(STEADY_AFTER).await;
    tokio::task::yield_now().await;
    assert_eq!(status(&supervisor, "task").unwrap().state, TaskState::Running);
}

#[tokio::test(start_paused = true)]
async fn waits_between_restarts_grow_to_a_limit() {
    const FAILS: fn() -> Result<(), TaskFailure> = || Err(TaskFailure::passing("away"));
    let (_supervisor, status, runs) = after(&[FAILS; 12]).await;
    assert_eq!(status.restarts, 12);
    let waits: Vec<Duration> = runs.windows(2).map(|pair| pair[1] - pair[0]).collect();
    assert!(waits[0] <= RESTART_PAUSE_MIN, "{waits:?}");
    assert!(waits[11] >= RESTART_PAUSE_MAX / 2, "{waits:?}");
    assert!(waits.iter().all(|wait| *wait <= RESTART_PAUSE_MAX + Duration::from_millis(1)));
}

#[tokio::test(start_paused = true)]
async fn progress_makes_the_next_restart_come_soon_again() {
    let (supervisor, _shutdown) = supervisor();
    let (runs, enough) = (Arc::new(Mutex::new(Vec::new())), Arc::new(Notify::new()));
    let (begun, done) = (runs.clone(), enough.clone());
    supervisor.supervise("task", Stop::Drop, move |task| {
        let (begun, done) = (begun.clone(), done.clone());
        async move {
            let run = {
                let mut begun = begun.lock().unwrap();
                begun.push(Instant::now());
                begun.len()
            };
            if run == 8 {
                task.progress();
            }
            if run == 10 {
                done.notify_one();
                std::future::pending::<()>().await;
            }
            Err(TaskFailure::passing("away"))
        }
    });
    enough.notified().await;
    let runs = runs.lock().unwrap().clone();
    let wait = |run: usize| runs[run] - runs[run - 1];
    assert!(wait(7) > RESTART_PAUSE_MIN * 8, "{:?}", wait(7));
    assert!(wait(8) <= RESTART_PAUSE_MIN + Duration::from_millis(1), "{:?}", wait(8));
}

#[tokio::test(start_paused = true)]
async fn a_halted_task_says_so_and_is_tried_again_seldom() {
    let (_supervisor, status, runs) =
        after(&[|| Err(TaskFailure::halting("another stream"))]).await;
    assert_eq!(status.state, TaskState::Halted);
    assert_eq!(status.reason.as_deref(), Some("another stream"));
    assert!(runs[1] - runs[0] >= RESTART_PAUSE_MAX);
}

#[tokio::test(start_paused = true)]
async fn restarts_halts_and_what_is_parked_are_counted_in_metrics() {
    let recorder = PrometheusBuilder::new().build_recorder();
    let rendered = recorder.handle();
    let _recorded = metrics::set_default_local_recorder(&recorder);
    let of_task = |name: &str| {
        let line = format!("samvirke_task_{name}{{task=\"task\"}} ");
        let rendered = rendered.render();
        let value = rendered.lines().find_map(|found| found.strip_prefix(&line));
        value.map(str::to_owned).unwrap_or_else(|| panic!("{name} is not in {rendered}"))
    };
    let (supervisor, _shutdown) = supervisor();
    let (ends, ended) = tokio::sync::mpsc::channel::<Option<TaskFailure>>(1);
    let ended = Arc::new(tokio::sync::Mutex::new(ended));
    supervisor.supervise("task", Stop::Drop, move |task| {
        let ended = ended.clone();
        async move {
            match ended.lock().await.recv().await.unwrap() {
                Some(failure) => Err(failure),
                None => {
                    let event = ParkedEvent {
                        task: "task".into(),
                        cooperation: "prove".parse().unwrap(),
                        event: "CASES:7".into(),
                        reason: "too large".into(),
                        since: clock::now(),
                    };
                    task.has_parked("task", vec![event.clone(), event]);
                    task.progress();
                    std::future::pending().await
                }
            }
        }
    });
    let now = || ["restarts", "running", "halted"].map(of_task);
    assert_eq!(now(), ["0", "1", "0"], "before anything has happened");
    let some_time = || tokio::time::advance(Duration::from_millis(50));
    ends.send(Some(TaskFailure::passing("away"))).await.unwrap();
    while of_task("restarts") == "0" {
        some_time().await;
    }
    assert_eq!(now(), ["1", "0", "0"]);
    ends.send(Some(TaskFailure::halting("another stream"))).await.unwrap();
    while of_task("restarts") == "1" {
        some_time().await;
    }
    assert_eq!(now(), ["2", "0", "1"]);
    ends.send(None).await.unwrap();
    while of_task("running") == "0" {
        some_time().await;
    }
    assert_eq!(now(), ["2", "1", "0"]);
    assert!(rendered.render().contains("samvirke_parked{task=\"task\"} 2"));
}

#[tokio::test(start_paused = true)]
async fn one_of_many_is_listed_only_while_it_does_not_run() {
    let (supervisor, shutdown) = supervisor();
    let (failed, go_on) = (Arc::new(AtomicU32::new(0)), Arc::new(Notify::new()));
    let (fails, goes_on) = (failed.clone(), go_on.clone());
    supervisor.supervise_one_of_many("delivery", "delivery a".into(), Stop::Drain, move |task| {
        let (fails, goes_on) = (fails.clone(), goes_on.clone());
        async move {
            if fails.fetch_add(1, Ordering::AcqRel) == 0 {
                return Err(TaskFailure::passing("away"));
            }
            goes_on.notified().await;
            task.progress();
            goes_on.notify_one();
            std::future::pending().await
        }
    });
    assert_eq!(status(&supervisor, "delivery a"), None);
    while failed.load(Ordering::Acquire) < 2 {
        tokio::time::advance(Duration::from_millis(50)).await;
    }
    assert_eq!(status(&supervisor, "delivery a").unwrap().state, TaskState::Restarting);
    go_on.notify_one();
    while status(&supervisor, "delivery a").is_some() {
        tokio::task::yield_now().await;
    }
    drop(shutdown);
}

#[tokio::test(start_paused = true)]
async fn a_task_that_drains_is_waited_for_and_one_that_is_done_is_not_started_again() {
    let (supervisor, shutdown) = supervisor();
    let drained = Arc::new(AtomicBool::new(false));
    let (stop, has_drained) = (shutdown.clone(), drained.clone());
    supervisor.supervise("drains", Stop::Drain, move |_| {
        let (stop, has_drained) = (stop.clone(), has_drained.clone());
        async move {
            stop.cancelled().await;
            let some_time = std::future::pending::<()>();
            let _late = tokio::time::timeout(Duration::from_secs(3), some_time).await;
            has_drained.store(true, Ordering::Release);
            Ok(())
        }
    });
    let runs = Arc::new(AtomicU32::new(0));
    let counted = runs.clone();
    supervisor.supervise("done", Stop::MayEnd, move |_| {
        counted.fetch_add(1, Ordering::AcqRel);
        async { Ok(()) }
    });
    supervisor.supervise("dropped", Stop::Drop, |_| std::future::pending());
    tokio::time::advance(Duration::from_secs(60)).await;
    shutdown.cancel();
    supervisor.finished().await;
    assert!(drained.load(Ordering::Acquire));
    assert_eq!(runs.load(Ordering::Acquire), 1);
    assert_eq!(status(&supervisor, "done"), None);
}
