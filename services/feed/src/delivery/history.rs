//! What was tried for each subscription, kept for a while to be looked at.

use std::{collections::HashMap, time::Duration};

use samvirke_kernel::{
    log::ReadError,
    publication::recent::{Recent, Retention},
    service::Host,
    stream::StreamError,
};
use samvirke_schemas::{
    id::AggregateId,
    queries::subscription_attempts::{ATTEMPTS_KEPT_MAX, Attempt},
};
use tracing::warn;

/// The stream.
pub const STREAM: &str = "DELIVERIES";
const SUBJECTS: &str = "deliveries.>";
/// How long an attempt is kept.
pub const ATTEMPTS_AGE_MAX: Duration = Duration::from_secs(30 * 24 * 60 * 60);
/// The most attempts of one subscription: those that succeeded and those that failed.
const BOTH_MAX: usize = 2 * ATTEMPTS_KEPT_MAX as usize;

/// The attempts of all subscriptions.
#[derive(Clone, Debug)]
pub struct History(Recent);

/// The last attempts of a subscription.
#[derive(Clone, Debug, Default)]
pub struct Latest {
    pub success: Option<Attempt>,
    pub failure: Option<Attempt>,
}

impl History {
    /// # Errors
    ///
    /// When the stream cannot be used.
    pub async fn open(host: &Host) -> Result<Self, StreamError> {
        let retention = Retention { per_subject_max: ATTEMPTS_KEPT_MAX, age_max: ATTEMPTS_AGE_MAX };
        Ok(Self(host.recent(STREAM, SUBJECTS, retention).await?))
    }

    /// Notes an attempt.
    pub async fn note(&self, id: &AggregateId, attempt: &Attempt) {
        match serde_json::to_vec(attempt) {
            Ok(payload) => self.0.put(subject(id, attempt.succeeded), payload.into()).await,
            Err(error) => warn!(%error, "an attempt cannot be written"),
        }
    }

    /// The last success and the last failure of each of these.
    ///
    /// # Errors
    ///
    /// [`ReadError`].
    pub async fn latest<'a>(
        &self,
        ids: &[&'a AggregateId],
    ) -> Result<HashMap<&'a AggregateId, Latest>, ReadError> {
        let mut found: HashMap<&AggregateId, Latest> = HashMap::new();
        if ids.is_empty() {
            return Ok(found);
        }
        let subjects: Vec<String> =
            ids.iter().flat_map(|id| [subject(id, true), subject(id, false)]).collect();
        let mut newest = HashMap::new();
        for message in self.0.newest(&subjects).await? {
            let attempt = serde_json::from_slice::<Attempt>(&message.payload).ok();
            newest.insert(message.subject, attempt);
        }
        for id in ids {
            let mut take = |succeeded| newest.remove(&subject(id, succeeded)).flatten();
            found.insert(id, Latest { success: take(true), failure: take(false) });
        }
        Ok(found)
    }

    /// The attempts of one subscription, newest first.
    ///
    /// # Errors
    ///
    /// [`ReadError`].
    pub async fn of(&self, id: &AggregateId) -> Result<Vec<Attempt>, ReadError> {
        let filter = format!("deliveries.{}.{}.*", id.cooperation, id.local);
        let messages = self.0.all(&filter, BOTH_MAX).await?;
        let newest_first = messages.iter().rev();
        Ok(newest_first.filter_map(|it| serde_json::from_slice(&it.payload).ok()).collect())
    }
}

fn subject(id: &AggregateId, succeeded: bool) -> String {
    let outcome = if succeeded { "succeeded" } else { "failed" };
    format!("deliveries.{}.{}.{outcome}", id.cooperation, id.local)
}
