//! Making streams, explicitly and once; opening never does.
//!
//! A stream that is listed and missing is damage. One that is not listed is new with this version, and is
//! made. A stream from before there was a list is taken into it as it is, once. A stream that was restored
//! or lost is accepted only when an operator says so ([`adopt`]).

use std::collections::BTreeSet;

use async_nats::{
    Client,
    jetstream::{
        self,
        stream::{Config, Stream},
    },
};
use samvirke_schemas::{catalogue::COLLECTIONS, feed};

use super::{
    StreamError,
    examine::{Damage, examine, read_through},
    record::{self, Gap, LISTED, Mark, Record, Records, digest_at, existing, unreachable},
};
use crate::{
    parking,
    publication::{self, erasure},
};

/// The streams that this version needs.
pub fn wanted(replicas: usize) -> Vec<Config> {
    let contexts: BTreeSet<&str> = COLLECTIONS.iter().map(|one| one.context).collect();
    let mut wanted: Vec<Config> =
        contexts.into_iter().map(|context| super::settings(context, replicas)).collect();
    wanted.push(publication::settings(feed::STREAM, feed::SUBJECTS, replicas));
    wanted.push(erasure::settings(feed::STREAM, replicas));
    wanted.push(parking::settings(replicas));
    wanted
}

/// What became of one stream of a set-up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SetUp {
    /// It was there, as listed.
    There,
    /// It was made.
    Made,
    /// It was there before there was a list, and is listed from now on.
    TakenIn,
    /// It is listed, and is not there.
    Missing,
    /// It bears the mark of a listed stream, and is not in the list: the list has been lost.
    ListLost,
}

/// What a stream would be accepted as, and what that would give up.
#[derive(Clone, Debug)]
pub struct Adoption {
    /// What is wrong with it; none where nothing is.
    pub damage: Option<Damage>,
    /// What was known of it.
    pub known: Option<Record>,
    /// What would be known of it from now on; none where there is no such stream, so that it would be made
    /// anew, empty.
    pub found: Option<Record>,
    settings: Config,
}

/// Makes the streams that are wanted and not there, unless they were there before.
///
/// `known` names streams that are listed elsewhere too, as in a file beside the server's own.
///
/// # Errors
///
/// When the server does not answer, or a stream has other settings than wanted.
pub async fn set_up(
    client: &Client,
    replicas: usize,
    wanted: &[Config],
    known: &[String],
) -> Result<Vec<(String, SetUp)>, StreamError> {
    super::check_server(client)?;
    let js = &jetstream::new(client.clone());
    let list_is_known = known.iter().any(|name| wanted.iter().any(|one| one.name == *name));
    let mut done = Vec::with_capacity(wanted.len());
    let mut streams = Vec::with_capacity(wanted.len());
    for settings in wanted {
        streams.push((settings, existing(js, &settings.name).await?));
    }
    // After the streams: what another set-up makes meanwhile was listed before it was made.
    let there = Records::open(js).await?;
    let marked = |config: &Config| config.metadata.contains_key(LISTED);
    let lost = there.is_none()
        && (list_is_known
            || streams.iter().any(|(_, found)| {
                found.as_ref().is_some_and(|stream| marked(&stream.cached_info().config))
            }));
    if lost {
        let all = wanted.iter().map(|settings| (settings.name.clone(), SetUp::ListLost));
        return Ok(all.collect());
    }
    let records = match there {
        Some(records) => records,
        None => Records::create(js, replicas).await?,
    };
    for (settings, found) in streams {
        let name = settings.name.clone();
        let record = records.of(&name).await?;
        let result = match (record, found) {
            (Some(record), Some(stream)) => {
                check(js, settings, stream.cached_info()).await?;
                if !record.made {
                    records.put(&Record { made: true, ..record }).await?;
                }
                SetUp::There
            }
            (Some(Record { made: true, .. }), None) if existing(js, &name).await?.is_none() => {
                SetUp::Missing
            }
            // Another set-up has made it meanwhile.
            (Some(Record { made: true, .. }), None) => SetUp::There,
            (Some(Record { made: false, .. }) | None, None) => {
                make(js, &records, settings, None).await?;
                SetUp::Made
            }
            (None, Some(stream)) if marked(&stream.cached_info().config) => SetUp::ListLost,
            (None, Some(stream)) => {
                check(js, settings, stream.cached_info()).await?;
                records.put(&as_it_is(&stream).await?).await?;
                mark(js, &name).await?;
                SetUp::TakenIn
            }
        };
        done.push((name, result));
    }
    Ok(done)
}

/// Sets up some streams where they never were, without the others.
///
/// # Errors
///
/// When one is listed and missing, or has other settings.
pub(crate) async fn set_up_alone(client: &Client, wanted: Vec<Config>) -> Result<(), StreamError> {
    let replicas = wanted.iter().map(|settings| settings.num_replicas).max().unwrap_or(1);
    for (stream, done) in set_up(client, replicas, &wanted, &[]).await? {
        match done {
            SetUp::There | SetUp::Made | SetUp::TakenIn => (),
            SetUp::Missing | SetUp::ListLost => return Err(StreamError::Missing { stream }),
        }
    }
    Ok(())
}

