//! What may go wrong between a command and the store, and what its sender is told.

use std::sync::Arc;

use samvirke_schemas::reply::{Refused, RejectionKind};
use tracing::{error, warn};

use crate::{
    committer::AppendError,
    deadline,
    envelope::{DECISION_BYTES_MAX, EVENTS_PER_COMMIT_MAX, EnvelopeError},
    error_chain::chain,
    loaded::{BrokenHistory, FoldError},
    log::stored::ReadError,
    stream::guard::Held,
};

/// The world, or our own bytes, failed.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("the aggregate could not be read")]
    Read(#[from] ReadError),
    #[error("the aggregate's history cannot be understood")]
    History(#[from] EnvelopeError),
    /// Commits of it are missing or altered.
    #[error(transparent)]
    Broken(#[from] BrokenHistory),
    #[error("the commit could not be stored")]
    Append(#[from] AppendError),
    /// What many commands waited for together failed for all of them.
    #[error(transparent)]
    Shared(#[from] Arc<StoreError>),
    #[error("the events cannot be written")]
    Write(#[from] serde_json::Error),
    #[error("a decision has {events} events; at most {EVENTS_PER_COMMIT_MAX} are allowed")]
    TooManyEvents { events: usize },
    #[error(
        "a decision has {bytes} bytes; at most {DECISION_BYTES_MAX} are allowed, so that all that follows from it can be carried"
    )]
    TooLarge { bytes: usize },
    #[error(
        "its history has {history} bytes, so that a decision may have {bytes_max}, with who decides and when; this one has {bytes}"
    )]
    HistoryTooLarge { history: u64, bytes: usize, bytes_max: usize },
}

impl From<StoreError> for Refused {
    fn from(error: StoreError) -> Self {
        error.refusal()
    }
}

impl From<FoldError> for StoreError {
    fn from(error: FoldError) -> Self {
        match error {
            FoldError::Unreadable(error) => Self::History(error),
            FoldError::Broken(error) => Self::Broken(error),
        }
    }
}

impl StoreError {
    /// What the sender of a command is told.
    pub fn refusal(&self) -> Refused {
        match self {
            Self::Read(_) => {
                warn!(error = %chain(self), "the store did not answer");
                Refused::unavailable(
                    "the event store does not answer; nothing was done",
                    "hendelseslageret svarer ikke; ingenting ble gjort",
                )
            }
            Self::Append(AppendError::Unknown { .. }) => {
                warn!(error = %chain(self), "the store did not say what became of a commit");
                Refused::OutcomeUnknown {}
            }
            Self::Append(AppendError::Held(held)) => held_back(held),
            Self::Shared(error) => error.refusal(),
            Self::Append(AppendError::Late) => deadline::passed(),
            Self::Append(AppendError::Overloaded) => Refused::unavailable_as(
                "store-busy",
                "too many commits are waiting; nothing was done",
                "for mange skrivinger venter; ingenting ble gjort",
            ),
            Self::Append(AppendError::Busy { .. }) => {
                warn!(error = %chain(self), "the store says to try again");
                Refused::unavailable_as(
                    "store-busy",
                    "the event store takes nothing just now; nothing was done",
                    "hendelseslageret tar ikke imot noe akkurat nå; ingenting ble gjort",
                )
            }
            Self::Append(AppendError::NoRoom { .. }) => {
                error!(error = %chain(self), "the store is full; an operator must look");
                Refused::NoRoom {
                    detail: "the event store is full; nothing was done".into(),
                    detail_nb: "hendelseslageret er fullt; ingenting ble gjort".into(),
                }
            }
            Self::TooLarge { .. }
            | Self::Append(AppendError::TooLarge { .. })
            | Self::TooManyEvents { .. } => Refused::Rejected {
                code: "decision-too-large".into(),
                kind: RejectionKind::Value,
                rule: "limit".into(),
                detail: format!("{}; divide the command", chain(self)),
                detail_nb: format!(
                    "det er for mye i én kommando: en beslutning har høyst {DECISION_BYTES_MAX} byte og {EVENTS_PER_COMMIT_MAX} hendelser; del den opp"
                ),
                field: None,
            },
            Self::HistoryTooLarge { history, bytes, bytes_max } => Refused::Rejected {
                code: "history-too-large".into(),
                kind: RejectionKind::State,
                rule: "limit".into(),
                detail: format!("{}; go on in another one", chain(self)),
                detail_nb: format!(
                    "det er skrevet så mye her ({history} byte) at en beslutning kan ha høyst {bytes_max} byte, medregnet hvem som beslutter og når; denne har {bytes}: gå videre i en ny, og vis til den"
                ),
                field: None,
            },
            Self::Broken(broken) => {
                error!(aggregate = broken.aggregate, sequence = broken.sequence, error = %broken,
                    "a broken history refuses commands until it is restored");
                metrics::counter!("samvirke_history_broken").increment(1);
                history_broken(broken)
            }
            Self::Append(AppendError::Conflict { .. } | AppendError::Refused { .. })
            | Self::History(_)
            | Self::Write(_) => {
                error!(error = %chain(self), "the store failed");
                Refused::Broken { detail: chain(self) }
            }
        }
    }
}

/// The refusal where a stream is not to be used.
pub(crate) fn not_to_be_used(held: &Held) -> Refused {
    let (code, detail_nb) = match held {
        Held::Unread { stream } => {
            let detail_nb = format!("{stream} blir fortsatt lest gjennom; prøv igjen");
            return Refused::unavailable(held.to_string(), detail_nb);
        }
        Held::Damaged { stream, .. } => (
            "stream-damaged",
            format!(
                "hendelsesstrømmen {stream} er skadet eller en annen enn før; ingenting er gjort, og \
                 ingenting blir gjort før driften har gjenopprettet eller godtatt den"
            ),
        ),
        Held::Gaps { stream, gaps } => (
            "stream-has-gaps",
            format!(
                "det som er lagret i {stream} som nummer {gaps}, kan ikke leses og kan være det som det \
                 spørres om; ingenting nytt blir opprettet før driften har sett på det"
            ),
        ),
    };
    Refused::Damaged { code: code.into(), detail: held.to_string(), detail_nb }
}

fn held_back(held: &Held) -> Refused {
    let refused = not_to_be_used(held);
    if let Refused::Damaged { code, .. } = &refused {
        error!(error = %held, code, "a command is held back");
        metrics::counter!("samvirke_commands_held", "code" => code.clone()).increment(1);
    }
    refused
}

fn history_broken(broken: &BrokenHistory) -> Refused {
    let BrokenHistory { aggregate, version, expected, sequence, .. } = broken;
    Refused::Damaged {
        code: "history-broken".into(),
        detail: format!(
            "{broken}; nothing was done, and nothing is until an operator has restored the stream"
        ),
        detail_nb: format!(
            "historien til {aggregate} er skadet: det som er lagret som nummer {sequence}, begynner med \
             versjon {version}, men versjon {expected} skulle følge; ingenting er gjort, og ingenting \
             blir gjort før driften har gjenopprettet det"
        ),
    }
}
