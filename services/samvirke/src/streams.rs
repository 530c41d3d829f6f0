//! `samvirke setup` and `samvirke streams`: the streams that an installation has, made once, listed, and
//! accepted where they were restored.
//!
//! Invariant: nothing but a set-up makes a stream, and nothing but an operator's word takes a stream that
//! is not the one that was listed.

use std::{
    collections::BTreeSet,
    fs,
    io::{self, IsTerminal, Write},
    path::Path,
};

use anyhow::Context;
use async_nats::{Client, connection::State};
use samvirke_kernel::{
    snapshot::SNAPSHOT_STREAM,
    stream::{
        StreamSettings,
        examine::Damage,
        guard::told,
        record::{RECORDS_STREAM, Record},
        set_up::{Adoption, SetUp, adopt, set_up, wanted, weigh},
        stream_name,
    },
    stream_copy,
};
use samvirke_schemas::feed;
use serde::Serialize;

use crate::{
    arguments::{Adopt, StreamsCommand},
    configuration::Configuration,
    connections,
    doctor::Row,
    outcome::Outcome,
    running::Note,
    terminal,
};

/// The file in the data directory of `samvirke up` that lists the streams too: should all that
/// nats-server keeps be lost at once, it is not taken for a new installation.
const LIST: &str = "streams";
const CHECK: &str = "streams";
/// The context whose stream says who is a member, who holds a seat, and so who may see what.
const MEMBERSHIPS: &str = "networks";

/// `samvirke setup`: makes what is not there yet.
pub(crate) async fn setup(configuration: &Configuration) -> anyhow::Result<Outcome> {
    let client = connections::nats(&configuration.nats).await?;
    let replicas = configuration.nats.replicas.unwrap_or(1);
    let done = set_up(&client, replicas, &wanted(replicas), &[]).await?;
    let mut all_well = true;
    for (name, result) in &done {
        terminal::say(&format!("{name:<14} {}", words(result)));
        all_well &= !is_damage(result);
    }
    Ok(if all_well { Outcome::Done } else { Outcome::NotAll })
}

/// The set-up of `samvirke up`, which lists the streams in its data directory too.
///
/// What is damaged stays so, and its services wait: the others go on, and an operator can look.
pub(crate) async fn set_up_own(client: &Client, data: &Path) -> anyhow::Result<()> {
    let file = data.join(LIST);
    let known: Vec<String> = match fs::read_to_string(&file) {
        Ok(text) => text.lines().map(str::to_owned).collect(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
        Err(error) => {
            return Err(error).with_context(|| format!("{} is unreadable", file.display()));
        }
    };
    let done = set_up(client, 1, &wanted(1), &known).await?;
    let mut names: BTreeSet<&str> = known.iter().map(String::as_str).collect();
    for (name, result) in &done {
        names.insert(name);
        if is_damage(result) {
            terminal::complain(&format!("samvirke: stream {name}: {}", words(result)));
        }
    }
    let text: String = names.iter().flat_map(|name| [name, "\n"]).collect();
    let beside = file.with_extension("new");
    fs::write(&beside, text)
        .and_then(|()| fs::rename(&beside, &file))
        .with_context(|| format!("the streams cannot be listed in {}", file.display()))
}

fn is_damage(result: &SetUp) -> bool {
    match result {
        SetUp::There | SetUp::Made | SetUp::TakenIn => false,
        SetUp::Missing | SetUp::ListLost => true,
    }
}

fn words(result: &SetUp) -> &'static str {
    match result {
        SetUp::There => "is there",
        SetUp::Made => "was made",
        SetUp::TakenIn => "was there before, and is listed from now on",
        SetUp::Missing => {
            "is LOST: it was made once and is not there; restore it, or accept that with samvirke streams adopt"
        }
        SetUp::ListLost => {
            "was listed, and the list is LOST: restore it, or accept the stream as it is with samvirke streams adopt"
        }
    }
}

/// `samvirke streams`.
pub(crate) async fn run(
    configuration: &Configuration,
    command: &StreamsCommand,
) -> anyhow::Result<Outcome> {
    match command {
        StreamsCommand::List { json } => list(configuration, *json).await,
        StreamsCommand::Adopt(asked) => accept(configuration, asked).await,
    }
}

/// One stream, for people and scripts.
#[derive(Serialize)]
struct Line {
    stream: String,
    /// SHA-256 of message 1: the stream's identity. None while it is empty.
    identity: Option<String>,
    last: Option<u64>,
    /// How far the list of streams knows that it had come.
    noted: Option<u64>,
    /// What is wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    damage: Option<String>,
    /// Sequences at which nothing can be read and that nobody has accepted.
    #[serde(skip_serializing_if = "String::is_empty")]
    gaps: String,
}

