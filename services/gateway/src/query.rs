//! Queries: `GET <path>` becomes a signed [`QueryMessage`] to the read models.

use axum::{
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use samvirke_schemas::{
    excerpt::excerpt,
    id::{AggregateId, CooperationId, InvalidId},
    message::QueryMessage,
    reply::Refused,
};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Map, Value};

use crate::{
    Gateway,
    fault::Fault,
    headers,
    parameter::{Parameter, Shape},
    percent,
    problem::Problem,
    request_context::RequestContext,
};

/// The most parameters in a query string, and the most items in a list among them.
pub(crate) const PARAMETERS_MAX: usize = 64;
/// The service that answers from read models.
const READMODELS: &str = "readmodels";

/// A query that the gateway serves.
#[derive(Debug)]
pub(crate) struct Route {
    /// Who answers it.
    pub(crate) service: &'static str,
    pub(crate) name: &'static str,
    pub(crate) parameters: Vec<Parameter>,
}

/// The part of an answer that also goes into a header; the rest is passed on as it came.
#[derive(Deserialize)]
struct Versioned {
    version: Option<u64>,
}

/// Answers one query; `path` holds the parameters in the path.
pub(crate) async fn answer(
    gateway: &Gateway,
    route: &Route,
    path: Vec<(String, String)>,
    query: Option<&str>,
    headers: &HeaderMap,
    context: &RequestContext,
) -> Result<Response, Problem> {
    let (caller, _share) = gateway.caller(headers, context).await?;
    let after = headers::positions(headers)?;
    let parameters = route.parameters(path, query.unwrap_or_default())?;
    let cooperation = cooperation(&parameters)?;
    let person = caller.person;
    let principal = gateway.principal(caller, cooperation.as_ref(), context).await?;
    let message = QueryMessage {
        name: route.name.to_owned(),
        cooperation,
        parameters,
        principal,
        person,
        after,
        traceparent: Some(context.trace.to_string()),
        deadline: context.deadline,
    };
    let subject = format!("qry.{}.{}", route.service, route.name);
    let answer = gateway.ask(subject, &message, context.until, Fault::AnswerLate).await?;
    let answer = answer.get();
    let etag = etag(answer)?;
    let unchanged = etag.as_ref().is_some_and(|etag| headers::none_match(headers, etag));
    let mut response = if unchanged {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        let mut response = answer.to_owned().into_response();
        let json = HeaderValue::from_static("application/json");
        response.headers_mut().insert(header::CONTENT_TYPE, json);
        response
    };
    let headers = response.headers_mut();
    // Who asks decides what is shown, so nothing is kept for others or used unasked. What a service
    // itself keeps may be a secret.
    let kept = if route.service == READMODELS { "private, no-cache" } else { "no-store" };
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(kept));
    headers.insert(header::VARY, HeaderValue::from_static("Authorization"));
    if let Some(etag) = etag {
        headers.insert(header::ETAG, etag);
    }
    Ok(response)
}

impl Route {
    /// The parameters of one request, typed as the schema says.
    pub(crate) fn parameters(
        &self,
        path: Vec<(String, String)>,
        query: &str,
    ) -> Result<Map<String, Value>, Fault> {
        let mut values = Map::new();
        for (name, text) in path {
            let parameter = self.parameter(&name, true)?;
            values.insert(name, read(parameter, &text)?);
        }
        let pairs: Vec<&str> = query.split('&').filter(|pair| !pair.is_empty()).collect();
        if pairs.len() > PARAMETERS_MAX {
            return Err(Fault::TooManyParameters { max: PARAMETERS_MAX });
        }
        for pair in pairs {
            let (name, text) = pair.split_once('=').unwrap_or((pair, ""));
            let name = percent::decode_form(name).map_err(|_| Fault::UndecodableQuery)?;
            let text = percent::decode_form(text).map_err(|_| Fault::UndecodableQuery)?;
            let parameter = self.parameter(&name, false)?;
            let value = read(parameter, &text)?;
            put(&mut values, name, value)?;
        }
        let missing = self
            .parameters
            .iter()
            .find(|parameter| parameter.required && !values.contains_key(&parameter.name));
        match missing {
            Some(parameter) => Err(Fault::MissingParameter { name: parameter.name.clone() }),
            None => Ok(values),
        }
    }

    fn parameter(&self, name: &str, in_path: bool) -> Result<&Parameter, Fault> {
        let mut here = self.parameters.iter().filter(|parameter| parameter.in_path == in_path);
        here.clone().find(|parameter| parameter.name == name).ok_or_else(|| {
            let first = here.next().map_or("none", |parameter| &parameter.name);
            let valid = here.fold(first.to_owned(), |list, next| list + ", " + &next.name);
            Fault::UnknownParameter { name: excerpt(name), valid }
        })
    }
}

fn read(parameter: &Parameter, text: &str) -> Result<Value, Fault> {
    if matches!(parameter.shape, Shape::List(_)) && text.split(',').count() > PARAMETERS_MAX {
        return Err(Fault::TooManyParameters { max: PARAMETERS_MAX });
    }
    parameter.shape.read(text).ok_or_else(|| Fault::WrongParameterType {
        name: parameter.name.clone(),
        expected: parameter.shape.name(),
    })
}

/// Adds a value; a list may come in several parts, anything else only once.
fn put(values: &mut Map<String, Value>, name: String, value: Value) -> Result<(), Fault> {
    match (values.get_mut(&name), value) {
        (None, value) => {
            values.insert(name, value);
        }
        (Some(Value::Array(list)), Value::Array(more)) => {
            list.extend(more);
            if list.len() > PARAMETERS_MAX {
                return Err(Fault::TooManyParameters { max: PARAMETERS_MAX });
            }
        }
        (Some(_), _) => return Err(Fault::RepeatedParameter { name }),
    }
    Ok(())
}

/// Parameters as the struct that describes them.
pub(crate) fn typed<T: DeserializeOwned>(parameters: Map<String, Value>) -> Result<T, Problem> {
    Ok(samvirke_kernel::query::parameters(parameters)?)
}

/// The cooperation a query is about: that of its `id`, or its `cooperation`.
fn cooperation(parameters: &Map<String, Value>) -> Result<Option<CooperationId>, Fault> {
    let text = |name: &str| parameters.get(name).and_then(Value::as_str);
    let found = match (text("id"), text("cooperation")) {
        (Some(id), _) => Some(id.parse::<AggregateId>().map(|id| id.cooperation)),
        (None, Some(cooperation)) => Some(cooperation.parse::<CooperationId>()),
        (None, None) => None,
    };
    found.transpose().map_err(|error: InvalidId| Fault::InvalidId { reason: error.to_string() })
}

/// The tag of an answer that has a version. Answers of one version differ: they may join several aggregates, and
/// depend on who asks.
fn etag(answer: &str) -> Result<Option<HeaderValue>, Problem> {
    // Lists have no version; neither has anything else that is not an object.
    let Ok(Versioned { version: Some(version) }) = serde_json::from_str(answer) else {
        return Ok(None);
    };
    headers::entity_tag(Some(version), answer)
        .map(Some)
        .map_err(|error| Refused::Broken { detail: error.to_string() }.into())
}

#[cfg(test)]
mod tests;
