//! The read models on real servers: what the streams tell is found again, whoever asks sees what
//! they may, and nothing is lost, doubled or skipped in silence.

#![expect(clippy::unwrap_used, reason = "a broken test should panic")]

mod access;
mod answers;
mod hearings;
mod operating;
mod rig;
mod samples;
