//! What an operator asks for an installation as a whole: its keys.

use clap::{Args, Subcommand};

use crate::keys::Key;

pub(super) const KEYS_HELP: &str = "\
samvirke up makes them itself on an empty data directory. samvirke serve never does: a service without its key \
does not start. Only the process with the gateway needs the gateway's key; the others need its public half, \
gateway.pub (gateway_public_key_file). Only the feed needs the feed's key, only notify its own.

Examples:
  samvirke keys create
  samvirke keys create gateway --data /var/lib/samvirke
  samvirke keys list --json";

#[derive(Debug, Args)]
pub(crate) struct Keys {
    #[command(subcommand)]
    pub(crate) command: KeysCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum KeysCommand {
    /// Make keys that are missing; one that is there is left as it is
    Create(KeysCreate),
    /// Tell which keys there are, where, and the fingerprint of each
    List {
        /// Answer in JSON
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, Args)]
pub(crate) struct KeysCreate {
    /// The keys; all where none is named
    #[arg(value_enum)]
    pub(crate) keys: Vec<Key>,
    /// Make a key anew although streams in the data directory depend on the one that is lost
    #[arg(long)]
    pub(crate) accept_loss: bool,
}
