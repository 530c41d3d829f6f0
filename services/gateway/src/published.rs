//! Documents that programs fetch again and again: a feed of decisions, calendars of meetings.
//!
//! Invariant: whoever asks, they are made of what the public may read, so that one answer fits all and
//! may be kept by anybody.

mod atom;
mod calendars;
mod decisions;
pub(crate) mod schemas;

use axum::{
    http::{HeaderMap, HeaderValue, StatusCode, header, uri::Authority},
    response::{IntoResponse, Response},
};
use samvirke_schemas::{
    id::CooperationId,
    message::QueryMessage,
    principal::Principal,
    queries::page::{Cursor, PAGE_ROWS_MAX, Page},
    reply::{Refused, RejectionKind},
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

use crate::{
    Gateway, fault::Fault, headers as sent, problem::Problem, request_context::RequestContext,
    shares::Share,
};

pub(crate) use calendars::{OF_BODY, OF_MEMBER, of_body, of_member};
pub(crate) use decisions::{DECISIONS, decisions};

/// How long an answer may be used unasked, in seconds.
const MAX_AGE: HeaderValue = HeaderValue::from_static("public, max-age=60");
/// The rows asked for at a time.
const LIMIT: Option<u32> = Some(PAGE_ROWS_MAX);

/// Asks the read models as the public.
struct Asking<'a> {
    gateway: &'a Gateway,
    context: &'a RequestContext,
    cooperation: CooperationId,
    _share: Share,
}

impl<'a> Asking<'a> {
    fn new(
        gateway: &'a Gateway,
        context: &'a RequestContext,
        cooperation: CooperationId,
    ) -> Result<Self, Fault> {
        let _share = gateway.share_of_requests(&Principal::public(), context)?;
        Ok(Self { gateway, context, cooperation, _share })
    }
}

impl Asking<'_> {
    async fn ask<T: DeserializeOwned>(
        &self,
        name: &str,
        parameters: &impl Serialize,
    ) -> Result<T, Problem> {
        let Ok(Value::Object(parameters)) = serde_json::to_value(parameters) else {
            return Err(Fault::Broken.into());
        };
        let message = QueryMessage {
            name: name.to_owned(),
            cooperation: Some(self.cooperation.clone()),
            parameters,
            principal: Principal::public(),
            person: None,
            after: Vec::new(),
            traceparent: Some(self.context.trace.to_string()),
            deadline: self.context.deadline,
        };
        let subject = format!("qry.readmodels.{name}");
        let until = self.context.until;
        let answer = self.gateway.ask(subject, &message, until, Fault::AnswerLate).await?;
        serde_json::from_str(answer.get()).map_err(|error| {
            let detail = format!("the answer to {name} cannot be read: {error}");
            Refused::Broken { detail }.into()
        })
    }

    /// The rows of a list, page after page; none where there are more than `max`.
    async fn all<T: DeserializeOwned, P: Serialize>(
        &self,
        name: &str,
        parameters: impl Fn(Option<Cursor>) -> P,
        max: usize,
    ) -> Result<Option<Vec<T>>, Problem> {
        let mut rows = Vec::new();
        let mut after = None;
        loop {
            let page: Page<T> = self.ask(name, &parameters(after)).await?;
            rows.extend(page.items);
            if rows.len() > max {
                return Ok(None);
            }
            if page.next.is_none() {
                return Ok(Some(rows));
            }
            after = page.next;
        }
    }
}

/// An answer that is sent again only when it has changed.
fn document(body: String, media_type: &'static str, headers: &HeaderMap) -> Response {
    let etag = sent::entity_tag(None, &body).ok();
    let mut response = match etag.as_ref().is_some_and(|etag| sent::none_match(headers, etag)) {
        true => StatusCode::NOT_MODIFIED.into_response(),
        false => ([(header::CONTENT_TYPE, media_type)], body).into_response(),
    };
    let answer = response.headers_mut();
    answer.insert(header::CACHE_CONTROL, MAX_AGE);
    if let Some(etag) = etag {
        answer.insert(header::ETAG, etag);
    }
    response
}

/// Where this gateway is reached: as the settings say, otherwise as the caller has found it.
fn base(gateway: &Gateway, headers: &HeaderMap) -> String {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let host = host.and_then(|host| host.parse::<Authority>().ok());
    match (&gateway.0.public_url, host) {
        (Some(url), _) => url.trim_end_matches('/').to_owned(),
        (None, Some(host)) => format!("http://{host}"),
        (None, None) => String::new(),
    }
}

fn missing(what: &str, what_nb: &str) -> Problem {
    Refused::Rejected {
        code: "not-found".into(),
        kind: RejectionKind::Missing,
        rule: "RFC 9110 § 15.5.5".into(),
        detail: format!("there is no such {what}"),
        detail_nb: format!("{what_nb} finnes ikke"),
        field: None,
    }
    .into()
}
