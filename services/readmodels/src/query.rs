//! What every query shares: its parameters, its wait, its answer or refusal.

use std::{
    collections::{BTreeSet, HashMap},
    time::Duration,
};

use futures::future::join_all;
use samvirke_access::{Directory, SEE_ALL, Sittings, Viewer};
use samvirke_kernel::{
    in_memory_projection::{Behind, ProjectionRunner},
    lag::Lag,
    log::Log,
    position::{BeyondTheEnd, Position},
    projection::{Progress, reached},
    stream::stream_name,
};
use samvirke_schemas::{
    date::Date,
    id::CooperationId,
    networks::rules::PersonId,
    principal::Principal,
    reply::{Refused, RejectionKind},
};
use sqlx::{PgPool, types::Json};
use tokio::{sync::watch, time::Instant};
use tracing::warn;

use crate::model::{ReadModel, TableKey};

/// How long a query waits for its read models to reach the positions it was given.
pub const WAIT_MAX: Duration = Duration::from_secs(5);
/// How long a position is waited for before it is asked whether the stream has come so far at all.
const SOON: Duration = Duration::from_millis(200);
/// How long an answer waits for other rows to reach the stream's end; then what they restrict is withheld.
const CURRENT_WITHIN: Duration = Duration::from_secs(2);

