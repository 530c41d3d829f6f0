//! Looking at the end of a log's stream, for all who follow it.

use tokio::time::{Instant, MissedTickBehavior};

use super::{BEHIND_AFTER, Ends, LOOKED_AT_EVERY, Lag};
use crate::{
    log::Log,
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
            self.look_at_lags();
        }
        lag
    }

    /// Reports from now on how far a task is behind the stream's end, by what [`Task::has_taken`] says.
    pub fn reports_lag_of(&self, task: &Task) {
        task.reports_lag(&self.identity().name, |name, at| self.lag_of(name, at));
    }

    /// Looks again and again, as long as somebody follows.
    fn look_at_lags(&self) {
        let name = format!("lag on {}, number {}", self.identity().name, rand::random::<u32>());
        let log = self.clone();
        let supervisor = Supervisor::of_process();
        supervisor.supervise_one_of_many("lag on a stream", name, Stop::MayEnd, move |_| {
            let log = log.clone();
            async move {
                let mut ends = Ends::default();
                let mut tick = tokio::time::interval(LOOKED_AT_EVERY);
                tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
                while log.lags().somebody_follows() {
                    tick.tick().await;
                    if let Some(end) = log.end(BEHIND_AFTER).await {
                        ends.saw(Instant::now(), end);
                        log.lags().look(&ends, &log.identity().name);
                    }
                }
                Ok(())
            }
        });
    }
}
