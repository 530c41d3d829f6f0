//! The feed's published files: current, unbroken, and true to what is written.

#![expect(clippy::unwrap_used, reason = "a broken test should panic")]

mod feed {
    pub(crate) mod asyncapi;
    pub(crate) mod compatibility;
    pub(crate) mod documents;
    pub(crate) mod golden;
    mod largest;
}