/// Why a query has no answer.
#[derive(Debug, thiserror::Error)]
pub enum QueryError {
    #[error("there is no {what} {id}")]
    Missing { what: &'static str, id: String },
    #[error("a parameter cannot be taken: {0:?}")]
    Invalid(Refused),
    #[error("only the member itself and those who see everything may read a member's inbox")]
    NotYourInbox,
    #[error("{projection} has not come to {wanted} yet")]
    Behind { projection: &'static str, wanted: Position },
    #[error(transparent)]
    Beyond(#[from] BeyondTheEnd),
    #[error("{projection} has not come to the end of its stream in time")]
    NotCurrent { projection: &'static str },
    #[error("{projection} has halted; an operator must look")]
    Halted { projection: &'static str },
    #[error("not everything that has happened to {what} {id} could be read; an operator must look")]
    Late { what: &'static str, id: String },
    #[error("who is a member and who has a seat cannot be told")]
    Directory(#[from] Behind),
    #[error("the read models' database does not answer")]
    Database(#[from] sqlx::Error),
}

/// How far each read model has come, by name and stream.
pub type ProgressBoard = HashMap<(&'static str, String), watch::Receiver<Progress>>;

/// How far behind each read model is, by name and stream.
pub type LagBoard = HashMap<(&'static str, String), Lag>;

/// What answers are made of.
#[derive(Debug)]
pub struct Sources {
    pub pool: PgPool,
    pub board: ProgressBoard,
    pub lags: LagBoard,
    /// The streams that the read models are built from.
    pub logs: Vec<Log>,
    /// Memberships and seats, and deputies who are sitting in.
    pub directory: ProjectionRunner<Directory>,
    pub sittings: ProjectionRunner<Sittings>,
}

impl Sources {
    fn log(&self, stream: &str) -> Option<&Log> {
        self.logs.iter().find(|log| log.identity().name == stream)
    }
}

/// A query that is being answered.
pub struct QueryContext<'a> {
    pub pool: &'a PgPool,
    pub sources: &'a Sources,
    pub principal: &'a Principal,
    /// Who asks, by the id that NETWORKS knows.
    pub person: Option<PersonId>,
    pub after: &'a [Position],
    /// The day in Norway on which it is asked.
    pub today: Date,
}

impl QueryContext<'_> {
    /// Who asks, as they stand in a cooperation today.
    ///
    /// # Errors
    ///
    /// When memberships or seats cannot be told up to now.
    pub async fn viewer(&self, cooperation: &CooperationId) -> Result<Viewer, QueryError> {
        let (principal, person, today) = (self.principal, self.person, self.today);
        if let Some(viewer) = Viewer::without_directory(principal, person, cooperation, today) {
            return Ok(viewer);
        }
        let directory = self.sources.directory.at(self.after).await?;
        let viewer = |sittings: &Sittings| {
            Viewer::new(principal, person, cooperation, today, &directory, sittings)
        };
        // Only people sit in for others.
        Ok(match person {
            Some(_) => viewer(&*self.sources.sittings.at(self.after).await?),
            None => viewer(&Sittings::default()),
        })
    }

    /// Waits until the tables have come to where their streams end now; each stream is asked once.
    ///
    /// # Errors
    ///
    /// When one has halted, or does not within [`CURRENT_WITHIN`].
    pub(crate) async fn at_the_ends_of(&self, tables: &[TableKey]) -> Result<(), QueryError> {
        let contexts: BTreeSet<&str> =
            tables.iter().flat_map(|table| table.contexts).copied().collect();
        let ends = contexts.into_iter().map(|context| async move {
            let log = self.sources.log(&stream_name(context))?;
            Some((context, log.end(CURRENT_WITHIN).await?))
        });
        let ends: HashMap<&str, u64> = join_all(ends).await.into_iter().flatten().collect();
        for table in tables {
            let projection = table.projection;
            for context in table.contexts {
                let progress = self.sources.board.get(&(projection, stream_name(context)));
                let mut progress =
                    progress.cloned().ok_or(QueryError::NotCurrent { projection })?;
                if progress.borrow().halted {
                    return Err(QueryError::Halted { projection });
                }
                let end = ends.get(context).ok_or(QueryError::NotCurrent { projection })?;
                if !reached(&mut progress, *end, CURRENT_WITHIN).await {
                    return Err(QueryError::NotCurrent { projection });
                }
            }
        }
        Ok(())
    }

    /// Waits until the tables have seen the positions that the caller gave, and, where something of the
    /// cooperation may be withheld from the caller, all that was stored before the question: a row that is
    /// behind does not know what restricts it by now.
    ///
    /// # Errors
    ///
    /// When one does not in time, or has halted.
    pub async fn seen(
        &self,
        tables: &[TableKey],
        cooperation: &CooperationId,
    ) -> Result<(), QueryError> {
        self.seen_what_was_given(tables).await?;
        if !self.principal.is_any(SEE_ALL, cooperation) {
            self.at_the_ends_of(tables).await?;
        }
        Ok(())
    }

    /// Waits until the tables have seen the positions that the caller gave: for a table by whose rows nobody
    /// tells what is withheld.
    ///
    /// # Errors
    ///
    /// As [`QueryContext::seen`].
    pub async fn seen_what_was_given(&self, tables: &[TableKey]) -> Result<(), QueryError> {
        let deadline = Instant::now() + WAIT_MAX;
        for table in tables {
            for context in table.contexts {
                self.seen_in(table.projection, context, deadline).await?;
            }
        }
        Ok(())
    }

    async fn seen_in(
        &self,
        projection: &'static str,
        context: &str,
        deadline: Instant,
    ) -> Result<(), QueryError> {
        let stream = stream_name(context);
        let Some(progress) = self.sources.board.get(&(projection, stream.clone())) else {
            return Ok(());
        };
        for wanted in self.after.iter().filter(|wanted| wanted.stream == stream) {
            let mut progress = progress.clone();
            if reached(&mut progress, wanted.sequence, SOON).await {
                continue;
            }
            self.is_within_the_stream(wanted).await?;
            let left = deadline.saturating_duration_since(Instant::now());
            if !reached(&mut progress, wanted.sequence, left).await {
                return Err(if progress.borrow().halted {
                    QueryError::Halted { projection }
                } else {
                    QueryError::Behind { projection, wanted: wanted.clone() }
                });
            }
        }
        Ok(())
    }

    /// Whether there is something to wait for.
    async fn is_within_the_stream(&self, wanted: &Position) -> Result<(), QueryError> {
        let Some(log) = self.sources.log(&wanted.stream) else { return Ok(()) };
        // Where the stream does not answer, the wait says what there is to say.
        match log.last_sequence().await {
            Ok(last) if wanted.sequence > last => {
                let (stream, wanted) = (wanted.stream.clone(), wanted.sequence);
                Err(BeyondTheEnd { stream, wanted, last }.into())
            }
            Ok(_) | Err(_) => Ok(()),
        }
    }
}

/// One row's document.
///
/// # Errors
///
/// [`QueryError::Missing`] when there is none.
pub async fn document<M: ReadModel>(pool: &PgPool, id: &str) -> Result<M::Row, QueryError> {
    let found: Option<Json<M::Row>> =
        sqlx::query_scalar(&format!("SELECT document FROM {} WHERE id = $1", M::TABLE))
            .bind(id)
            .fetch_optional(pool)
            .await?;
    found
        .map(|Json(row)| row)
        .ok_or_else(|| QueryError::Missing { what: M::KIND, id: id.to_owned() })
}

impl From<QueryError> for Refused {
    fn from(error: QueryError) -> Self {
        match error {
            QueryError::Missing { .. } => Self::Rejected {
                code: "not-found".into(),
                kind: RejectionKind::Missing,
                rule: "RFC 9110 § 15.5.5".into(),
                detail: error.to_string(),
                detail_nb: "det som ble spurt etter, finnes ikke".into(),
                field: None,
            },
            QueryError::NotYourInbox => Self::Rejected {
                code: "not-your-inbox".into(),
                kind: RejectionKind::Forbidden,
                rule: "R45".into(),
                detail: error.to_string(),
                detail_nb:
                    "bare medlemmet selv og de som ser alt, kan lese innkurven til et medlem".into(),
                field: Some("member".into()),
            },
            QueryError::Invalid(refused) => refused,
            QueryError::Behind { .. } | QueryError::NotCurrent { .. } => {
                let detail_nb = "lesemodellen er ikke kommet så langt ennå; prøv igjen";
                Self::unavailable(format!("{error}; try again"), detail_nb)
            }
            QueryError::Beyond(beyond) => beyond.into(),
            QueryError::Late { .. } => Self::unavailable(
                error.to_string(),
                "ikke alt som har skjedd, kunne leses; en driftsansvarlig må se på det",
            ),
            QueryError::Directory(behind) => behind.into(),
            QueryError::Halted { .. } => Self::unavailable(
                error.to_string(),
                "lesemodellen har stanset; en driftsansvarlig må se på den",
            ),
            QueryError::Database(source) => {
                warn!(error = %source, "a query failed");
                Self::unavailable(
                    "the read models do not answer; try again",
                    "lesemodellene svarer ikke; prøv igjen",
                )
            }
        }
    }
}
