//! One round: a history is written, a stream is damaged, nothing more is acknowledged on it than can be kept,
//! and with the files put back all is as it was.

use std::{
    collections::BTreeMap,
    path::PathBuf,
    process::Output,
    time::{Duration, Instant},
};

use anyhow::Context;
use samvirke_private_servers::StreamFiles;
use samvirke_tests::{Up, api::Api};
use serde_json::{Value, json};
use tokio::net::TcpStream;

use super::harm::{Harm, STREAMS, Target, do_to};
use crate::{
    import::{Import, has_not_ended, until},
    quiet,
    rounds::on_its_own,
    violation::ensure_invariant,
    workload::{self, Line},
};

/// The line above the rows.
pub(crate) const HEADING: &str = "round  seconds  told after  refused  damage";
/// How many lines of a chapter are written: cases, and the meeting that treats them.
const LINES: usize = 60;
/// How long it may take until what is wrong is told, the start included.
const TOLD_WITHIN: Duration = Duration::from_secs(90);
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// How a round went.
pub(crate) struct Course {
    took: Duration,
    told_after: Duration,
    /// How often something was tried that could not be kept.
    refused: usize,
}

impl Course {
    pub(crate) fn row(&self, number: u32, target: &Target) -> String {
        format!(
            "{number:>5}  {:>7.1}  {:>8.1} s  {:>7}  {target}",
            self.took.as_secs_f64(),
            self.told_after.as_secs_f64(),
            self.refused,
        )
    }
}

/// Plays a round.
///
/// # Errors
///
/// The first promise that was broken; what is left of the round is then kept.
pub(crate) async fn play(target: &Target) -> anyhow::Result<Course> {
    on_its_own(&[], async |up| play_on(up, target).await).await
}

async fn play_on(up: &mut Up, target: &Target) -> anyhow::Result<Course> {
    let begun = Instant::now();
    up.is_well()?;
    let chapter: Vec<Line> = workload::chapters().remove(0).into_iter().take(LINES).collect();
    let (before, after) = chapter.split_at(LINES / 2);
    write(up, "prologue", &workload::prologue()).await?;
    write(up, "before", before).await?;
    let older = up.data().join("older");
    if target.harm == Harm::Older {
        stop(up)?;
        StreamFiles::of(&server(up), target.stream)?.back_up(&older)?;
        up.start_again()?;
    }
    write(up, "after", after).await?;
    let kept = noted(up).await?;
    up.is_well()?;

    stop(up)?;
    let copies = back_up(up)?;
    do_to(target, &server(up), &kept[target.stream], &older)?;
    let damaged = Instant::now();
    up.start_again()?;
    if target.harm == Harm::Recreated {
        up.is_well()?;
        recreate(up, target.stream).await?;
    }
    told(up, target).await?;
    let told_after = damaged.elapsed();
    let tried = match target.stream {
        "FEED" if target.harm != Harm::List => goes_on_and_is_accepted(up, &chapter).await?,
        _ => {
            let tried = nothing_is_made(up, target, &chapter).await?;
            stop(up)?;
            for (files, copy) in &copies {
                files.put_back(copy)?;
            }
            up.start_again()?;
            tried
        }
    };
    let well = up.is_well();
    ensure_invariant!(
        well.is_ok(),
        "with the stream restored or accepted, not all is well: {well:?}"
    );
    if target.stream != "FEED" {
        all_is_as_it_was(up, &kept).await?;
    }
    amends(up, &chapter, "Etter skaden").await?;
    Ok(Course { took: begun.elapsed(), told_after, refused: tried })
}

async fn write(up: &mut Up, name: &str, lines: &[Line]) -> anyhow::Result<()> {
    let mut import = Import::start(up, name, lines)?;
    until(up, &mut [&mut import]).await
}

fn stop(up: &mut Up) -> anyhow::Result<()> {
    let status = up.interrupt()?;
    ensure_invariant!(status.success(), "samvirke does not stop in order: {status}");
    Ok(())
}

