//! What every query shares: its parameters, its wait, its answer or refusal.

use std::{collections::HashMap, time::Duration};

use samvirke_kernel::{
    position::Position,
    projection::{Progress, reached},
    stream::stream_name,
};
use samvirke_schemas::{
    message::QueryMessage,
    principal::Principal,
    reply::{Refused, RejectionKind},
};
use serde::de::DeserializeOwned;
use sqlx::{PgPool, types::Json};
use tokio::sync::watch;
use tracing::warn;

use crate::model::ReadModel;

/// How long a query waits for its read model to reach the position it was given.
pub const WAIT_MAX: Duration = Duration::from_secs(5);
/// The most rows on one page.
pub const PAGE_ROWS_MAX: u32 = 200;
/// The rows on a page where none is asked for.
pub const PAGE_ROWS: u32 = 50;

/// Why a query has no answer.
#[derive(Debug, thiserror::Error)]
pub enum QueryError {
    #[error("there is no {what} {id}")]
    Missing { what: &'static str, id: String },
    #[error("{field}: {detail}")]
    Invalid { field: String, detail: String },
    #[error("{projection} has not come to {wanted} yet")]
    Behind { projection: &'static str, wanted: Position },
    #[error("{projection} has halted; an operator must look")]
    Halted { projection: &'static str },
    #[error("the read models' database does not answer")]
    Database(#[from] sqlx::Error),
}

/// How far each read model has come, by name and stream.
pub type ProgressBoard = HashMap<(&'static str, String), watch::Receiver<Progress>>;

/// A query that is being answered.
pub struct Asked<'a> {
    pub pool: &'a PgPool,
    pub principal: &'a Principal,
    pub after: &'a [Position],
    pub board: &'a ProgressBoard,
}

impl Asked<'_> {
    /// Waits until the read model has seen the positions that the caller gave.
    ///
    /// # Errors
    ///
    /// When it does not in time, or has halted.
    pub async fn seen<M: ReadModel>(&self) -> Result<(), QueryError> {
        for context in M::CONTEXTS {
            let stream = stream_name(context);
            let Some(progress) = self.board.get(&(M::NAME, stream.clone())) else { continue };
            for wanted in self.after.iter().filter(|wanted| wanted.stream == stream) {
                let mut progress = progress.clone();
                if !reached(&mut progress, wanted.sequence, WAIT_MAX).await {
                    return Err(if progress.borrow().halted {
                        QueryError::Halted { projection: M::NAME }
                    } else {
                        QueryError::Behind { projection: M::NAME, wanted: wanted.clone() }
                    });
                }
            }
        }
        Ok(())
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
        .ok_or_else(|| QueryError::Missing { what: M::TABLE, id: id.to_owned() })
}

/// The parameters of a query, by the names in its struct.
///
/// # Errors
///
/// [`QueryError::Invalid`] with the parameter at fault.
pub fn parameters<P: DeserializeOwned>(message: &QueryMessage) -> Result<P, QueryError> {
    serde_path_to_error::deserialize(serde_json::Value::Object(message.parameters.clone())).map_err(
        |err| QueryError::Invalid {
            field: err.path().to_string(),
            detail: err.inner().to_string(),
        },
    )
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
            QueryError::Invalid { field, detail } => Self::Invalid { field, detail },
            QueryError::Behind { .. } => {
                Self::Unavailable { detail: format!("{error}; try again") }
            }
            QueryError::Halted { .. } => Self::Unavailable { detail: error.to_string() },
            QueryError::Database(source) => {
                warn!(error = %source, "a query failed");
                Self::Unavailable { detail: "the read models do not answer; try again".into() }
            }
        }
    }
}
