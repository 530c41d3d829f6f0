//! Who may see what: the one place that decides it, for queries, the feed, calendars, Atom and mail.
//!
//! It is an allow-list. A [`Viewer`] is somebody on a day: what the token says, and what the events in
//! [`Directory`] and [`Sittings`] say of memberships and seats on that day. [`CaseAccess`] and
//! [`MeetingAccess`] are folds of what restricts a case or a meeting and of who takes part. What the public
//! may read is built field by field ([`redacted_case`], [`meeting_for`]), so that a field which is forgotten
//! is absent; a case of which nothing is known is withheld whole ([`CaseAccess::withheld`]).
//!
//! Invariant: pure. No clock, no I/O; the day of reading comes from the caller. `README.md` is the table of
//! who sees what, and a test holds every query and channel to it.

mod directory;
mod sittings;
mod viewer;

mod case_access;
mod meeting_access;

mod redacted_case;
mod redacted_meeting;

pub use case_access::{CaseAccess, WithheldFromCase};
pub use directory::{Directory, Seats};
pub use meeting_access::{ItemAccess, MeetingAccess};
pub use redacted_case::{
    WITHHELD_NB, case_for, redacted_case, redacted_follow_up, redacted_hearing,
};
pub use redacted_meeting::meeting_for;
pub use sittings::Sittings;
pub use viewer::{SEE_ALL, Viewer};

#[cfg(test)]
mod samples;
#[cfg(test)]
mod tests;
