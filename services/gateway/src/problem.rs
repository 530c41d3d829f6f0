//! Every answer that is not a success, as a problem document (RFC 9457).
//!
//! This is the only place where a status is chosen. What an operator must know of a failure is
//! logged here, once; the caller learns what to do next.

use axum::{
    body::Body,
    http::{HeaderValue, Response, StatusCode, header},
    response::IntoResponse,
};
use samvirke_schemas::{
    excerpt::{DETAIL_CHARS_MAX, FIELD_CHARS_MAX, shortened},
    feed::FeedPosition,
    reply::{Refused, RejectionKind},
};
use schemars::JsonSchema;
use serde::Serialize;

use crate::{fault::Fault, language::Language, request_context::RequestContext};

/// The media type of a problem.
pub(crate) const MEDIA_TYPE: &str = "application/problem+json";
/// How long a caller should wait before it asks again, in seconds.
pub(crate) const RETRY_AFTER_S: u16 = 2;
/// What every `type` begins with; the code follows.
pub(crate) const TYPE_PREFIX: &str = "urn:samvirke:problem:";

/// Why a request was not carried out.
#[derive(Clone, Debug)]
pub(crate) struct Problem(Box<Cause>);

#[derive(Clone, Debug)]
enum Cause {
    Fault(Fault),
    Refused(Refused),
}

/// A problem on the wire (RFC 9457).
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "Problem")]
pub struct Document {
    /// Stable: `urn:samvirke:problem:<code>`.
    pub r#type: String,
    /// What kind of problem it is, in a few words.
    pub title: String,
    pub status: u16,
    /// What is wrong and what would help: in bokmål if `Accept-Language` prefers Norwegian,
    /// otherwise English.
    pub detail: String,
    /// The source of the rule that said no: `R18`, `kommuneloven § 11-9`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    /// The field, parameter or header at fault.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// Where the feed ends, where the position that was given is not one of its.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_position: Option<FeedPosition>,
    /// The request's id, to be quoted when something is reported.
    pub instance: String,
}

impl From<Fault> for Problem {
    fn from(fault: Fault) -> Self {
        Self(Box::new(Cause::Fault(fault)))
    }
}

impl From<Refused> for Problem {
    /// Shortened here, since it is also logged.
    fn from(refused: Refused) -> Self {
        Self(Box::new(Cause::Refused(refused.shortened())))
    }
}

/// The response carries the problem along; [`Problem::response`] gives it a body where language and
/// id are known.
impl IntoResponse for Problem {
    fn into_response(self) -> axum::response::Response {
        let mut response = self.0.status().into_response();
        response.extensions_mut().insert(self);
        response
    }
}

impl Problem {
    /// The stable code, for metrics and logs.
    pub(crate) fn code(&self) -> &str {
        self.0.code()
    }

    /// The answer to the request that `context` is of.
    pub(crate) fn response(&self, context: &RequestContext) -> axum::response::Response {
        self.0.log(context);
        let status = self.0.status();
        let document = self.0.document(context);
        let body = serde_json::to_vec(&document).unwrap_or_default();
        let mut response = Response::new(Body::from(body));
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.insert(header::CONTENT_LANGUAGE, HeaderValue::from_static(context.language.tag()));
        // What is damaged does not pass by itself.
        let passes = [StatusCode::SERVICE_UNAVAILABLE, StatusCode::TOO_MANY_REQUESTS];
        if passes.contains(&status) && !matches!(&*self.0, Cause::Refused(Refused::Damaged { .. }))
        {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(RETRY_AFTER_S));
        }
        if let Some(challenge) = self.0.challenge() {
            headers.insert(header::WWW_AUTHENTICATE, challenge);
        }
        if let Cause::Fault(Fault::WrongMethod { allowed }) = &*self.0
            && let Ok(allowed) = HeaderValue::from_str(allowed)
        {
            headers.insert(header::ALLOW, allowed);
        }
        response
    }
}

