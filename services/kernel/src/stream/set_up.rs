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
    kinds,
    record::{self, Gap, LISTED, Mark, Record, Records, digest_at, existing, unreachable},
};

/// The streams that this version needs.
pub fn wanted(replicas: usize) -> Vec<Config> {
    let contexts: BTreeSet<&str> = COLLECTIONS.iter().map(|one| one.context).collect();
    let mut wanted: Vec<Config> =
        contexts.into_iter().map(|context| kinds::event_stream(context, replicas)).collect();
    wanted.push(kinds::published_stream(feed::STREAM, feed::SUBJECTS, replicas));
    wanted.push(kinds::erasure_stream(feed::STREAM, replicas));
    wanted.push(kinds::parked_stream(replicas));
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
                    note_made(&records, &name).await?;
                }
                SetUp::There
            }
            (Some(Record { made: true, .. }), None) if existing(js, &name).await?.is_none() => {
                SetUp::Missing
            }
            // Another set-up has made it meanwhile.
            (Some(Record { made: true, .. }), None) => SetUp::There,
            (Some(Record { made: false, .. }) | None, None) => {
                match make(js, &records, settings).await? {
                    true => SetUp::Made,
                    false => SetUp::There,
                }
            }
            (None, Some(stream)) if marked(&stream.cached_info().config) => SetUp::ListLost,
            (None, Some(stream)) => {
                check(js, settings, stream.cached_info()).await?;
                let found = as_it_is(&stream).await?;
                let taken_in = |known: Option<&Record>| Ok(known.is_none().then(|| found.clone()));
                records.change(&name, taken_in).await?;
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

/// Makes a stream that was never there; says whether it did, or another set-up has meanwhile. It is listed
/// first: where that is all that was done, the stream is made the next time.
async fn make(
    js: &jetstream::Context,
    records: &Records,
    settings: &Config,
) -> Result<bool, StreamError> {
    if list(records, &settings.name).await? {
        create(js, records, settings).await?;
        return Ok(true);
    }
    Ok(false)
}

/// Lists a stream that is to be made; says whether it is still to be.
async fn list(records: &Records, name: &str) -> Result<bool, StreamError> {
    let listed = Record {
        name: name.to_owned(),
        made: false,
        first: None,
        last: None,
        accepted: None,
        gaps: Vec::new(),
    };
    let known = records.change(name, |known| Ok(known.is_none().then(|| listed.clone()))).await?;
    Ok(known.is_none_or(|known| !known.made))
}

/// Makes a listed stream.
async fn create(
    js: &jetstream::Context,
    records: &Records,
    settings: &Config,
) -> Result<(), StreamError> {
    let name = &settings.name;
    let mut marked = settings.clone();
    marked.metadata.insert(LISTED.into(), "1".into());
    js.create_stream(marked).await.map_err(|err| unreachable(name, err))?;
    note_made(records, name).await
}

/// Notes that a listed stream is made, and nothing else: another set-up may have made it before, and what is
/// noted of its end since then stays.
async fn note_made(records: &Records, name: &str) -> Result<(), StreamError> {
    let made = |known: Option<&Record>| {
        let listed = known.filter(|known| !known.made);
        Ok(listed.map(|known| Record { made: true, ..known.clone() }))
    };
    records.change(name, made).await.map(drop)
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
    let Adoption { known, found, settings, .. } = adoption;
    let name = &settings.name;
    let nothing = || Mark { sequence: 0, digest: String::new() };
    match found {
        Some(found) => {
            mark(js, name).await?;
            let accepted = Some(found.last.clone().unwrap_or_else(nothing));
            let accepted = Record { accepted, ..found };
            let change = |now: Option<&Record>| accept(known.as_ref(), now, &accepted).map(Some);
            records.change(name, change).await.map(drop)
        }
        None => {
            let listed = Record {
                name: name.clone(),
                made: false,
                first: None,
                last: None,
                accepted: Some(nothing()),
                gaps: Vec::new(),
            };
            let is_as_weighed = |now: Option<&Record>| match now == known.as_ref() {
                true => Ok(Some(listed.clone())),
                false => Err(StreamError::Changed { stream: name.clone() }),
            };
            records.change(name, is_as_weighed).await?;
            create(js, &records, &settings).await
        }
    }
}

/// The record of a stream that is accepted, where it is known as it was when it was weighed, or more of its end
/// was noted meanwhile.
fn accept(
    weighed: Option<&Record>,
    now: Option<&Record>,
    accepted: &Record,
) -> Result<Record, StreamError> {
    let (Some(then), Some(known)) = (weighed, now) else {
        return match weighed == now {
            true => Ok(accepted.clone()),
            false => Err(StreamError::Changed { stream: accepted.name.clone() }),
        };
    };
    if (&then.accepted, &then.gaps) != (&known.accepted, &known.gaps) {
        return Err(StreamError::Changed { stream: accepted.name.clone() });
    }
    let sequence = |mark: &Option<Mark>| mark.as_ref().map_or(0, |mark| mark.sequence);
    match sequence(&known.last) > sequence(&then.last) {
        true => Ok(Record { last: known.last.clone(), ..accepted.clone() }),
        false => Ok(accepted.clone()),
    }
}

#[cfg(test)]
mod tests {
    use samvirke_private_servers::temporary;

    use super::*;

    /// What is looked at of a record.
    fn seen(record: Option<Record>) -> (bool, Option<u64>, Vec<Gap>) {
        let record = record.unwrap();
        (record.made, record.last.map(|last| last.sequence), record.gaps)
    }

    fn mark_at(sequence: u64) -> Mark {
        Mark { sequence, digest: format!("of {sequence}") }
    }

    #[tokio::test]
    async fn a_set_up_that_is_late_writes_over_nothing_that_was_noted_meanwhile() {
        let server = temporary::nats().await.unwrap();
        let client = async_nats::connect(server.url()).await.unwrap();
        let js = &jetstream::new(client.clone());
        let wanted = super::kinds::event_stream("cases", 1);
        // One has listed the stream, and is held up there.
        let late = Records::create(js, 1).await.unwrap();
        assert!(list(&late, "CASES").await.unwrap());
        // Another one makes it, and a service stores commits and notes them.
        let all = std::slice::from_ref(&wanted);
        let done = set_up(&client, 1, all, &[]).await.unwrap();
        assert_eq!(done, [("CASES".to_owned(), SetUp::Made)]);
        let note = |end: u64| {
            move |known: Option<&Record>| {
                Ok(known.map(|known| Record { last: Some(mark_at(end)), ..known.clone() }))
            }
        };
        late.change("CASES", note(7)).await.unwrap();
        // The first one goes on.
        create(js, &late, &wanted).await.unwrap();
        assert_eq!(seen(late.of("CASES").await.unwrap()), (true, Some(7), vec![]));
        assert!(!list(&late, "CASES").await.unwrap(), "it is made already");
        // So does one that had read the list when the stream was not yet in it.
        assert!(!make(js, &late, &wanted).await.unwrap());
        assert_eq!(seen(late.of("CASES").await.unwrap()), (true, Some(7), vec![]));
        // A record that was made from an older one is not written.
        let (known, sequence) = late.read("CASES").await.unwrap();
        late.change("CASES", note(8)).await.unwrap();
        assert!(!late.write(&known.unwrap(), sequence).await.unwrap());
        assert_eq!(seen(late.of("CASES").await.unwrap()), (true, Some(8), vec![]));
    }

    #[tokio::test]
    async fn set_ups_at_the_same_time_make_each_stream_once_and_all_of_them_are_listed() {
        let server = temporary::nats().await.unwrap();
        let client = async_nats::connect(server.url()).await.unwrap();
        let wanted = wanted(1);
        let set_ups = (0..4).map(|_| set_up(&client, 1, &wanted, &[]));
        for done in futures::future::join_all(set_ups).await {
            let is_sound = |(_, done): &(String, SetUp)| matches!(done, SetUp::Made | SetUp::There);
            assert!(done.unwrap().iter().all(is_sound));
        }
        let records = Records::open(&jetstream::new(client)).await.unwrap().unwrap();
        let all = records.all().await.unwrap();
        assert_eq!(all.len(), wanted.len());
        assert!(all.iter().all(|record| record.made), "{all:?}");
    }

    #[test]
    fn what_was_noted_of_the_end_meanwhile_stays_and_what_another_operator_accepted_is_not_undone()
    {
        let record = |last: u64, gaps: &[Gap]| Record {
            name: "CASES".into(),
            made: true,
            first: None,
            last: Some(mark_at(last)),
            accepted: None,
            gaps: gaps.to_vec(),
        };
        let gap = Gap { from: 2, to: 2 };
        let (then, wanted) = (record(5, &[]), record(5, &[gap]));
        let accepted = |now: &Record| accept(Some(&then), Some(now), &wanted);
        assert_eq!(accepted(&then).unwrap(), wanted);
        assert_eq!(accepted(&record(9, &[])).unwrap(), record(9, &[gap]));
        let others = record(5, &[Gap { from: 3, to: 3 }]);
        assert!(matches!(accepted(&others), Err(StreamError::Changed { .. })));
        // One that has lost its tail is accepted as it ends now.
        let cut = record(3, &[]);
        assert_eq!(accept(Some(&then), Some(&then), &cut).unwrap(), cut);
        assert!(accept(None, Some(&then), &cut).is_err());
    }
}
