//! `samvirke token`: a token of the demo's own issuer, on standard output and nowhere else.

use samvirke_kernel::clock;
use samvirke_schemas::principal::Grant;

use crate::{arguments::Token, configuration::Configuration, issuer, outcome::Outcome, terminal};

/// Makes a token and says it.
pub(crate) fn run(configuration: &Configuration, asked: &Token) -> anyhow::Result<Outcome> {
    let cooperation = match asked.everywhere || asked.role.is_empty() {
        true => None,
        false => Some(configuration.cooperation()?.clone()),
    };
    let grants =
        asked.role.iter().map(|role| Grant { role: *role, cooperation: cooperation.clone() });
    let mut holder = issuer::holder(grants.collect(), asked.member.clone());
    if let Some(person) = asked.person {
        holder.subject = format!("demo:person:{person}");
    }
    let token = issuer::mint(&configuration.data, &holder, asked.person, clock::now(), asked.ttl)?;
    terminal::say(token.expose());
    Ok(Outcome::Done)
}
