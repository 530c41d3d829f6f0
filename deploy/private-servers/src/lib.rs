//! Starts, watches and stops the servers Samvirke stands on, when nobody else runs them.
//!
//! One NATS server or a cluster of them, and one PostgreSQL, each in a directory of its own, reachable
//! from this machine only. `samvirke up` and the tests use the same code. Nothing here knows of
//! Samvirke's streams, tables or services.
//!
//! Invariants: no server outlives the one who started it (a leftover of a killed run is stopped before
//! a new one starts); no two runs share a directory; no wait is without a limit.

pub mod accounts;
mod child;
pub mod damage;
pub mod data_directory;
mod error;
pub mod nats;
mod ports;
pub mod postgres;
pub mod programs;
pub mod secret;
pub mod supervisor;
pub mod temporary;

pub use accounts::Accounts;
pub use child::Ended;
pub use damage::StreamFiles;
pub use data_directory::DataDirectory;
pub use error::Error;
pub use nats::{NatsCluster, NatsServer, NatsSettings};
pub use postgres::{PostgresServer, PostgresSettings};
pub use secret::Secret;
pub use supervisor::{Server, supervise};
