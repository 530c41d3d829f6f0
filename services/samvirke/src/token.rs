//! `samvirke token`: a token of the demo's own issuer, on standard output and nowhere else.

use samvirke_kernel::clock;
use samvirke_schemas::principal::Grant;

use crate::{arguments::Token, configuration::Configuration, issuer, outcome::Outcome, terminal};

/// Makes a token and says it.
pub(crate) fn run(configuration: &Configuration, asked: &Token) -> anyhow::Result<Outcome> {
    let cooperation = match asked.everywhere {
        true => None,
        false => Some(configuration.cooperation()?.clone()),
    };
    let grants =
        asked.role.iter().map(|role| Grant { role: *role, cooperation: cooperation.clone() });
    let holder = issuer::holder(grants.collect(), asked.member.clone());
    let token = issuer::mint(&configuration.data, &holder, clock::now(), asked.ttl)?;
    terminal::say(token.expose());
    Ok(Outcome::Done)
}
