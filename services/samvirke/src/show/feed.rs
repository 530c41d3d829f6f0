//! `samvirke feed tail`: the change feed for people, one or two lines an event, in bokmål.
//!
//! Invariant: it reads the feed page after page over the API as any subscriber may, and prints all that
//! it is given, what it does not know by its type.

mod telling;

use anyhow::{Context, bail};
use reqwest::Url;
use samvirke_kernel::clock;
use samvirke_private_servers::Secret;
use samvirke_schemas::{
    feed::CloudEvent,
    id::{AggregateId, CooperationId},
    local_time::day_of,
    organisation::OrganisationNumber,
    principal::{Grant, Role},
    queries::{
        cooperation_overview::{self, Overview},
        feed::{Answer, EVENTS_MAX, Paging, Parameters, Wanted},
    },
};
use serde_json::Value;
use std::time::Duration;

use super::{asker::Asker, sheet::Sheet, words};
use crate::{
    arguments::{Feed, FeedCommand, Tail},
    configuration::Configuration,
    http::{self, Problem},
    issuer,
    outcome::Outcome,
    terminal,
};

/// Where the feed is read.
const PATH: &str = "/v1/feed";
/// How long one request waits for the next event, in seconds: well below what the client waits.
const WAIT_S: u32 = 20;
/// How long a token is valid that is made to read as a member.
const TOKEN_TTL: Duration = Duration::from_secs(24 * 60 * 60);

/// Reads the feed.
pub(crate) async fn run(configuration: &Configuration, asked: &Feed) -> anyhow::Result<Outcome> {
    let FeedCommand::Tail(tail) = &asked.command;
    let mut reading = Reading::begin(configuration, tail).await?;
    loop {
        let page = reading.page(tail.follow).await?;
        for event in &page.events {
            say(event, tail.json)?;
        }
        let next = page.next.to_string();
        if !page.more && !tail.follow {
            return Ok(Outcome::Done);
        }
        reading.parameters.wanted.after = Some(next);
    }
}

/// A reader of the feed and where it is.
struct Reading {
    client: reqwest::Client,
    url: String,
    token: Option<Secret>,
    parameters: Parameters,
}

impl Reading {
    async fn begin(configuration: &Configuration, tail: &Tail) -> anyhow::Result<Self> {
        let mut token = http::given_token(&tail.bearer)?;
        let mut wanted = Wanted {
            cooperation: configuration.cooperation.clone(),
            after: tail.after.clone(),
            types: tail.types.iter().cloned().collect(),
            since: tail.since,
            ..Wanted::default()
        };
        if let Some(text) = &tail.member {
            let cooperation = configuration.cooperation()?;
            let asker = Asker::with(configuration, token.clone())?;
            let member = member(&asker, cooperation, text).await?;
            match &token {
                // Whoever brings a token reads as its holder, and wants what names the member.
                Some(_) => wanted.members = [member].into(),
                None => token = Some(as_member(configuration, cooperation, member)?),
            }
        }
        let paging = Paging { limit: Some(EVENTS_MAX), wait: None };
        Ok(Self {
            client: http::client()?,
            url: configuration.url(),
            token,
            parameters: Parameters { wanted, paging },
        })
    }

    async fn page(&mut self, wait: bool) -> anyhow::Result<Answer> {
        self.parameters.paging.wait = wait.then_some(WAIT_S);
        let url = address(&self.url, &self.parameters)?;
        let request = self.client.get(url.clone());
        let request = match &self.token {
            Some(token) => request.bearer_auth(token.expose()),
            None => request,
        };
        let response = request.send().await.with_context(|| format!("{url} does not answer"))?;
        let status = response.status();
        let body = response.bytes().await.with_context(|| format!("{url} broke off its answer"))?;
        if !status.is_success() {
            let problem = Problem::read(status.as_u16(), &body);
            bail!("{}: {}", problem.code(), problem.reason());
        }
        serde_json::from_slice(&body).context("the answer is of another version of Samvirke")
    }
}

/// The address of a page, with lists separated by commas.
fn address(base: &str, parameters: &Parameters) -> anyhow::Result<Url> {
    let mut url = Url::parse(&format!("{base}{PATH}")).context("the API's address is no URL")?;
    let Value::Object(parameters) = serde_json::to_value(parameters)? else {
        bail!("the parameters of the feed have no names");
    };
    for (name, value) in parameters {
        url.query_pairs_mut().append_pair(&name, &word(value));
    }
    Ok(url)
}

fn word(value: Value) -> String {
    match value {
        Value::String(text) => text,
        Value::Array(items) => items.into_iter().map(word).collect::<Vec<_>>().join(","),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => value.to_string(),
    }
}

/// The member with an organisation number, or a Norwegian name: `Bærum` is enough for `Bærum kommune`.
async fn member(
    asker: &Asker,
    cooperation: &CooperationId,
    text: &str,
) -> anyhow::Result<OrganisationNumber> {
    if let Ok(number) = text.parse() {
        return Ok(number);
    }
    let id = AggregateId::of_cooperation(cooperation.clone());
    let parameters = cooperation_overview::Parameters { id, on: None };
    let overview: Overview = asker.ask("cooperation-overview", &parameters).await?;
    named(&overview, text)
}

fn named(overview: &Overview, text: &str) -> anyhow::Result<OrganisationNumber> {
    let wanted = text.to_lowercase();
    let begins = |name: &str| {
        name.to_lowercase()
            .strip_prefix(&wanted)
            .is_some_and(|rest| !rest.starts_with(char::is_alphanumeric))
    };
    let stays = overview.members.all().iter();
    let mut found: Vec<_> = stays.filter(|stay| begins(stay.names.nb.as_str())).collect();
    found.sort_by(|one, two| one.member.cmp(&two.member));
    found.dedup_by(|one, two| one.member == two.member);
    match found[..] {
        [only] => Ok(only.member.clone()),
        [] => bail!("no member of {} is called {text}", overview.id.cooperation),
        [..] => {
            let all = found.iter().map(|stay| format!("{} {}", stay.member, stay.names.nb));
            bail!("several members are called {text}: {}", all.collect::<Vec<_>>().join(", "))
        }
    }
}

/// A token of the demo's own issuer for the system of a member.
fn as_member(
    configuration: &Configuration,
    cooperation: &CooperationId,
    member: OrganisationNumber,
) -> anyhow::Result<Secret> {
    let cooperation = Some(cooperation.clone());
    let grant = Grant { role: Role::MemberIntegration, cooperation };
    let holder = issuer::holder(vec![grant], Some(member));
    issuer::mint(&configuration.data, &holder, None, clock::now(), TOKEN_TTL)
        .context("give a token to read as a member where there is no demo issuer")
}

fn say(event: &CloudEvent, json: bool) -> anyhow::Result<()> {
    if json {
        terminal::say(&serde_json::to_string(event)?);
        return Ok(());
    }
    let mut sheet = Sheet::default();
    lay_out(event, &mut sheet);
    sheet.lines().iter().for_each(|line| terminal::say(line));
    Ok(())
}

/// `28.09.2017  Vedtak: 24a/2017 Videreføring …`, and below it who did what.
fn lay_out(event: &CloudEvent, sheet: &mut Sheet) {
    let day = words::day(day_of(event.time));
    let (told, how) = match event.fact() {
        Ok(fact) => telling::told(&fact),
        // A newer Samvirke may say more than this one knows.
        Err(_) => (format!("{}: {}", event.tag(), event.subject), String::new()),
    };
    sheet.facts(0, &[(&day, told), ("", how)]);
}

#[cfg(test)]
mod tests;
