//! How the read models stand, as the service that keeps them tells the gateway.

use serde::{Deserialize, Serialize};

/// The query's name on NATS. It is between services and has no address in the API.
pub const QUERY: &str = "read-models-standing";

/// The answer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadModels {
    /// Whether their database answers.
    pub database: bool,
    /// A line for each read model and each stream that it is built from.
    pub read_models: Vec<Standing>,
}

/// How far a read model has come in one of its streams.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    pub name: String,
    pub stream: String,
    /// The last commit that it has taken; 0 where it has taken none.
    pub sequence: u64,
    /// Whether it stands still until an operator acts.
    pub halted: bool,
}