impl Cause {
    /// The one choice of a status.
    fn status(&self) -> StatusCode {
        match self {
            Self::Fault(fault) => status_of_fault(fault),
            Self::Refused(Refused::Rejected { kind, .. }) => match kind {
                RejectionKind::State => StatusCode::CONFLICT,
                RejectionKind::Value => StatusCode::UNPROCESSABLE_ENTITY,
                RejectionKind::Forbidden => StatusCode::FORBIDDEN,
                RejectionKind::Missing => StatusCode::NOT_FOUND,
                RejectionKind::Stale => StatusCode::PRECONDITION_FAILED,
            },
            Self::Refused(Refused::Invalid { .. }) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Refused(
                Refused::Unavailable { .. } | Refused::Damaged { .. } | Refused::OutcomeUnknown {},
            ) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Refused(Refused::NoRoom { .. }) => StatusCode::INSUFFICIENT_STORAGE,
            Self::Refused(Refused::Broken { .. }) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn code(&self) -> &str {
        match self {
            Self::Fault(fault) => fault.code(),
            Self::Refused(
                Refused::Rejected { code, .. }
                | Refused::Unavailable { code, .. }
                | Refused::Damaged { code, .. },
            ) => code,
            Self::Refused(Refused::Invalid { .. }) => "invalid",
            Self::Refused(Refused::NoRoom { .. }) => "store-full",
            Self::Refused(Refused::OutcomeUnknown {}) => Fault::OutcomeUnknown.code(),
            Self::Refused(Refused::Broken { .. }) => Fault::Broken.code(),
        }
    }

    fn document(&self, context: &RequestContext) -> Document {
        let language = context.language;
        let detail = match self {
            Self::Fault(fault) => fault.detail(language),
            Self::Refused(
                Refused::Rejected { detail, detail_nb, .. }
                | Refused::Invalid { detail, detail_nb, .. }
                | Refused::Unavailable { detail, detail_nb, .. }
                | Refused::NoRoom { detail, detail_nb }
                | Refused::Damaged { detail, detail_nb, .. },
            ) => match language {
                Language::English => detail.clone(),
                Language::Bokmaal => detail_nb.clone(),
            },
            // What broke is for the log; it may name tables, hosts or files.
            Self::Refused(Refused::Broken { .. }) => Fault::Broken.detail(language),
            Self::Refused(Refused::OutcomeUnknown {}) => Fault::OutcomeUnknown.detail(language),
        };
        let (rule, field) = match self {
            Self::Fault(fault) => (None, fault.field().map(str::to_owned)),
            Self::Refused(Refused::Rejected { rule, field, .. }) => {
                (Some(rule.clone()), field.clone())
            }
            Self::Refused(Refused::Invalid { field, .. }) => (None, Some(field.clone())),
            Self::Refused(
                Refused::Unavailable { .. }
                | Refused::NoRoom { .. }
                | Refused::OutcomeUnknown {}
                | Refused::Damaged { .. }
                | Refused::Broken { .. },
            ) => (None, None),
        };
        Document {
            r#type: format!("{TYPE_PREFIX}{}", self.code()),
            title: self.title(language).to_owned(),
            status: self.status().as_u16(),
            detail: sentence(&shortened(&detail, DETAIL_CHARS_MAX)),
            rule,
            field: field
                .filter(|field| !field.is_empty())
                .map(|field| shortened(&field, FIELD_CHARS_MAX).into_owned()),
            last_position: match self {
                Self::Fault(Fault::PositionUnknown { last }) => Some(*last),
                Self::Fault(_) | Self::Refused(_) => None,
            },
            instance: context.id.clone(),
        }
    }

    fn title(&self, language: Language) -> &'static str {
        let (english, bokmaal) = match self {
            Self::Fault(fault) => return fault.title(language),
            Self::Refused(Refused::Rejected { kind, .. }) => match kind {
                RejectionKind::State => ("Not in this state", "Ikke i denne tilstanden"),
                RejectionKind::Value => ("A value breaks a rule", "En verdi bryter en regel"),
                RejectionKind::Forbidden => ("Not allowed", "Ikke tillatt"),
                RejectionKind::Missing => ("Not found", "Finnes ikke"),
                RejectionKind::Stale => ("Changed meanwhile", "Endret i mellomtiden"),
            },
            Self::Refused(Refused::Invalid { .. }) => ("Not well formed", "Feil i forespørselen"),
            Self::Refused(Refused::Unavailable { .. }) => ("Try again", "Prøv igjen"),
            Self::Refused(Refused::NoRoom { .. }) => ("No room", "Ikke plass"),
            Self::Refused(Refused::OutcomeUnknown {}) => {
                return Fault::OutcomeUnknown.title(language);
            }
            Self::Refused(Refused::Damaged { .. }) => {
                ("What is stored is damaged", "Det som er lagret, er skadet")
            }
            Self::Refused(Refused::Broken { .. }) => return Fault::Broken.title(language),
        };
        match language {
            Language::English => english,
            Language::Bokmaal => bokmaal,
        }
    }

    /// What a client must do to be let in (RFC 6750 § 3).
    fn challenge(&self) -> Option<HeaderValue> {
        let Self::Fault(fault) = self else { return None };
        let code = fault.code();
        let (error, scope) = if let Fault::TokenScope { scopes } = fault {
            ("insufficient_scope", format!(", scope=\"{scopes}\""))
        } else if matches!(fault, Fault::IssuerWithoutScopes) {
            ("insufficient_scope", String::new())
        } else if self.status() == StatusCode::UNAUTHORIZED {
            ("invalid_token", String::new())
        } else {
            return None;
        };
        let challenge = format!(
            "Bearer realm=\"samvirke\", error=\"{error}\", error_description=\"{code}\"{scope}"
        );
        Some(HeaderValue::from_str(&challenge).unwrap_or(HeaderValue::from_static("Bearer")))
    }

    /// Tells the operator of failures that are not the caller's.
    fn log(&self, context: &RequestContext) {
        match self {
            Self::Refused(Refused::Broken { detail }) => {
                tracing::error!(request.id = context.id, detail, "a service failed");
            }
            Self::Refused(Refused::Damaged { code, detail, .. }) => {
                tracing::error!(request.id = context.id, code, detail, "an operator must look");
            }
            Self::Refused(Refused::Unavailable { code, detail, .. }) => {
                tracing::warn!(
                    request.id = context.id,
                    code,
                    detail,
                    "a service cannot answer now"
                );
            }
            Self::Refused(Refused::NoRoom { detail, .. }) => {
                tracing::error!(request.id = context.id, detail, "an operator must make room");
            }
            Self::Refused(Refused::OutcomeUnknown {}) => {
                tracing::warn!(request.id = context.id, "a service does not know the outcome");
            }
            Self::Fault(fault) if fault.is_passing() => {
                tracing::warn!(request.id = context.id, fault = fault.code(), "not carried out");
            }
            Self::Fault(_) | Self::Refused(Refused::Rejected { .. } | Refused::Invalid { .. }) => {}
        }
    }
}

fn status_of_fault(fault: &Fault) -> StatusCode {
    match fault {
        Fault::UnknownPath | Fault::UnknownCollection { .. } | Fault::UnknownCommand { .. } => {
            StatusCode::NOT_FOUND
        }
        Fault::WrongMethod { .. } => StatusCode::METHOD_NOT_ALLOWED,
        Fault::PositionUnknown { .. } => StatusCode::GONE,
        Fault::InvalidPath
        | Fault::MissingHost
        | Fault::InvalidHost
        | Fault::RepeatedHeader { .. }
        | Fault::InvalidIdempotencyKey { .. }
        | Fault::InvalidIfMatch
        | Fault::InvalidPosition { .. }
        | Fault::InvalidOccurredAt { .. }
        | Fault::InvalidSource { .. }
        | Fault::InvalidIllustrative
        | Fault::BodyInterrupted
        | Fault::NotUtf8 { .. }
        | Fault::MalformedJson { .. }
        | Fault::UndecodableQuery
        | Fault::TooManyParameters { .. }
        | Fault::UnknownParameter { .. }
        | Fault::MissingParameter { .. }
        | Fault::RepeatedParameter { .. } => StatusCode::BAD_REQUEST,
        Fault::InvalidId { .. }
        | Fault::OccurredInTheFuture
        | Fault::NotAnObject
        | Fault::WrongParameterType { .. } => StatusCode::UNPROCESSABLE_ENTITY,
        Fault::WrongContentType | Fault::EncodedBody => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        Fault::TooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
        Fault::BodyTooSlow => StatusCode::REQUEST_TIMEOUT,
        Fault::UnsupportedAuthorization
        | Fault::TokenTooLarge { .. }
        | Fault::TokenMalformed
        | Fault::TokenUnsigned
        | Fault::TokenAlgorithm
        | Fault::TokenForeignIssuer
        | Fault::TokenKeyUnknown
        | Fault::TokenSignature
        | Fault::TokenExpired
        | Fault::TokenNotYetValid
        | Fault::TokenAudience
        | Fault::TokenClaimMissing { .. }
        | Fault::TokenClaimInvalid { .. } => StatusCode::UNAUTHORIZED,
        // Who calls is known; a new token of the same kind would not help (RFC 6750 § 3.1).
        Fault::TokenScope { .. } | Fault::IssuerWithoutScopes => StatusCode::FORBIDDEN,
        Fault::Disconnected
        | Fault::ServiceAway
        | Fault::OutcomeUnknown
        | Fault::OutcomeUnknownWithoutKey
        | Fault::IssuerAway
        | Fault::OfficesUnknown
        | Fault::RightsUnknown
        | Fault::AnswerLate
        | Fault::TooBusy => StatusCode::SERVICE_UNAVAILABLE,
        Fault::TooManyRequests { .. }
        | Fault::TooManyReaders { .. }
        | Fault::TooManyConnections { .. } => StatusCode::TOO_MANY_REQUESTS,
        Fault::Broken => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

/// Makes a sentence of a fragment: messages are written to stand inside others.
fn sentence(fragment: &str) -> String {
    let mut letters = fragment.chars();
    let first = letters.next().map(|letter| letter.to_uppercase().to_string());
    let ended = fragment.ends_with(['.', '!', '?']);
    format!("{}{}{}", first.unwrap_or_default(), letters.as_str(), if ended { "" } else { "." })
}

#[cfg(test)]
mod tests {
    use strum::VariantNames;

    use super::*;

    #[test]
    fn a_fragment_becomes_a_sentence() {
        assert_eq!(sentence("å vente er lov"), "Å vente er lov.");
        assert_eq!(sentence("Done."), "Done.");
    }

    #[test]
    fn a_code_can_stand_in_a_urn() {
        let sane = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        for code in Fault::VARIANTS {
            assert!(code.chars().all(sane), "{code}");
        }
    }
}
