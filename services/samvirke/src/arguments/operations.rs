//! What an operator asks for an installation as a whole: its keys, a backup of it, and it out of a backup.

use std::path::PathBuf;

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

pub(super) const DATABASE_HELP: &str = "\
samvirke up does not start on a data directory that has streams and whose database is not there. Read models are built \
anew from the streams; the address book and mails that wait are in the database only: put it back, or go on from a \
backup. Where there is none, this makes the next start begin with an empty one.

Example:
  samvirke database accept-loss --data ./data/samvirke";

#[derive(Debug, Args)]
pub(crate) struct Database {
    #[command(subcommand)]
    pub(crate) command: DatabaseCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum DatabaseCommand {
    /// Give up what was in the database; the next samvirke up makes an empty one
    AcceptLoss,
}

pub(super) const BACKUP_HELP: &str = "\
Taken are the event streams and the feed with the places of those who receive it, the address book and the mails \
of the database, the keys, the accounts of members and the settings. The read models are built anew after a \
restore. nats-server verifies every message; where one is damaged no backup is made, and samvirke doctor --deep \
says of which aggregate it is. The directory holds keys and people's addresses: only its owner may read it; keep it \
encrypted where it is taken elsewhere.

Where commands are carried out meanwhile everything is taken again, until nothing moved. Where it does not rest, \
each stream is whole, but the last commits of one may be without what they caused in another; samvirke says so.

Examples:
  samvirke backup /backup/2026-11-27 --data ./data/samvirke
  samvirke backup /backup/2026-11-27 --dry-run";

pub(super) const RESTORE_HELP: &str = "\
Every digest is verified before anything is made. The data directory must be a new one; what is there is never \
written over. Deliveries to webhooks and accounts of members go on from where they were when the backup was taken, \
so receivers hear again of what happened after it: each event has the same id as the first time. Mails that waited \
then are sent, although they may have been sent meanwhile.

Examples:
  samvirke restore /backup/2026-11-27 --data ./data/restored
  samvirke restore /backup/2026-11-27 --data ./data/restored --dry-run";

#[derive(Debug, Args)]
pub(crate) struct Backup {
    /// The new directory to take it into
    #[arg(value_name = "DIRECTORY")]
    pub(crate) directory: PathBuf,
    /// Tell what would be taken, and take nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Restore {
    /// The directory of the backup
    #[arg(value_name = "DIRECTORY")]
    pub(crate) directory: PathBuf,
    /// Verify the backup and tell what would be restored, and make nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
}
