//! The streams of this process that take no commits, for whoever reports on it.

use std::{
    collections::BTreeMap,
    sync::{LazyLock, Mutex, MutexGuard, PoisonError},
};

use samvirke_schemas::standing::{StoreState, StoreStatus};

use crate::clock;

static STORES: LazyLock<Mutex<BTreeMap<String, StoreStatus>>> = LazyLock::new(Mutex::default);

fn stores() -> MutexGuard<'static, BTreeMap<String, StoreStatus>> {
    STORES.lock().unwrap_or_else(PoisonError::into_inner)
}

/// All of them.
pub(crate) fn troubled() -> Vec<StoreStatus> {
    stores().values().cloned().collect()
}

/// Why a stream takes no commits, if it does not.
pub(super) fn state_of(stream: &str) -> Option<StoreState> {
    stores().get(stream).map(|status| status.state)
}

/// Notes why a stream takes no commits, and since when, unless that is known.
pub(super) fn note(stream: &str, state: StoreState, reason: String) {
    let mut stores = stores();
    let since = stores.get(stream).map_or_else(clock::now, |known| known.since);
    let status = StoreStatus { stream: stream.to_owned(), state, reason, since };
    stores.insert(stream.to_owned(), status);
}

/// Notes that a stream takes commits again.
pub(super) fn forget(stream: &str) {
    stores().remove(stream);
}
