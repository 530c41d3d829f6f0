//! JetStream's own protocol, where async-nats has no call for it or hides what the server says.
//!
//! Invariant: what an answer of the server means is decided here and nowhere else (decision 76).

pub(crate) mod absent;
pub(crate) mod acknowledgement;
mod append_refusal;
pub(crate) mod batch;
pub(crate) mod direct_get;
pub(crate) mod expected;
pub(crate) mod server_error;