async fn list(configuration: &Configuration, json: bool) -> anyhow::Result<Outcome> {
    let client = connections::nats(&configuration.nats).await?;
    let mut lines = Vec::new();
    for settings in wanted(configuration.nats.replicas.unwrap_or(1)) {
        let weighed = weigh(&client, &settings).await?;
        let found = weighed.found.as_ref();
        lines.push(Line {
            stream: settings.name.clone(),
            identity: found.and_then(|found| found.first.clone()),
            last: found.and_then(|found| found.last.as_ref()).map(|last| last.sequence),
            noted: weighed
                .known
                .as_ref()
                .and_then(|known| known.last.as_ref())
                .map(|last| last.sequence),
            damage: weighed.damage.as_ref().map(ToString::to_string),
            gaps: told(&weighed.new_gaps()),
        });
    }
    if json {
        terminal::say(&serde_json::to_string_pretty(&lines)?);
    } else {
        lines.iter().for_each(|line| terminal::say(&as_text(line)));
    }
    let all_well = lines.iter().all(|line| line.damage.is_none() && line.gaps.is_empty());
    Ok(if all_well { Outcome::Done } else { Outcome::NotAll })
}

fn as_text(line: &Line) -> String {
    let Line { stream, identity, last, damage, gaps, .. } = line;
    let identity = short(identity.as_deref());
    let last = last.map_or_else(|| "-".to_owned(), |last| last.to_string());
    let damage = damage.as_ref().map(|what| format!("  DAMAGED: {what}")).unwrap_or_default();
    let gaps = match gaps.as_str() {
        "" => String::new(),
        gaps => format!("  UNREADABLE: {gaps}"),
    };
    format!("{stream:<14} {identity:<16} at {last:>9}{damage}{gaps}")
}

async fn accept(configuration: &Configuration, asked: &Adopt) -> anyhow::Result<Outcome> {
    let client = connections::nats(&configuration.nats).await?;
    let replicas = configuration.nats.replicas.unwrap_or(1);
    let all = wanted(replicas);
    for name in &asked.names {
        let known: Vec<&str> = all.iter().map(|one| one.name.as_str()).collect();
        anyhow::ensure!(
            known.contains(&name.as_str()),
            "there is no stream {name}; there are {}",
            known.join(", ")
        );
    }
    refuse_where_nothing_was(configuration, &client, &all).await?;
    let mut left = false;
    for settings in all {
        if !(asked.names.is_empty() || asked.names.contains(&settings.name)) {
            continue;
        }
        let weighed = weigh(&client, &settings).await?;
        if !weighed.is_needed() {
            if !asked.names.is_empty() {
                terminal::say(&format!("{} is as it should be", settings.name));
            }
            continue;
        }
        tell(&settings.name, &weighed);
        if asked.dry_run || !(asked.yes || confirmed(&settings.name)?) {
            left = true;
            continue;
        }
        adopt(&client, replicas, weighed).await?;
        terminal::say(&format!("{} is accepted; commands on it go on", settings.name));
    }
    Ok(if left { Outcome::NotAll } else { Outcome::Done })
}

/// Refuses a nats-server that never was Samvirke's: there all streams would be made, and all be well.
///
/// Where the list of streams alone is lost, the streams themselves are there; where all that nats-server kept is
/// lost, the data directory that it belongs to still lists them.
async fn refuse_where_nothing_was(
    configuration: &Configuration,
    client: &Client,
    all: &[StreamSettings],
) -> anyhow::Result<()> {
    let of_samvirke = |name: &str| {
        [RECORDS_STREAM, SNAPSHOT_STREAM].contains(&name) || all.iter().any(|one| one.name == name)
    };
    let holdings = stream_copy::holdings(client).await?;
    let was = holdings.iter().any(|holding| of_samvirke(&holding.name))
        || (Note::is_of(&configuration.data, configuration.nats.url.as_deref())
            && configuration.in_data(LIST).exists());
    anyhow::ensure!(
        was,
        "nothing of Samvirke is in this nats-server ({}), neither the list of streams nor any of them, so there is \
         nothing to accept, and nothing was done; samvirke setup makes the streams of a new installation",
        configuration.nats.url.as_deref().unwrap_or_default()
    );
    Ok(())
}

