//! The event streams on JetStream: made by a set-up, compared with what the set-up knows of them.
//!
//! An event stream never forgets: no limits, no delete, no purge, no rollup, no TTL, no schedules. A
//! stream with other settings is an error that names the difference; nothing is changed behind an
//! operator's back. Opening a stream never makes it ([`set_up`](mod@set_up)): one that has vanished must
//! not be replaced by an empty one.

pub mod examine;
pub mod guard;
pub mod kinds;
pub mod record;
pub mod set_up;

use async_nats::jetstream::{
    self, ErrorCode,
    context::{CreateStreamError, CreateStreamErrorKind, GetStreamError, GetStreamErrorKind},
    stream::Config,
};
use chrono::{DateTime, Utc};

use crate::jetstream::server_error;

/// The settings of a stream.
pub type StreamSettings = Config;

/// The oldest server that keeps what the store relies on.
pub const SERVER_VERSION_MIN: (u32, u32) = (2, 15);

/// Why a stream cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StreamError {
    #[error("nats-server {found} is too old: Samvirke needs 2.15 or later")]
    ServerTooOld { found: String },
    #[error("the connection to nats-server is not up yet")]
    NotConnected,
    #[error(
        "there is no stream {stream}; samvirke setup makes it where it never was, and one that is lost has to be restored"
    )]
    Missing { stream: String },
    #[error("stream {stream} has other settings than Samvirke needs: {differences}")]
    OtherSettings { stream: String, differences: String },
    #[error("what is known of stream {stream} was changed meanwhile; look at it again")]
    Changed { stream: String },
    #[error("stream {stream} could not be created or read")]
    Unreachable {
        stream: String,
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    #[error(
        "nats-server does not allow this process to ask {subject}, so stream {stream} cannot be used"
    )]
    NotPermitted { stream: String, subject: String },
}

impl StreamError {
    /// Whether the stream may be opened when that is tried again, though nobody has changed anything: not where
    /// the server refuses it, or has settings that do not suit.
    pub fn may_pass(&self) -> bool {
        match self {
            Self::NotConnected => true,
            Self::Unreachable { source, .. } => server_may_return(source.as_ref()),
            Self::ServerTooOld { .. }
            | Self::Missing { .. }
            | Self::OtherSettings { .. }
            | Self::Changed { .. }
            | Self::NotPermitted { .. } => false,
        }
    }
}

/// Whether an opening failed because the server did not answer, or said that it cannot now.
fn server_may_return(source: &(dyn std::error::Error + Send + Sync + 'static)) -> bool {
    if let Some(error) = source.downcast_ref::<GetStreamError>() {
        return match error.kind() {
            GetStreamErrorKind::Request => true,
            GetStreamErrorKind::JetStream(said) => refusal_may_pass(&said),
            GetStreamErrorKind::EmptyName | GetStreamErrorKind::InvalidStreamName => false,
        };
    }
    if let Some(error) = source.downcast_ref::<CreateStreamError>() {
        return match error.kind() {
            CreateStreamErrorKind::JetStreamUnavailable
            | CreateStreamErrorKind::TimedOut
            | CreateStreamErrorKind::Response => true,
            CreateStreamErrorKind::JetStream(said) => refusal_may_pass(&said),
            CreateStreamErrorKind::EmptyStreamName
            | CreateStreamErrorKind::InvalidStreamName
            | CreateStreamErrorKind::DomainAndExternalSet
            | CreateStreamErrorKind::NotFound
            | CreateStreamErrorKind::ResponseParse => false,
        };
    }
    false
}

fn refusal_may_pass(said: &jetstream::Error) -> bool {
    // The account's settings, though its class is that of a server in trouble.
    said.error_code() != ErrorCode::JETSTREAM_NOT_ENABLED_FOR_ACCOUNT
        && u16::try_from(said.code()).is_ok_and(server_error::may_pass)
}

/// Which stream this is: a name alone does not tell a stream from one that replaced it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamIdentity {
    pub name: String,
    pub created: DateTime<Utc>,
}

/// The stream's name for a context: `cases` has `CASES`.
pub fn stream_name(context: &str) -> String {
    context.to_ascii_uppercase()
}

/// Checks that the server is new enough.
///
/// # Errors
///
/// [`StreamError::ServerTooOld`] with the version found.
pub fn check_server(client: &async_nats::Client) -> Result<(), StreamError> {
    let found = client.server_info().version;
    if found.is_empty() {
        return Err(StreamError::NotConnected);
    }
    let mut parts = found.split('.').map(|part| part.parse::<u32>().unwrap_or(0));
    let version = (parts.next().unwrap_or(0), parts.next().unwrap_or(0));
    if version < SERVER_VERSION_MIN {
        return Err(StreamError::ServerTooOld { found });
    }
    Ok(())
}

