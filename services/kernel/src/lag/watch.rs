//! Looking at the end of a stream, for all who follow it.

use std::{future::Future, sync::Arc};

use tokio::time::{Instant, MissedTickBehavior};

use super::{BEHIND_AFTER, Ends, LOOKED_AT_EVERY, Lag, Lags};
use crate::{
    log::Log,
    publication::Publication,
    supervision::{Stop, Supervisor, Task},
};

impl Log {
    /// Looks from now on how far behind the stream's end one is that has taken it up to `at`. `follower` is its
    /// name in the metrics.
    pub fn lag_of(
        &self,
        follower: impl Into<String>,
        at: impl Fn() -> Option<u64> + Send + Sync + 'static,
    ) -> Lag {
        let (lag, begins) = self.lags().add(follower.into(), at);
        if begins {
            let log = self.clone();
            look(self.lags().clone(), &self.identity().name, move || {
                let log = log.clone();
                async move { log.end(BEHIND_AFTER).await }
            });
        }
        lag
    }

    /// Reports from now on how far a task is behind the stream's end, by what [`Task::has_taken`] says.
    pub fn reports_lag_of(&self, task: &Task) {
        task.reports_lag(&self.identity().name, |name, at| self.lag_of(name, at));
    }
}

impl Publication {
    /// As [`Log::reports_lag_of`]. A task that passes over messages says that it has taken them all the same.
    pub fn reports_lag_of(&self, task: &Task) {
        task.reports_lag(&self.identity().name, |name, at| {
            let (lag, begins) = self.lags().add(name, at);
            if begins {
                let publication = self.clone();
                look(self.lags().clone(), &self.identity().name, move || {
                    let publication = publication.clone();
                    async move {
                        let end = tokio::time::timeout(BEHIND_AFTER, publication.last_sequence());
                        end.await.ok()?.ok()
                    }
                });
            }
            lag
        });
    }
}

/// Looks again and again where the stream ends, as long as somebody follows.
fn look<F>(lags: Arc<Lags>, stream: &str, end: impl Fn() -> F + Clone + Send + Sync + 'static)
where
    F: Future<Output = Option<u64>> + Send + 'static,
{
    let stream = stream.to_owned();
    let name = format!("lag on {stream}, number {}", rand::random::<u32>());
    let supervisor = Supervisor::of_process();
    supervisor.supervise_one_of_many("lag on a stream", name, Stop::MayEnd, move |_| {
        let (lags, stream, end) = (lags.clone(), stream.clone(), end.clone());
        async move {
            let mut ends = Ends::default();
            let mut tick = tokio::time::interval(LOOKED_AT_EVERY);
            tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
            while lags.somebody_follows() {
                tick.tick().await;
                if let Some(end) = end().await {
                    ends.saw(Instant::now(), end);
                    lags.look(&ends, &stream);
                }
            }
            Ok(())
        }
    });
}
