//! An import of several lines at once, against a server that answers when the test says so.
#![expect(clippy::unwrap_used, reason = "a broken test should panic")]

use std::{
    collections::BTreeMap,
    fs,
    process::Stdio,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Router,
    extract::State,
    http::{HeaderMap, StatusCode, Uri},
};
use samvirke_kernel::clock;
use serde_json::json;
use tempfile::TempDir;
use tokio::{
    net::TcpListener,
    process::{Child, Command},
    sync::{oneshot, watch},
};

/// How long a test waits for what must come.
const WITHIN: Duration = Duration::from_secs(60);

/// The requests that wait for an answer, by the id they are for.
type Waiting = BTreeMap<String, (HeaderMap, oneshot::Sender<StatusCode>)>;

#[derive(Default)]
struct Shared {
    waiting: Mutex<Waiting>,
    changed: watch::Sender<()>,
}

/// A server that keeps all requests waiting until the test answers them.
struct Server {
    shared: Arc<Shared>,
    url: String,
    dir: TempDir,
}

async fn arrived(State(shared): State<Arc<Shared>>, uri: Uri, headers: HeaderMap) -> Answer {
    let to = uri.path().trim_start_matches("/v1/").to_owned();
    let (answer, answered) = oneshot::channel();
    let earlier = shared.waiting.lock().unwrap().insert(to.clone(), (headers, answer));
    assert!(earlier.is_none(), "{to} is here twice");
    shared.changed.send_replace(());
    let status = answered.await.unwrap();
    let body = match status {
        StatusCode::OK => json!({"id": "a:a", "version": 1, "position": "CASES:7", "events": [{}],
            "repeated": false}),
        _ => json!({"type": "urn:samvirke:problem:no", "detail": format!("{to} may not")}),
    };
    (status, body.to_string())
}

type Answer = (StatusCode, String);

impl Server {
    async fn start(lines: &[String]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("f.jsonl"), lines.join("\n")).unwrap();
        let shared = Arc::<Shared>::default();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().fallback(arrived).with_state(shared.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { shared, url, dir }
    }

    fn import(&self, flags: &[&str]) -> Child {
        let mut command = Command::new(env!("CARGO_BIN_EXE_samvirke"));
        command.args(["import", "f.jsonl", "--url", &self.url, "--token", "t"]).args(flags);
        command.current_dir(self.dir.path()).stdin(Stdio::null()).kill_on_drop(true);
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    }

    /// Waits until exactly these are here and wait for an answer.
    async fn has(&self, wanted: &[&str]) {
        let mut changed = self.shared.changed.subscribe();
        let here = || self.shared.waiting.lock().unwrap().keys().cloned().collect::<Vec<_>>();
        let all_here = async {
            while here() != wanted {
                changed.changed().await.unwrap();
            }
        };
        let in_time = tokio::time::timeout(WITHIN, all_here).await;
        assert!(in_time.is_ok(), "{:?} are here, not {wanted:?}", here());
    }

    /// Answers one that is here; returns its headers.
    fn answers(&self, to: &str, status: StatusCode) -> HeaderMap {
        let (headers, answer) = self.shared.waiting.lock().unwrap().remove(to).unwrap();
        answer.send(status).unwrap();
        headers
    }
}

async fn ended(import: Child) -> (Option<i32>, Vec<String>, String) {
    let output = tokio::time::timeout(WITHIN, import.wait_with_output()).await.unwrap().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    let sum = String::from_utf8(output.stdout).unwrap();
    (output.status.code(), said.lines().map(str::to_owned).collect(), sum)
}

fn close(case: &str) -> String {
    json!({"to": format!("cases/a:{case}/close"), "body": {}, "key": case}).to_string()
}

fn relate(case: &str, other: &str) -> String {
    json!({"to": format!("cases/a:{case}/relate"), "body": {"to": format!("a:{other}")}})
        .to_string()
}

#[tokio::test]
async fn several_lines_are_on_their_way_at_once_and_no_more_than_were_asked_for() {
    let server = Server::start(&["1", "2", "3", "4"].map(close)).await;
    let import = server.import(&["--parallel", "3"]);
    server.has(&["cases/a:1/close", "cases/a:2/close", "cases/a:3/close"]).await;
    server.answers("cases/a:2/close", StatusCode::OK);
    server.has(&["cases/a:1/close", "cases/a:3/close", "cases/a:4/close"]).await;
    for case in ["1", "3", "4"] {
        server.answers(&format!("cases/a:{case}/close"), StatusCode::OK);
    }
    let (code, said, sum) = ended(import).await;
    assert_eq!((code, said), (Some(0), vec![]));
    assert!(sum.starts_with("4 lines: 4 accepted"), "{sum}");
}

#[tokio::test]
async fn several_lines_are_on_their_way_at_once_where_nothing_is_asked_for() {
    let server = Server::start(&["1", "2"].map(close)).await;
    let import = server.import(&[]);
    server.has(&["cases/a:1/close", "cases/a:2/close"]).await;
    server.answers("cases/a:1/close", StatusCode::OK);
    server.answers("cases/a:2/close", StatusCode::OK);
    assert_eq!(ended(import).await.0, Some(0));
}