/// Opens the stream of `context`, and checks that it has the settings it needs.
///
/// # Errors
///
/// When there is none, the server cannot be reached or is too old, or the stream has other settings.
pub async fn open(
    js: &jetstream::Context,
    context: &str,
    replicas: usize,
) -> Result<StreamIdentity, StreamError> {
    open_as(js, &kinds::event_stream(context, replicas)).await
}

/// Opens a stream that is to have these settings.
pub(crate) async fn open_as(
    js: &jetstream::Context,
    wanted: &Config,
) -> Result<StreamIdentity, StreamError> {
    check_server(&js.client())?;
    let found = record::existing(js, &wanted.name).await?;
    let stream = found.ok_or_else(|| StreamError::Missing { stream: wanted.name.clone() })?;
    let info = stream.cached_info();
    check_settings(wanted, &info.config)?;
    Ok(identity(info))
}

/// Opens a stream that nothing is lost with, or makes it.
pub(crate) async fn open_or_make(
    js: &jetstream::Context,
    wanted: &Config,
) -> Result<StreamIdentity, StreamError> {
    check_server(&js.client())?;
    let stream = js.get_or_create_stream(wanted.clone()).await;
    let stream = stream.map_err(|err| record::unreachable(&wanted.name, err))?;
    let info = stream.cached_info();
    check_settings(wanted, &info.config)?;
    Ok(identity(info))
}

fn check_settings(wanted: &Config, found: &Config) -> Result<(), StreamError> {
    match differences(wanted, found).as_slice() {
        [] => Ok(()),
        differences => Err(StreamError::OtherSettings {
            stream: wanted.name.clone(),
            differences: differences.join("; "),
        }),
    }
}

/// The last commit on the stream of `context`; none where there is no such stream.
///
/// # Errors
///
/// When the server cannot be reached.
pub async fn end(client: &async_nats::Client, context: &str) -> Result<Option<u64>, StreamError> {
    let name = stream_name(context);
    let found = record::existing(&jetstream::new(client.clone()), &name).await?;
    Ok(found.map(|stream| stream.cached_info().state.last_sequence))
}

/// Compares a stream with the list of streams, as the services do.
///
/// # Errors
///
/// When the server does not answer.
pub async fn damage(
    client: &async_nats::Client,
    name: &str,
) -> Result<Option<examine::Damage>, StreamError> {
    Ok(examine::examine(&jetstream::new(client.clone()), name).await?.err())
}

/// The identity told by a stream's info.
pub fn identity(info: &jetstream::stream::Info) -> StreamIdentity {
    StreamIdentity { name: info.config.name.clone(), created: info.created }
}

fn differences(wanted: &Config, found: &Config) -> Vec<String> {
    let mut told = Vec::new();
    // Where nothing is asked for, the server says what it takes.
    let mut wanted = wanted.clone();
    if wanted.max_consumers == 0 {
        wanted.max_consumers = found.max_consumers;
    }
    if wanted.duplicate_window.is_zero() {
        wanted.duplicate_window = found.duplicate_window;
    }
    macro_rules! compare {
        ($($field:ident),+ $(,)?) => {
            $(if wanted.$field != found.$field {
                told.push(format!(
                    "{} is {:?} and should be {:?}",
                    stringify!($field), found.$field, wanted.$field,
                ));
            })+
        };
    }
    compare!(
        subjects,
        storage,
        retention,
        discard,
        num_replicas,
        max_bytes,
        max_messages,
        max_messages_per_subject,
        max_age,
        max_message_size,
        max_consumers,
        duplicate_window,
        no_ack,
        discard_new_per_subject,
        first_sequence,
        republish,
        subject_transform,
        allow_direct,
        mirror_direct,
        deny_delete,
        deny_purge,
        allow_atomic_publish,
        allow_rollup,
        allow_message_ttl,
        allow_message_schedules,
        sealed,
        mirror,
        sources,
        compression,
        persist_mode,
    );
    told
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_that_may_be_purged_is_refused_by_name() {
        let wanted = kinds::event_stream("cases", 1);
        let found = Config { deny_purge: false, max_messages: 10, ..wanted.clone() };
        assert_eq!(
            differences(&wanted, &found),
            ["max_messages is 10 and should be -1", "deny_purge is false and should be true"]
        );
        assert!(differences(&wanted, &wanted).is_empty());
        let few = Config { max_consumers: 10, no_ack: true, ..wanted.clone() };
        assert_eq!(
            differences(&wanted, &few),
            ["max_consumers is 10 and should be -1", "no_ack is true and should be false"]
        );
    }
}
