//! The keys of an issuer that publishes them at an address (`jwks_url`).
//!
//! They are fetched at the start, on a schedule, and when a token names a key that is not known.
//! Whatever goes wrong, the last good keys stay: an issuer that is away turns nobody away whom it
//! vouched for.

use std::{
    net::IpAddr,
    sync::{Arc, PoisonError, RwLock, Weak},
    time::Duration,
};

use reqwest::{Client, StatusCode, Url, header};
use samvirke_kernel::{
    error_chain::chain,
    supervision::{Stop, Supervisor, Task, TaskFailure},
};
use tokio::{
    sync::{Mutex, Semaphore},
    time::Instant,
};

use super::{Key, LoadError, keys::KeySet};
use crate::{clock, fault::Fault, outbound};

/// How often keys are fetched unasked; a key that was withdrawn is trusted for at most so long.
const REFRESH_EVERY: Duration = Duration::from_secs(600);
/// The least time between two fetches because of unknown keys, and the wait after one that failed.
/// Anyone can name a key that does not exist, so this is all the work they can make for the issuer.
const ASK_AGAIN_AFTER_MIN: Duration = Duration::from_secs(10);
/// How long one fetch may take: less than a request may, so that its caller still gets an answer.
const FETCH_MAX: Duration = Duration::from_secs(5);
/// The most bytes in a set of keys.
const BYTES_MAX: usize = 256 * 1024;
/// The most requests that wait for an unknown key at once.
const WAITING_MAX: usize = 64;

/// How often an issuer is asked.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    refresh_every: Duration,
    ask_again_after_min: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self { refresh_every: REFRESH_EVERY, ask_again_after_min: ASK_AGAIN_AFTER_MIN }
    }
}

/// The keys at an address, as they were when last fetched.
#[derive(Debug)]
pub(super) struct Fetched {
    issuer: String,
    url: Url,
    client: Client,
    pace: Pace,
    /// None until a fetch has succeeded.
    keys: RwLock<Option<KeySet>>,
    /// When an unknown key was last asked for, and whether there was an answer.
    asked: Mutex<Option<(Instant, bool)>>,
    waiting: Semaphore,
}

/// Why there are no new keys.
#[derive(Debug, thiserror::Error)]
enum FetchError {
    #[error("the issuer cannot be reached")]
    Away(#[from] reqwest::Error),
    #[error("the issuer answered {status}")]
    Status { status: StatusCode },
    #[error("the issuer's answer has more than {BYTES_MAX} bytes")]
    TooLarge,
    #[error(transparent)]
    Unusable(LoadError),
}

impl Fetched {
    /// Fetches the keys.
    ///
    /// An issuer that cannot be reached stops no start: its tokens wait, those of others do not.
    pub(super) async fn start(issuer: &str, url: &str, pace: Pace) -> Result<Arc<Self>, LoadError> {
        let refused = || LoadError::Address { issuer: issuer.to_owned(), url: url.to_owned() };
        let url = Url::parse(url).ok().filter(is_safe).ok_or_else(refused)?;
        let client = outbound::client().timeout(FETCH_MAX).build();
        let client =
            client.map_err(|source| LoadError::Client { issuer: issuer.to_owned(), source })?;
        let fetched = Arc::new(Self {
            issuer: issuer.to_owned(),
            url,
            client,
            pace,
            keys: RwLock::default(),
            asked: Mutex::default(),
            waiting: Semaphore::new(WAITING_MAX),
        });
        match fetched.refresh().await {
            Err(FetchError::Unusable(error)) => Err(error),
            Ok(()) | Err(_) => Ok(fetched),
        }
    }

    /// Fetches the keys again from time to time, as a task of `tasks`, for as long as they are wanted.
    pub(super) fn supervise(self: &Arc<Self>, tasks: &Supervisor) {
        let (fetched, pace) = (Arc::downgrade(self), self.pace);
        let name = format!("keys of {}", self.issuer);
        tasks.supervise(name, Stop::MayEnd, move |task| {
            let refreshed = fetched.upgrade().is_some_and(|fetched| fetched.has_keys());
            let fresh = keep_fresh(fetched.clone(), pace, refreshed, task);
            async move {
                fresh.await;
                Ok(())
            }
        });
    }

