//! What a receiver has got, in the order it came.

use std::{
    collections::HashSet,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

/// An event that came.
#[derive(Clone, Debug)]
pub(super) struct Got {
    pub(super) position: u64,
    /// The id that the receiver recognises a repetition by.
    pub(super) id: String,
    pub(super) event: Vec<u8>,
    /// Whether it was stored, and not lost with a receiver that failed at it.
    pub(super) kept: bool,
    /// Whether it came as one that had been sent before.
    pub(super) again: bool,
}

/// What one receiver has got.
#[derive(Debug, Default)]
pub(super) struct Shelf {
    got: Mutex<Vec<Got>>,
    misbehaved: AtomicUsize,
    broken: Mutex<Option<String>>,
}

impl Shelf {
    pub(super) fn put(&self, got: Got) {
        self.got.lock().unwrap_or_else(PoisonError::into_inner).push(got);
    }

    pub(super) fn got(&self) -> Vec<Got> {
        self.got.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The positions of what is kept.
    pub(super) fn kept(&self) -> HashSet<u64> {
        let got = self.got.lock().unwrap_or_else(PoisonError::into_inner);
        got.iter().filter(|got| got.kept).map(|got| got.position).collect()
    }

    /// Notes that the receiver did something wrong on purpose.
    pub(super) fn misbehave(&self) {
        self.misbehaved.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn misbehaved(&self) -> usize {
        self.misbehaved.load(Ordering::Relaxed)
    }

    /// Notes a promise that was broken to the receiver.
    pub(super) fn breaks(&self, told: String) {
        *self.broken.lock().unwrap_or_else(PoisonError::into_inner) = Some(told);
    }

    pub(super) fn broken(&self) -> Option<String> {
        self.broken.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// The number in `FEED:42`; 0, where nothing is, for what is no position.
pub(super) fn position(text: &str) -> u64 {
    text.strip_prefix("FEED:").and_then(|number| number.parse().ok()).unwrap_or(0)
}
