//! The services, by the names that people give them.

/// What can run in a process.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    clap::ValueEnum,
    strum::Display,
    strum::VariantArray,
)]
#[strum(serialize_all = "kebab-case")]
pub(crate) enum Service {
    /// Cooperations, bodies and networks.
    Networks,
    /// Registers and cases.
    Cases,
    /// Meetings.
    Meetings,
    /// The read models and the queries on them.
    Readmodels,
    /// The change feed, and deliveries to those who subscribe.
    Feed,
    /// Contacts, and telling them by e-mail.
    Notify,
    /// The HTTP API.
    Gateway,
}