    fn has_keys(&self) -> bool {
        self.keys.read().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    /// The key with this id; one that is not known is asked for.
    pub(super) async fn key(self: &Arc<Self>, kid: &str) -> Result<Arc<Key>, Fault> {
        if let Some(key) = self.known(kid) {
            return Ok(key);
        }
        let _place = self.waiting.try_acquire().map_err(|_| Fault::IssuerAway)?;
        let (this, wanted) = (Arc::clone(self), kid.to_owned());
        // A caller that hangs up must not undo the count of what was asked.
        let asking = tokio::spawn(async move { this.ask_for(&wanted).await });
        let answered = asking.await.unwrap_or(false);
        self.known(kid).ok_or(if answered { Fault::TokenKeyUnknown } else { Fault::IssuerAway })
    }

    pub(super) fn known(&self, kid: &str) -> Option<Arc<Key>> {
        self.keys.read().unwrap_or_else(PoisonError::into_inner).as_ref()?.key(kid)
    }

    /// Fetches the keys for the sake of `kid`, one fetch at a time; tells whether the issuer's last
    /// answer can be relied on.
    async fn ask_for(&self, kid: &str) -> bool {
        let mut asked = self.asked.lock().await;
        // Whoever went before may have brought it.
        if self.known(kid).is_some() {
            return true;
        }
        if let Some((at, answered)) = *asked
            && at.elapsed() < self.pace.ask_again_after_min
        {
            return answered;
        }
        let answered = self.refresh().await.is_ok();
        *asked = Some((clock::instant(), answered));
        answered
    }

    /// Fetches the keys and takes them in; tells of a failure.
    async fn refresh(&self) -> Result<(), FetchError> {
        let fetched = self.fetch().await;
        let result = if fetched.is_ok() { "ok" } else { "failed" };
        metrics::counter!("samvirke_issuer_key_fetches_total", "result" => result).increment(1);
        match fetched {
            Ok(keys) => {
                *self.keys.write().unwrap_or_else(PoisonError::into_inner) = Some(keys);
                Ok(())
            }
            Err(error) => {
                let reason = chain(&error);
                tracing::warn!(issuer = self.issuer, url = %self.url, reason, "no new keys");
                Err(error)
            }
        }
    }

    async fn fetch(&self) -> Result<KeySet, FetchError> {
        let request = self.client.get(self.url.clone());
        let mut response = request.header(header::ACCEPT, "application/json").send().await?;
        if !response.status().is_success() {
            return Err(FetchError::Status { status: response.status() });
        }
        let mut text = Vec::new();
        while let Some(chunk) = response.chunk().await? {
            if text.len() + chunk.len() > BYTES_MAX {
                return Err(FetchError::TooLarge);
            }
            text.extend_from_slice(&chunk);
        }
        KeySet::read(&self.issuer, &text).map_err(FetchError::Unusable)
    }
}

/// Whether nobody on the way can put keys of their own in the place of the issuer's.
fn is_safe(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    let is_here =
        host == "localhost" || host.parse().is_ok_and(|address: IpAddr| address.is_loopback());
    url.scheme() == "https" || (url.scheme() == "http" && is_here)
}

/// Fetches the keys again and again, until nobody wants them any more.
async fn keep_fresh(fetched: Weak<Fetched>, pace: Pace, mut refreshed: bool, task: Task) {
    loop {
        let pause = if refreshed { pace.refresh_every } else { pace.ask_again_after_min };
        tokio::time::sleep(pause).await;
        let Some(fetched) = fetched.upgrade() else { return };
        let fresh = fetched.refresh().await;
        refreshed = fresh.is_ok();
        match fresh {
            Ok(()) => task.progress(),
            Err(error) => task.is_hindered(&TaskFailure::of(&error)),
        }
    }
}

#[cfg(test)]
mod tests;