fn server(up: &Up) -> PathBuf {
    up.data().join("nats")
}

/// Copies every stream, and the list of streams; returns where.
fn back_up(up: &Up) -> anyhow::Result<Vec<(StreamFiles, PathBuf)>> {
    let mut copies = Vec::new();
    for stream in STREAMS.into_iter().chain(["STREAMS"]) {
        let files = StreamFiles::of(&server(up), stream)?;
        let copy = up.data().join(format!("copy of {stream}"));
        files.back_up(&copy)?;
        copies.push((files, copy));
    }
    Ok(copies)
}

/// The payloads of each stream.
type StoredMessages = BTreeMap<&'static str, Vec<Vec<u8>>>;

/// Waits until the policies and the relay are done and the list knows all ends; returns what is stored then.
async fn noted(up: &Up) -> anyhow::Result<StoredMessages> {
    quiet::streams(&up.addresses()?.nats).await?;
    let begun = Instant::now();
    let mut look = tokio::time::interval(LOOK_EVERY);
    let mut before = Vec::new();
    loop {
        look.tick().await;
        let lines = list(up)?;
        let all_known = lines.iter().all(|line| line["noted"] == line["last"]);
        if all_known && lines == before {
            break;
        }
        before = lines;
        ensure_invariant!(
            begun.elapsed() < TOLD_WITHIN,
            "the list does not learn how far the streams are"
        );
    }
    read(up).await
}

/// What `samvirke streams list` says.
fn list(up: &Up) -> anyhow::Result<Vec<Value>> {
    let Output { stdout, stderr, .. } = up.command(&["streams", "list", "--json"]).output()?;
    serde_json::from_slice(&stdout)
        .with_context(|| format!("streams list: {}", String::from_utf8_lossy(&stderr)))
}

async fn read(up: &Up) -> anyhow::Result<StoredMessages> {
    let js = quiet::jetstream(&quiet::connect(&up.addresses()?.nats).await?);
    let mut kept = StoredMessages::new();
    for name in STREAMS {
        let stream = js.get_stream(name).await?;
        let last = stream.cached_info().state.last_sequence;
        let mut payloads = Vec::new();
        for sequence in 1..=last {
            payloads.push(stream.get_raw_message(sequence).await?.payload.to_vec());
        }
        kept.insert(name, payloads);
    }
    Ok(kept)
}

/// Removes a stream and makes it anew, as an operator with the server's own tools might.
async fn recreate(up: &Up, name: &str) -> anyhow::Result<()> {
    let js = quiet::jetstream(&quiet::connect(&up.addresses()?.nats).await?);
    let config = js.get_stream(name).await?.cached_info().config.clone();
    js.delete_stream(name).await?;
    js.create_stream(config).await?;
    Ok(())
}

/// Waits until the damage is told: by `samvirke streams list`, by `doctor`, and by `/readyz`.
async fn told(up: &mut Up, target: &Target) -> anyhow::Result<()> {
    let begun = Instant::now();
    let mut look = tokio::time::interval(LOOK_EVERY);
    loop {
        look.tick().await;
        has_not_ended(up)?;
        let listed = list(up).unwrap_or_default();
        let line = listed.iter().find(|line| line["stream"] == target.stream);
        if line.is_some_and(|line| line["damage"].is_string() || line["gaps"].is_string()) {
            break;
        }
        ensure_invariant!(
            begun.elapsed() < TOLD_WITHIN,
            "samvirke streams list does not tell it: {listed:?}"
        );
    }
    let doctor = up.command(&["doctor"]).output()?;
    let said = String::from_utf8_lossy(&doctor.stdout);
    ensure_invariant!(doctor.status.code() == Some(1), "samvirke doctor is content: {said}");
    ensure_invariant!(
        said.contains(target.stream),
        "samvirke doctor does not name the stream: {said}"
    );
    let gateway = up.url().trim_start_matches("http://").to_owned();
    while TcpStream::connect(&gateway).await.is_err() {
        look.tick().await;
        ensure_invariant!(begun.elapsed() < TOLD_WITHIN, "the gateway does not listen");
    }
    let api = Api::of(up);
    loop {
        look.tick().await;
        let (_, checks) = api.readiness().await;
        if checks.iter().any(|check| check.to_string().contains(target.stream)) {
            return Ok(());
        }
        ensure_invariant!(begun.elapsed() < TOLD_WITHIN, "/readyz does not name it: {checks:?}");
    }
}