/// Accepts the streams of a backup that are not as far as its list of streams says. What cannot be read in
/// one of them, nobody accepts here: `samvirke doctor` tells it.
pub(crate) async fn adopt_restored(client: &Client) -> anyhow::Result<()> {
    for settings in wanted(1) {
        let weighed = weigh(client, &settings).await?;
        let (Some(damage), Some(_), true) =
            (&weighed.damage, &weighed.found, weighed.new_gaps().is_empty())
        else {
            continue;
        };
        // What is older than the list is taken into it when it is started.
        if matches!(damage, Damage::NoList | Damage::NotListed) {
            continue;
        }
        terminal::say(&format!("{}: {damage}; it is accepted so", settings.name));
        adopt(client, 1, weighed).await?;
    }
    Ok(())
}

/// Says what would be accepted, and what comes after.
fn tell(name: &str, weighed: &Adoption) {
    let Adoption { damage, known, found, .. } = weighed;
    if let Some(damage) = damage {
        terminal::say(&format!("{name}: {damage}"));
    }
    let gaps = weighed.new_gaps();
    if !gaps.is_empty() {
        let gaps = told(&gaps);
        terminal::say(&format!(
            "{name}: what was stored at {gaps} cannot be read, and is given up"
        ));
    }
    if let Some(known) = known {
        terminal::say(&format!("  it was    {}", record_line(known)));
    }
    match found {
        Some(found) => terminal::say(&format!("  it becomes {}", record_line(found))),
        None => terminal::say("  it is made anew, empty: all that was in it is given up"),
    }
    let end = |record: &Option<Record>| {
        record.as_ref().and_then(|record| record.last.as_ref()).map_or(0, |last| last.sequence)
    };
    if name == stream_name(MEMBERSHIPS) && end(found) < end(known) {
        terminal::say(&format!(
            "  memberships that were ended, seats that were vacated and restrictions of people's access that were \
             registered after {} are undone by this, so that people see again what they no longer may; register \
             them anew at once",
            end(found)
        ));
    }
    terminal::say(
        "  read models that had come further stand still: samvirke doctor names them, samvirke projections \
         rebuild builds them; the feed and the notifications go on from there by themselves",
    );
}

fn record_line(record: &Record) -> String {
    let identity = short(record.first.as_deref());
    match &record.last {
        Some(last) => format!("{identity}, up to {}", last.sequence),
        None => identity.to_owned(),
    }
}

/// The beginning of a stream's identity, by which people know it again.
fn short(identity: Option<&str>) -> &str {
    identity.map_or("empty", |digest| digest.get(..16).unwrap_or(digest))
}

fn confirmed(name: &str) -> anyhow::Result<bool> {
    if !io::stdin().is_terminal() {
        terminal::complain("Nobody is there to confirm it; give --yes.");
        return Ok(false);
    }
    write!(io::stderr(), "Accept this? Write the name of the stream: ")?;
    let mut answer = String::new();
    io::stdin().read_line(&mut answer)?;
    Ok(answer.trim() == name)
}

/// The rows of `samvirke doctor`: every stream is compared with the list and read through.
pub(crate) async fn rows(client: &Client, replicas: usize) -> Vec<Row> {
    let mut rows = Vec::new();
    for settings in wanted(replicas) {
        rows.push(row(client, &settings).await);
        // Each would be waited for in vain.
        if client.connection_state() != State::Connected {
            break;
        }
    }
    rows
}

async fn row(client: &Client, settings: &StreamSettings) -> Row {
    let name = &settings.name;
    let weighed = match weigh(client, settings).await {
        Ok(weighed) => weighed,
        Err(error) => {
            let found = format!("{:#}", anyhow::Error::from(error));
            return Row::fail(CHECK, found, "repair the stream's settings, or ask again");
        }
    };
    let remedy = format!("restore it, or accept it with samvirke streams adopt {name}");
    if let Some(damage) = &weighed.damage {
        return Row::fail(CHECK, format!("{name}: {damage}; it takes no commands"), &remedy);
    }
    let gaps = weighed.new_gaps();
    if !gaps.is_empty() {
        let gaps = told(&gaps);
        let so = match name.as_str() {
            feed::STREAM => "whoever has not taken them misses them",
            _ => "nothing new is made in it",
        };
        let found = format!("{name} has messages that cannot be read, at {gaps}; {so}");
        return Row::fail(CHECK, found, &remedy);
    }
    let end = weighed.found.and_then(|found| found.last).map_or(0, |last| last.sequence);
    Row::ok(CHECK, format!("{name} has {end} commits, and every one can be read"))
}