#[tokio::test]
async fn a_line_is_sent_when_an_earlier_one_that_names_its_id_is_answered_and_after_what_that_changed()
 {
    let server = Server::start(&[close("1"), relate("2", "1"), close("3")]).await;
    let import = server.import(&[]);
    server.has(&["cases/a:1/close", "cases/a:3/close"]).await;
    server.answers("cases/a:1/close", StatusCode::OK);
    server.has(&["cases/a:2/relate", "cases/a:3/close"]).await;
    let headers = server.answers("cases/a:2/relate", StatusCode::OK);
    assert_eq!(headers["samvirke-position"], "CASES:7");
    server.answers("cases/a:3/close", StatusCode::OK);
    assert_eq!(ended(import).await.0, Some(0));
}

#[tokio::test]
async fn one_by_one_is_in_the_order_of_the_file() {
    let cases = ["3", "1", "2"];
    let server = Server::start(&cases.map(close)).await;
    let import = server.import(&["--parallel", "1"]);
    for case in cases {
        let to = format!("cases/a:{case}/close");
        server.has(&[&to]).await;
        server.answers(&to, StatusCode::OK);
    }
    assert_eq!(ended(import).await.0, Some(0));
}

#[tokio::test]
async fn what_became_of_the_lines_is_told_in_the_order_of_the_file() {
    let unreadable = "{".to_owned();
    let server = Server::start(&[close("1"), unreadable, close("3"), close("4")]).await;
    let import = server.import(&[]);
    server.has(&["cases/a:1/close", "cases/a:3/close", "cases/a:4/close"]).await;
    server.answers("cases/a:4/close", StatusCode::CONFLICT);
    server.has(&["cases/a:1/close", "cases/a:3/close"]).await;
    server.answers("cases/a:3/close", StatusCode::OK);
    server.has(&["cases/a:1/close"]).await;
    server.answers("cases/a:1/close", StatusCode::CONFLICT);
    let (code, said, sum) = ended(import).await;
    let lines: Vec<&str> = said.iter().map(|line| &line[..7]).collect();
    assert_eq!((code, lines), (Some(1), vec!["line 1:", "line 2:", "line 4:"]), "{said:?}");
    assert!(sum.starts_with("4 lines: 1 accepted, 3 refused"), "{sum}");
}

#[tokio::test]
async fn an_import_ends_at_the_first_line_that_fails_and_remembers_all_that_was_acknowledged() {
    // The fourth waits for the second, and is not sent because that one fails.
    let lines = [close("1"), close("2"), close("3"), relate("4", "2")];
    let server = Server::start(&lines).await;
    let import = server.import(&["--resume"]);
    server.has(&["cases/a:1/close", "cases/a:2/close", "cases/a:3/close"]).await;
    server.answers("cases/a:2/close", StatusCode::UNAUTHORIZED);
    server.has(&["cases/a:1/close", "cases/a:3/close"]).await;
    server.answers("cases/a:3/close", StatusCode::OK);
    let progress = server.dir.path().join("f.jsonl.progress");
    let kept = || fs::read_to_string(&progress).unwrap();
    let begun = clock::now();
    while !kept().ends_with("\n3\n") {
        assert!((clock::now() - begun).to_std().unwrap() < WITHIN, "{}", kept());
        tokio::task::yield_now().await;
    }
    server.has(&["cases/a:1/close"]).await;
    server.answers("cases/a:1/close", StatusCode::CONFLICT);
    let (code, said, _) = ended(import).await;
    assert_eq!((code, said.len()), (Some(2), 2), "{said:?}");
    assert!(said[0].starts_with("line 1: cases/a:1/close refused"), "{said:?}");
    assert!(said[1].contains("line 2: the token is not accepted"), "{said:?}");
    assert!(kept().ends_with("\n3\n"), "{}", kept());
}

#[tokio::test]
async fn a_server_that_says_too_many_gets_the_same_lines_again() {
    let server = Server::start(&["1", "2"].map(close)).await;
    let import = server.import(&[]);
    server.has(&["cases/a:1/close", "cases/a:2/close"]).await;
    server.answers("cases/a:1/close", StatusCode::TOO_MANY_REQUESTS);
    server.has(&["cases/a:1/close", "cases/a:2/close"]).await;
    let headers = server.answers("cases/a:1/close", StatusCode::OK);
    assert_eq!(headers["idempotency-key"], "1");
    server.answers("cases/a:2/close", StatusCode::OK);
    let (code, _, sum) = ended(import).await;
    assert_eq!(code, Some(0), "{sum}");
}

#[tokio::test]
async fn nothing_after_the_first_refused_line_is_sent_where_the_import_is_to_stop_there() {
    let server = Server::start(&["1", "2"].map(close)).await;
    let import = server.import(&["--stop-at-first"]);
    server.has(&["cases/a:1/close"]).await;
    server.answers("cases/a:1/close", StatusCode::CONFLICT);
    let (code, _, sum) = ended(import).await;
    assert_eq!(code, Some(1));
    assert!(sum.starts_with("2 lines: 0 accepted, 1 refused, 1 not tried"), "{sum}");
    let import = server.import(&["--stop-at-first", "--parallel", "2"]);
    let (code, said, _) = ended(import).await;
    assert_eq!(code, Some(2));
    assert!(said[0].contains("cannot be used with"), "{said:?}");
}
