//! The callers beside the crowd: some that send what is huge, and one that does its work.

use std::{
    cell::Cell,
    convert::Infallible,
    time::{Duration, Instant},
};

use samvirke_tests::api::{Api, Caller};
use serde_json::{Value, json};

use crate::{violation::ensure_invariant, workload::Line};

/// Within this every request is answered: the gateway's own limit, and a moment.
const ANSWERED_WITHIN: Duration = Duration::from_millis(10_500);
/// Half a megabyte where a few words are allowed.
const VALUE_BYTES: usize = 530_000;
/// A hearing that is nearly as large as a request may be.
const PARTIES: usize = 1_700;
const NAME_CHARS: usize = 490;
/// An answer that repeated what it refuses would be larger.
const REFUSAL_BYTES_MAX: usize = 10_000;

/// Sends what is huge, again and again, and checks each answer; ends only where one is wrong.
pub(super) async fn send_huge(api: &Api, sent: &Cell<usize>) -> anyhow::Result<Infallible> {
    let (secretariat, public) = (api.secretariat(), Caller::public());
    let value = json!({"relation": "x".repeat(VALUE_BYTES), "to": "prove:c2"}).to_string();
    let parties: Vec<Value> = (0..PARTIES)
        .map(|party| json!({"party": format!("p{party}"), "names": {"nb": "x".repeat(NAME_CHARS)}}))
        .collect();
    let hearing = json!({"invited": parties, "deadline": "2017-09-01T12:00"}).to_string();
    loop {
        for (caller, to, body) in [
            (&public, "cases/prove:c1/relate", &value),
            (&secretariat, "cases/prove:c1/relate", &value),
            (&secretariat, "cases/prove:c1/open-hearing", &hearing),
        ] {
            let begun = Instant::now();
            let answer = api.tries_to_send(caller, to, &[], body.clone());
            let answer = tokio::time::timeout(ANSWERED_WITHIN, answer).await;
            let (status, text) = match answer {
                Ok(Ok(answer)) => answer,
                other => {
                    ensure_invariant!(
                        false,
                        "{to} of {} bytes is not answered: {other:?}",
                        body.len()
                    );
                    continue;
                }
            };
            let code = String::from_utf8_lossy(&text);
            ensure_invariant!(
                (400..500).contains(&status),
                "{to} of {} bytes is answered {status} after {:?}: {code}",
                body.len(),
                begun.elapsed()
            );
            ensure_invariant!(
                text.len() < REFUSAL_BYTES_MAX,
                "{to} is answered with {} bytes",
                text.len()
            );
            sent.set(sent.get() + 1);
        }
    }
}

/// What the caller beside the crowd got done.
#[derive(Debug, Default)]
pub(super) struct Work {
    pub(super) lines: Vec<Line>,
    pub(super) acknowledged: Vec<String>,
    /// The longest that it waited for an answer.
    pub(super) slowest: Duration,
}

/// Opens a case and reads it, again and again, until the time is over and nothing is missing any more of
/// what has to happen meanwhile.
pub(super) async fn work(
    api: &Api,
    for_at_least: Duration,
    missing: impl Fn() -> Option<String>,
) -> anyhow::Result<Work> {
    let (secretariat, public) = (api.secretariat(), Caller::public());
    let (begun, mut work) = (Instant::now(), Work::default());
    loop {
        let (limit, missing) = (4 * for_at_least, missing());
        if begun.elapsed() >= for_at_least && missing.is_none() {
            return Ok(work);
        }
        ensure_invariant!(begun.elapsed() < limit, "in {limit:?} {}", missing.unwrap_or_default());
        let number = work.lines.len() + 1;
        let (key, case) = (format!("flood-{number}"), format!("prove:flood-{number}"));
        let to = format!("cases/{case}/open");
        let body = json!({"kind": "decision", "owner": "prove:sg", "register": "2017",
            "description": {"title": case, "public_title": case}});
        work.lines.push(Line { key: key.clone(), to: to.clone(), text: String::new() });
        let headers = [("idempotency-key", key.as_str())];
        let sent = Instant::now();
        let answer = api.tries_to_send(&secretariat, &to, &headers, body.to_string());
        let answer = tokio::time::timeout(ANSWERED_WITHIN, answer).await;
        let Ok(Ok((200, answer))) = answer else {
            ensure_invariant!(
                false,
                "{to} is not carried out within {ANSWERED_WITHIN:?}: {answer:?}"
            );
            continue;
        };
        work.acknowledged.push(key);
        work.slowest = work.slowest.max(sent.elapsed());
        let accepted: Value = serde_json::from_slice(&answer)?;
        let position = accepted["position"].as_str().unwrap_or_default();
        for (caller, path) in [
            (&secretariat, format!("cases/{case}")),
            (&public, "case-ways?cooperation=prove&number=1/2017".to_owned()),
        ] {
            let asked = Instant::now();
            let headers = [("samvirke-position", position)];
            let answer = tokio::time::timeout(ANSWERED_WITHIN, async {
                let answer = api.tries(caller, &path, &headers).await?;
                let status = answer.status().as_u16();
                answer.bytes().await.map(|_| status)
            });
            let answer = answer.await;
            ensure_invariant!(
                matches!(answer, Ok(Ok(200))),
                "{path} is not answered within {ANSWERED_WITHIN:?}: {answer:?}"
            );
            work.slowest = work.slowest.max(asked.elapsed());
        }
    }
}
