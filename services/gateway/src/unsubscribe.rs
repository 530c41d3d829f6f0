//! Links in mail that decline what it was about: one click in a mail program (RFC 8058), or a page with
//! one button for people.
//!
//! Invariant: only `POST` declines. Mail programs and scanners follow links, and following one must
//! change nothing. The link is its own authority; nobody logs in.

use axum::{
    extract::{Extension, Path, State, rejection::PathRejection},
    http::header,
    response::{IntoResponse, Response},
};
use samvirke_schemas::{message::QueryMessage, principal::Principal};
use serde_json::{Map, Value};

use crate::{
    Gateway, fault::Fault, language::Language, problem::Problem, request_context::RequestContext,
};

/// The route of the links.
pub(crate) const PATH: &str = "/v1/unsubscribe/{token}";
/// The page may show itself and send its one form, nothing else.
const POLICY: &str = "default-src 'none'; form-action 'self'; frame-ancestors 'none'";

/// Shows the button.
pub(crate) async fn ask(Extension(context): Extension<RequestContext>) -> Response {
    let (title, text, button) = match context.language {
        Language::English => (
            "Unsubscribe",
            "Do you want to be told no more of what the message was about?",
            "Unsubscribe",
        ),
        Language::Bokmaal => (
            "Meld av",
            "Vil du ikke lenger ha meldinger om det denne meldingen gjaldt?",
            "Meld meg av",
        ),
    };
    let form = format!("<p>{text}</p>\n<form method=\"post\"><button>{button}</button></form>");
    page(context.language, title, &form)
}

/// Declines what the link names.
pub(crate) async fn decline(
    State(gateway): State<Gateway>,
    Extension(context): Extension<RequestContext>,
    token: Result<Path<String>, PathRejection>,
) -> Result<Response, Problem> {
    let Path(token) = token.map_err(|_| Fault::InvalidPath)?;
    let _share = gateway.share_of_requests(&Principal::public(), &context)?;
    let name = "unsubscribe";
    let message = QueryMessage {
        name: name.to_owned(),
        cooperation: None,
        parameters: Map::from_iter([("token".to_owned(), Value::from(token))]),
        principal: Principal::public(),
        person: None,
        after: Vec::new(),
        traceparent: Some(context.trace.to_string()),
        deadline: context.deadline,
    };
    let subject = format!("qry.notify.{name}");
    gateway.ask(subject, &message, context.until, Fault::AnswerLate).await?;
    let (title, text) = match context.language {
        Language::English => ("Unsubscribed", "You will get no more such messages."),
        Language::Bokmaal => ("Meldt av", "Du får ikke flere slike meldinger."),
    };
    Ok(page(context.language, title, &format!("<p>{text}</p>")))
}

fn page(language: Language, title: &str, content: &str) -> Response {
    let tag = language.tag();
    let html = format!(
        "<!DOCTYPE html>\n<html lang=\"{tag}\"><head><meta charset=\"utf-8\"><title>{title}</title>\
         </head>\n<body><h1>{title}</h1>\n{content}\n</body></html>\n"
    );
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CACHE_CONTROL, "no-store"),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        // The link must not travel on in a Referer.
        (header::REFERRER_POLICY, "no-referrer"),
    ];
    (headers, html).into_response()
}
