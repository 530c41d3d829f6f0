//! An event store on NATS JetStream, and what is needed to decide, project and serve on it.
//!
//! Reading order: the pure half first ([`decider`], [`rejection`], [`upcast`], [`scenario`]).

pub mod decider;
pub mod rejection;
pub mod scenario;
pub mod signature;
pub mod upcast;

pub use decider::{Command, Decider};
pub use rejection::{Rejection, RejectionKind};