/// Tries to make once more what is there, and something new, in the damaged stream; returns how often.
async fn nothing_is_made(up: &Up, target: &Target, chapter: &[Line]) -> anyhow::Result<usize> {
    let api = Api::of(up);
    let prologue = workload::prologue();
    let mut tried = 0;
    for line in prologue.iter().chain(chapter) {
        let Some((collection, id)) = made_by(line) else { continue };
        if target.harm != Harm::List && stream_of(collection) != Some(target.stream) {
            continue;
        }
        let body = serde_json::from_str::<Value>(&line.text)?["body"].clone();
        let command = line.to.rsplit('/').next().unwrap_or_default();
        for id in [id.to_owned(), format!("{id}-new")] {
            let to = format!("{collection}/{id}/{command}");
            let caller = match command {
                "found" => api.caller(&["*:operator"], None),
                _ => api.secretariat(),
            };
            let answer = api.send(&caller, &to, &[], body.clone()).await;
            // What is there already may be said to be there, as long as nothing is stored.
            let nothing_new = answer.status == 200 && answer.body["events"] == json!([]);
            ensure_invariant!(
                nothing_new || (400..600).contains(&answer.status),
                "{to} was answered with {}: {}",
                answer.status,
                answer.body
            );
            tried += 1;
        }
    }
    ensure_invariant!(tried > 0, "nothing was tried");
    Ok(tried)
}

/// The collection and the id that a line makes something under; none where it makes nothing.
fn made_by(line: &Line) -> Option<(&str, &str)> {
    let mut parts = line.to.split('/');
    let (collection, id, command) = (parts.next()?, parts.next()?, parts.next()?);
    ["found", "establish", "open", "report-held"].contains(&command).then_some((collection, id))
}

fn stream_of(collection: &str) -> Option<&'static str> {
    let context = samvirke_schemas::catalogue::collection(collection)?.context;
    STREAMS.into_iter().find(|stream| stream.eq_ignore_ascii_case(context))
}

/// While only the feed is damaged, decisions are still taken; an operator accepts the feed as it is.
async fn goes_on_and_is_accepted(up: &Up, chapter: &[Line]) -> anyhow::Result<usize> {
    amends(up, chapter, "Mens strømmen er skadet").await?;
    let adopted = up.command(&["streams", "adopt", "FEED", "--yes"]).output()?;
    ensure_invariant!(
        adopted.status.success(),
        "FEED is not accepted: {}{}",
        String::from_utf8_lossy(&adopted.stdout),
        String::from_utf8_lossy(&adopted.stderr)
    );
    Ok(0)
}

/// Amends the first case.
async fn amends(up: &Up, chapter: &[Line], title: &str) -> anyhow::Result<()> {
    let case = chapter.iter().find_map(|line| line.to.strip_suffix("/open"));
    let case = case.context("the chapter opens no case")?;
    let api = Api::of(up);
    let begun = Instant::now();
    loop {
        let amending = json!({"title": title, "public_title": title});
        let answer = api.send(&api.secretariat(), &format!("{case}/amend"), &[], amending).await;
        if answer.status == 200 {
            return Ok(());
        }
        ensure_invariant!(begun.elapsed() < TOLD_WITHIN, "{case} is not amended: {}", answer.body);
    }
}

/// Every message that was stored before the damage is there, at its place.
async fn all_is_as_it_was(up: &Up, kept: &StoredMessages) -> anyhow::Result<()> {
    let found = read(up).await?;
    for (stream, before) in kept {
        let same = found[stream].starts_with(before);
        ensure_invariant!(same, "{stream} is not as it was before the damage");
    }
    Ok(())
}