/// Makes a stream that was never there. It is listed first: where that is all that was done, the stream is
/// made the next time.
async fn make(
    js: &jetstream::Context,
    records: &Records,
    settings: &Config,
    accepted: Option<Mark>,
) -> Result<(), StreamError> {
    let name = &settings.name;
    let mut record =
        Record { name: name.clone(), made: false, first: None, last: None, accepted, gaps: vec![] };
    records.put(&record).await?;
    let mut marked = settings.clone();
    marked.metadata.insert(LISTED.into(), "1".into());
    js.create_stream(marked).await.map_err(|err| unreachable(name, err))?;
    record.made = true;
    records.put(&record).await
}

/// Compares the settings, and raises how many may read where an older samvirke asked for less.
async fn check(
    js: &jetstream::Context,
    wanted: &Config,
    found: &jetstream::stream::Info,
) -> Result<(), StreamError> {
    let mut config = found.config.clone();
    // How many may read says nothing of what is kept.
    if config.max_consumers < wanted.max_consumers {
        config.max_consumers = wanted.max_consumers;
        js.update_stream(config.clone()).await.map_err(|err| unreachable(&wanted.name, err))?;
    }
    // A published stream from before messages could be erased stays one.
    let deny_delete = wanted.deny_delete || config.deny_delete && wanted.deny_purge;
    super::check_settings(&Config { deny_delete, ..wanted.clone() }, &config)
}

/// Marks a stream as listed, in the settings that it has now.
async fn mark(js: &jetstream::Context, name: &str) -> Result<(), StreamError> {
    let found = existing(js, name).await?;
    let stream = found.ok_or_else(|| StreamError::Missing { stream: name.to_owned() })?;
    let mut config = stream.cached_info().config.clone();
    if config.metadata.contains_key(LISTED) {
        return Ok(());
    }
    config.metadata.insert(LISTED.into(), "1".into());
    js.update_stream(config).await.map(drop).map_err(|err| unreachable(name, err))
}

/// What is to be known of a stream as it stands. What it lacks today is accepted only by [`adopt`].
async fn as_it_is(stream: &Stream) -> Result<Record, StreamError> {
    let info = stream.cached_info();
    let (name, end) = (info.config.name.clone(), info.state.last_sequence);
    let (mut first, mut last) = (None, None);
    if end > 0 {
        first = digest_at(stream, 1).await?;
        last = digest_at(stream, end).await?.map(|digest| Mark { sequence: end, digest });
    }
    Ok(Record { name, made: true, first, last, accepted: None, gaps: Vec::new() })
}

/// Looks at a stream, and says what accepting it would mean. Nothing is changed.
///
/// # Errors
///
/// When the server does not answer, or the stream has other settings than wanted.
pub async fn weigh(client: &Client, settings: &Config) -> Result<Adoption, StreamError> {
    let js = &jetstream::new(client.clone());
    let name = &settings.name;
    let known = record::known(js, name).await?;
    let damage = examine(js, name).await?.err();
    let found = match existing(js, name).await? {
        None => None,
        Some(stream) => {
            check(js, settings, stream.cached_info()).await?;
            let last = stream.cached_info().state.last_sequence;
            let gaps = read_through(js, &stream, last).await?;
            Some(Record { gaps, ..as_it_is(&stream).await? })
        }
    };
    Ok(Adoption { damage, known, found, settings: settings.clone() })
}

impl Adoption {
    /// The gaps that nobody has accepted so far.
    pub fn new_gaps(&self) -> Vec<Gap> {
        let Some(found) = &self.found else { return Vec::new() };
        match &self.known {
            Some(known) => known.unexplained(&found.gaps),
            None => found.gaps.clone(),
        }
    }

    /// Whether there is anything to accept.
    pub fn is_needed(&self) -> bool {
        self.damage.is_some() || !self.new_gaps().is_empty()
    }
}

/// Accepts a stream as it was weighed: commands on it go on from there. One that is missing is made anew,
/// empty.
///
/// # Errors
///
/// When the server does not answer.
pub async fn adopt(
    client: &Client,
    replicas: usize,
    adoption: Adoption,
) -> Result<(), StreamError> {
    let js = &jetstream::new(client.clone());
    let records = Records::create(js, replicas).await?;
    let nothing = || Mark { sequence: 0, digest: String::new() };
    match adoption.found {
        Some(found) => {
            mark(js, &adoption.settings.name).await?;
            let accepted = Some(found.last.clone().unwrap_or_else(nothing));
            records.put(&Record { accepted, ..found }).await
        }
        None => make(js, &records, &adoption.settings, Some(nothing())).await,
    }
}
