//! What tests of more than one crate stand on: the repository, real servers of their own, services
//! that can be killed, and commands to them.
//!
//! Invariant: two tests share nothing, neither a stream nor a table nor a port.

use std::path::PathBuf;

pub mod api;
mod caller;
mod endpoint;
mod events;
mod import_file;
mod members;
mod policy;
mod running;
mod smtp;
mod up;

pub use caller::Caller;
pub use endpoint::{AGREES, Act, Endpoint, ReceivedRequest};
pub use events::{Happened, history, until};
pub use import_file::{Extent, ImportFile};
pub use members::organisation_numbers;
pub use policy::Policy;
pub use running::Running;
pub use smtp::{Does, Mail, Smtp};
pub use up::{Addresses, NatsAddress, Server, Up};

use samvirke_private_servers::{
    Error, NatsServer,
    temporary::{self, Temporary, TemporaryDatabase},
};

/// The root of the repository.
pub fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// A NATS server and an empty database for one test; both go when this goes.
#[derive(Debug)]
pub struct World {
    pub nats: Temporary<NatsServer>,
    pub database: TemporaryDatabase,
}

impl World {
    /// Starts both.
    ///
    /// # Errors
    ///
    /// When a server is missing or does not start; the message says what to do.
    pub async fn start() -> Result<Self, Error> {
        let (nats, database) = tokio::try_join!(temporary::nats(), temporary::database())?;
        Ok(Self { nats, database })
    }
}
