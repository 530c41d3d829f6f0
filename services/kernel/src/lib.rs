//! An event store on NATS JetStream, and what is needed to decide, project and serve on it.
//!
//! Reading order: the pure half first, then the store, then what runs on it.

pub mod deadline;
pub mod decider;
pub mod rejection;
pub mod scenario;

pub use samvirke_schemas::upcast;

pub mod envelope;
pub mod error_chain;
pub mod loaded;
pub mod position;

mod append_error;
pub mod checkpoint;
pub mod committer;
pub mod execute;
pub mod log;
pub mod replay;
pub mod repository;
pub mod snapshot;
pub mod store_error;
pub mod stream;
pub mod stream_copy;

pub mod answer;
pub mod form;
pub mod in_memory_projection;
pub mod inbox;
pub mod integrity;
mod jetstream;
pub mod lag;
pub mod parking;
pub mod permissions;
pub mod policy;
pub mod projection;
pub mod publication;
pub mod query;
pub mod receiver;
pub mod service;
mod shared_read;
pub mod supervision;

pub mod backoff;
pub mod bigint;
mod bounded_cache;
pub mod clock;
pub mod signature;

pub use decider::{Command, Decider};
pub use rejection::{Rejection, RejectionKind};
