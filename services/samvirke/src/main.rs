//! `samvirke`: the one executable, for operators.
//!
//! Invariants: what a command answers goes to standard output and nothing else does; every failure is
//! one line with a remedy; the exit code tells whether to look at the lines (1) or at the system (2).

mod arguments;
mod configuration;
mod failure;
mod outcome;
mod terminal;

mod assembly;
mod backup;
mod connections;
mod database;
mod running;
mod serve;
mod service;
mod up;

mod issuer;
mod keys;
mod token;

mod doctor;
mod http;
mod import;
mod nats_account;
mod notify;
mod parked;
mod progress;
mod projections;
mod show;
mod streams;

use std::{process::ExitCode, time::Duration};

use clap::Parser;

use crate::{
    arguments::{Arguments, Command},
    configuration::Configuration,
    outcome::Outcome,
};

/// A commit is some dozens of small pieces of memory that one thread takes and another gives back, which
/// the system's own allocator is slow at (`tests/benches/README.md`).
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// How long threads that are still at work may take when a command is done.
const THREADS_END_WITHIN: Duration = Duration::from_secs(5);

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(arguments) {
        Ok(outcome) => outcome.into(),
        Err(error) => {
            terminal::complain(&format!("samvirke: {}", failure::line(&error)));
            Outcome::CannotGoOn.into()
        }
    }
}

fn run(arguments: Arguments) -> anyhow::Result<Outcome> {
    let configuration = Configuration::load(&arguments.common)?;
    terminal::log_to_stderr(configuration.log);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let outcome = runtime.block_on(async {
        match arguments.command {
            Command::Up(_) => up::run(configuration).await,
            Command::Setup => streams::setup(&configuration).await,
            Command::Streams(what) => streams::run(&configuration, &what.command).await,
            Command::Serve(serve) => serve::run(configuration, &serve.services).await,
            Command::Keys(what) => keys::run(&configuration, &what.command),
            Command::Database(what) => database::run(&configuration, &what.command),
            Command::Backup(asked) => backup::run(&configuration, &asked).await,
            Command::Restore(asked) => backup::restore(&configuration, &asked).await,
            Command::Import(import) => import::run(&configuration, &import).await,
            Command::Token(token) => token::run(&configuration, &token),
            Command::Doctor(doctor) => doctor::run(&configuration, &doctor).await,
            Command::Projections(what) => projections::run(&configuration, &what.command).await,
            Command::Parked(what) => parked::run(&configuration, &what.command).await,
            Command::Notify(notify) => notify::run(&configuration, &notify.command).await,
            Command::Show(show) => show::run(&configuration, &show).await,
            Command::NatsAccount(what) => nats_account::run(&configuration, &what).await,
            Command::Feed(feed) => show::feed::run(&configuration, &feed).await,
            Command::Subscriptions(asked) => show::subscriptions(&configuration, &asked).await,
        }
    });
    // A thread that waits for what is gone holds nothing up.
    runtime.shutdown_timeout(THREADS_END_WITHIN);
    outcome
}
