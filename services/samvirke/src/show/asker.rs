//! Asking the API as anybody may: the published parameters in, the published answers out.
//!
//! Routes come from the catalogue, so that a query that is moved is moved here as well.

use std::time::Duration;

use anyhow::{Context, bail};
use reqwest::{Client, Url};
use samvirke_kernel::clock;
use samvirke_private_servers::Secret;
use samvirke_schemas::{
    catalogue,
    principal::{Grant, Role},
    queries::page::{Cursor, PAGE_ROWS_MAX, Page},
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

use crate::{
    arguments::Asking,
    configuration::Configuration,
    http::{self, Problem},
    issuer,
};

/// The most pages of one list that are fetched: 20,000 rows are more than anybody reads.
const PAGES_MAX: usize = 100;
/// How long a token lasts that is made for one command.
const TOKEN_LASTS: Duration = Duration::from_secs(5 * 60);
/// The rows asked for at a time.
pub(super) const LIMIT: Option<u32> = Some(PAGE_ROWS_MAX);

/// Somebody who asks, with a token or as the public.
pub(super) struct Asker {
    client: Client,
    url: String,
    token: Option<Secret>,
    after: Option<String>,
}

impl Asker {
    pub(super) fn new(configuration: &Configuration, asking: &Asking) -> anyhow::Result<Self> {
        let token = http::given_token(&asking.bearer)?;
        Ok(Self { after: asking.after.clone(), ..Self::with(configuration, token)? })
    }

    /// Somebody with this token, or the public, who waits for nothing.
    pub(super) fn with(
        configuration: &Configuration,
        token: Option<Secret>,
    ) -> anyhow::Result<Self> {
        Ok(Self { client: http::client()?, url: configuration.url(), token, after: None })
    }

    /// Asks as the operator where no token was given and the demo's own issuer can make one.
    pub(super) fn or_operator(mut self, configuration: &Configuration) -> anyhow::Result<Self> {
        if self.token.is_none() && issuer::is_in(&configuration.data) {
            let grant = Grant { role: Role::Operator, cooperation: None };
            let operator = issuer::holder(vec![grant], None);
            let (data, now) = (&configuration.data, clock::now());
            self.token = Some(issuer::mint(data, &operator, None, now, TOKEN_LASTS)?);
        }
        Ok(self)
    }

    /// The answer to a query, read.
    pub(super) async fn ask<T: DeserializeOwned>(
        &self,
        query: &str,
        parameters: &impl Serialize,
    ) -> anyhow::Result<T> {
        let answer = self.as_it_came(query, parameters).await?;
        serde_json::from_value(answer)
            .with_context(|| format!("the answer to {query} is of another version of Samvirke"))
    }

    /// The answer to a query, unread.
    pub(super) async fn as_it_came(
        &self,
        query: &str,
        parameters: &impl Serialize,
    ) -> anyhow::Result<Value> {
        let url = route(&self.url, query, parameters)?;
        let mut request = self.client.get(url.clone());
        if let Some(token) = &self.token {
            request = request.bearer_auth(token.expose());
        }
        if let Some(after) = &self.after {
            request = request.header("Samvirke-Position", after);
        }
        let response = request.send().await.with_context(|| format!("{url} does not answer"))?;
        let status = response.status();
        let body = response.bytes().await.with_context(|| format!("{url} broke off its answer"))?;
        if !status.is_success() {
            let problem = Problem::read(status.as_u16(), &body);
            bail!("{}: {}", problem.code(), problem.reason());
        }
        serde_json::from_slice(&body).context("the answer is not JSON")
    }

    /// Every row of a list, page after page.
    pub(super) async fn all<T: DeserializeOwned, P: Serialize>(
        &self,
        query: &str,
        parameters: impl Fn(Option<Cursor>) -> P,
    ) -> anyhow::Result<Vec<T>> {
        let mut rows = Vec::new();
        let mut after = None;
        for _ in 0..PAGES_MAX {
            let page: Page<T> = self.ask(query, &parameters(after)).await?;
            rows.extend(page.items);
            if page.next.is_none() {
                return Ok(rows);
            }
            after = page.next;
        }
        bail!("the list is longer than {PAGES_MAX} pages; narrow it")
    }
}

/// Where a query is asked: its path with the parameters that stand in it, the others behind.
fn route(base: &str, query: &str, parameters: &impl Serialize) -> anyhow::Result<Url> {
    let known = catalogue::QUERIES.iter().find(|known| known.name == query);
    let mut path = known.with_context(|| format!("there is no query {query}"))?.path.to_owned();
    let mut words = Vec::new();
    let Value::Object(parameters) = serde_json::to_value(parameters)? else {
        bail!("the parameters of {query} have no names");
    };
    for (name, value) in parameters {
        let word = match value {
            Value::Null => continue,
            Value::String(text) => text,
            Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
                value.to_string()
            }
        };
        let place = format!("{{{name}}}");
        if path.contains(&place) {
            // An id's alphabet needs no escapes in a path.
            path = path.replace(&place, &word);
        } else {
            words.push((name, word));
        }
    }
    let mut url = Url::parse(&format!("{base}{path}")).context("the API's address is no URL")?;
    if !words.is_empty() {
        url.query_pairs_mut().extend_pairs(words);
    }
    Ok(url)
}

#[cfg(test)]
mod tests {
    use samvirke_schemas::queries::{calendar, case};

    use super::*;

    #[test]
    fn a_parameter_stands_in_the_path_or_behind_it() {
        let case = case::Parameters { id: "vestregionen:24-2017".parse().unwrap() };
        let url = route("http://localhost:8080", "case", &case).unwrap();
        assert_eq!(url.as_str(), "http://localhost:8080/v1/cases/vestregionen:24-2017");
        let year = calendar::Parameters {
            cooperation: "vestregionen".parse().unwrap(),
            body: None,
            member: None,
            from: "2017-01-01".parse().ok(),
            to: None,
            state: None,
            after: Some(Cursor("a&b".into())),
            limit: Some(2),
        };
        let url = route("http://localhost", "calendar", &year).unwrap();
        let wanted = "after=a%26b&cooperation=vestregionen&from=2017-01-01&limit=2";
        assert_eq!(url.query(), Some(wanted));
    }
}
