//! The meetings context: meetings from plan to published minutes.
//!
//! [`meeting`] holds what may be asked of a meeting and what happens to it; the other modules are the
//! words they are said in.

pub mod agenda;
pub mod attendance;
pub mod meeting;
pub mod minutes;
pub mod schedule;
pub mod vote;
