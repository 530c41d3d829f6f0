//! `samvirke projections`: how far the read models are, and building them anew.

use anyhow::Context;
use samvirke_readmodels::{database, service};
use serde::Serialize;

use crate::{
    arguments::ProjectionsCommand, assembly, configuration::Configuration, connections,
    doctor::monitor, outcome::Outcome, terminal,
};

/// How far one read model is on one stream.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Standing {
    pub(crate) name: String,
    pub(crate) stream: String,
    pub(crate) sequence: i64,
    /// How many messages it has not seen; absent where the stream's end is not known.
    pub(crate) behind: Option<i64>,
    /// How many it could not take and has set aside.
    pub(crate) parked: i64,
}

/// Tells or rebuilds.
pub(crate) async fn run(
    configuration: &Configuration,
    command: &ProjectionsCommand,
) -> anyhow::Result<Outcome> {
    match command {
        ProjectionsCommand::Status { json } => {
            let standings = standings(configuration).await?;
            if *json {
                terminal::say(&serde_json::to_string_pretty(&standings)?);
            } else {
                standings.iter().for_each(|standing| terminal::say(&line(standing)));
            }
            let parked = standings.iter().any(|standing| standing.parked > 0);
            Ok(if parked { Outcome::NotAll } else { Outcome::Done })
        }
        ProjectionsCommand::Rebuild { names } => {
            assembly::rebuild(configuration, names).await.map(|()| Outcome::Done)
        }
    }
}

/// How far every read model is.
pub(crate) async fn standings(configuration: &Configuration) -> anyhow::Result<Vec<Standing>> {
    let url = connections::postgres_url(configuration)?;
    let pool = database::connect(url.expose(), &[]).context("the database's address is not one")?;
    let found = service::status(&pool).await.context("the read models cannot be asked")?;
    // Where NATS cannot be asked, what the database knows is still worth telling.
    let ends = monitor::stream_ends(configuration).await.unwrap_or_default();
    let standing = |(name, stream, sequence, parked): (String, String, i64, i64)| {
        let end = ends.get(&stream).and_then(|end| i64::try_from(*end).ok());
        let behind = end.map(|end| (end - sequence).max(0));
        Standing { name, stream, sequence, behind, parked }
    };
    Ok(found.into_iter().map(standing).collect())
}

fn line(standing: &Standing) -> String {
    let Standing { name, stream, sequence, behind, parked } = standing;
    let behind = behind.map_or("?".to_owned(), |behind| behind.to_string());
    format!("{name:<28} {stream:<10} at {sequence:>9}  behind {behind:>9}  parked {parked:>5}")
}
