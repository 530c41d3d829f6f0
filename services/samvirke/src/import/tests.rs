//! An import against a server that misbehaves in the ways servers do.

use std::{
    collections::HashMap,
    path::Path,
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode, Uri},
};
use clap::Parser;
use serde_json::json;
use tempfile::TempDir;

use super::*;
use crate::arguments::{Arguments, Command};

/// A server that remembers keys as the real one does.
#[derive(Default)]
struct Server {
    requests: Vec<(String, HeaderMap)>,
    effects: HashMap<String, usize>,
    /// Answers to give before it behaves.
    trouble: Vec<StatusCode>,
}

type Shared = Arc<Mutex<Server>>;

async fn answer(
    State(server): State<Shared>,
    uri: Uri,
    headers: HeaderMap,
    _body: Bytes,
) -> (StatusCode, String) {
    let mut server = server.lock().unwrap();
    server.requests.push((uri.path().to_owned(), headers.clone()));
    if uri.path().ends_with("/pause") {
        let problem = json!({"type": "urn:samvirke:problem:already-paused", "detail": "it is", "rule": "R13"});
        return (StatusCode::CONFLICT, problem.to_string());
    }
    let key = headers["idempotency-key"].to_str().unwrap().to_owned();
    let count = server.effects.len() + 1;
    let repeated = server.effects.contains_key(&key);
    let number = *server.effects.entry(key).or_insert(count);
    // Trouble comes after the effect, as when an answer is lost.
    if let Some(trouble) = server.trouble.pop() {
        return (trouble, String::new());
    }
    let accepted = json!({"id": "a:a", "version": number, "position": format!("NETWORKS:{number}"),
                          "events": [{}], "repeated": repeated});
    (StatusCode::OK, accepted.to_string())
}

struct Case {
    dir: TempDir,
    server: Shared,
    url: String,
}

async fn case(lines: &str, trouble: &[StatusCode]) -> Case {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("f.jsonl"), lines).unwrap();
    samvirke_private_servers::Secret::create(&dir.path().join(crate::issuer::KEY_FILE)).unwrap();
    let server = Shared::default();
    server.lock().unwrap().trouble = trouble.to_vec();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let router = Router::new().fallback(answer).with_state(server.clone());
    tokio::spawn(async move { axum::serve(listener, router).await });
    Case { dir, server, url }
}

impl Case {
    async fn import(&self, flags: &[&str]) -> anyhow::Result<Outcome> {
        let path = |name: &str| self.dir.path().join(name).to_string_lossy().into_owned();
        let (file, data) = (path("f.jsonl"), path(""));
        let mut words = vec!["samvirke", "import", &file, "--data", &data, "--url", &self.url];
        words.extend(flags);
        let arguments = Arguments::parse_from(words);
        let configuration = Configuration::load(&arguments.common)?;
        let Command::Import(asked) = arguments.command else { panic!("not an import") };
        run(&configuration, &asked).await
    }

    fn effects(&self) -> usize {
        self.server.lock().unwrap().effects.len()
    }

    fn requests(&self) -> usize {
        self.server.lock().unwrap().requests.len()
    }

    fn append(&self, lines: &str) {
        use std::io::Write;
        let path: &Path = self.dir.path();
        let mut file = std::fs::OpenOptions::new().append(true).open(path.join("f.jsonl")).unwrap();
        file.write_all(lines.as_bytes()).unwrap();
    }
}

const TWO: &str = "{\"to\": \"cooperations/a/resume\", \"body\": {}, \"at\": \"2017-06-01T09:00\", \
    \"source\": \"s. 9, årsmelding\", \"illustrative\": true}\n\
    # a comment\n\
    {\"to\": \"cooperations/a/resume\", \"body\": {}}\n";
const REFUSED: &str = "{\"to\": \"cooperations/a/pause\", \"body\": {}}\n";

#[tokio::test]
async fn an_import_sent_twice_is_in_effect_once_even_when_lines_were_added() {
    let case = case(TWO, &[]).await;
    assert_eq!(case.import(&[]).await.unwrap(), Outcome::Done);
    case.append("{\"to\": \"cooperations/b/resume\", \"body\": {}}\n");
    assert_eq!(case.import(&[]).await.unwrap(), Outcome::Done);
    assert_eq!((case.effects(), case.requests()), (3, 5));
}

#[tokio::test]
async fn a_line_whose_answer_was_lost_is_sent_again_with_its_key() {
    let case = case(TWO, &[StatusCode::SERVICE_UNAVAILABLE, StatusCode::BAD_GATEWAY]).await;
    assert_eq!(case.import(&[]).await.unwrap(), Outcome::Done);
    assert_eq!((case.effects(), case.requests()), (2, 4));
}

#[tokio::test]
async fn a_refused_line_is_told_and_the_next_is_sent() {
    let case = case(&format!("{REFUSED}{TWO}"), &[]).await;
    assert_eq!(case.import(&[]).await.unwrap(), Outcome::NotAll);
    assert_eq!(case.effects(), 2);
    assert_eq!(case.import(&["--stop-at-first"]).await.unwrap(), Outcome::NotAll);
    assert_eq!(case.requests(), 4, "nothing after the refused line");
}

/// A file as people make them, with a byte order mark and a line that breaks off.
#[tokio::test]
async fn a_line_that_is_not_json_is_told_and_the_next_is_sent() {
    let broken = "{\"to\": \"cooperations/a/pause\", \"body\": {\"reason\": \"x\"}";
    let case = case(&format!("\u{feff}{TWO}{broken}\n{TWO}"), &[]).await;
    assert_eq!(case.import(&[]).await.unwrap(), Outcome::NotAll);
    assert_eq!(case.requests(), 4);
}

#[tokio::test]
async fn what_was_acknowledged_is_not_asked_again_when_resumed() {
    let case = case(TWO, &[]).await;
    case.import(&["--resume"]).await.unwrap();
    case.append("{\"to\": \"cooperations/b/resume\", \"body\": {}}\n");
    case.import(&["--resume"]).await.unwrap();
    assert_eq!((case.effects(), case.requests()), (3, 3));
}

#[tokio::test]
async fn where_a_line_is_known_from_travels_in_headers() {
    let case = case(TWO, &[]).await;
    case.import(&[]).await.unwrap();
    let server = case.server.lock().unwrap();
    let (path, first) = &server.requests[0];
    assert_eq!(path, "/v1/cooperations/a/resume");
    assert_eq!(first["samvirke-occurred-at"], "2017-06-01T09:00");
    assert_eq!(first["samvirke-source"], "s.%209%2C%20%C3%A5rsmelding");
    assert_eq!(first["samvirke-illustrative"], "true");
    assert!(first["authorization"].to_str().unwrap().starts_with("Bearer "));
    assert!(!first.contains_key("samvirke-position"));
    let (_, second) = &server.requests[1];
    assert_eq!(second["samvirke-position"], "NETWORKS:1", "it goes after what the first changed");
}

#[tokio::test]
async fn a_token_that_is_not_accepted_ends_the_import() {
    let case = case(TWO, &[StatusCode::UNAUTHORIZED]).await;
    assert!(case.import(&[]).await.is_err());
    assert_eq!(case.requests(), 1);
}

#[tokio::test]
async fn a_dry_run_sends_nothing() {
    let case = case(&format!("{TWO}{REFUSED}"), &[]).await;
    assert_eq!(case.import(&["--dry-run"]).await.unwrap(), Outcome::NotAll, "a pause has a reason");
    assert_eq!(case.requests(), 0);
}
