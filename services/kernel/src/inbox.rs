//! From a message to a command context, and from an outcome to an answer.
//!
//! This is the edge where the clock is read and where what people sent is first understood.

use chrono::{DateTime, TimeDelta, Utc};
use samvirke_schemas::{
    Tagged,
    excerpt::excerpt,
    local_time::LocalTime,
    message::CommandMessage,
    principal::Role,
    reply::{Accepted, Refused, RejectionKind},
};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::{
    clock,
    deadline::Deadline,
    decider::Decider,
    envelope,
    execute::{CommandContext, CommandOutcome, ExecuteError, FactSource, execute},
    form::{self, Json},
    position::{InvalidPosition, Position},
    rejection::Rejection,
    repository::Repository,
};

/// How far a caller's clock may be ahead of ours.
pub const CLOCK_LEEWAY: TimeDelta = TimeDelta::seconds(60);

/// Reads a message as a command for `D`.
///
/// # Errors
///
/// [`Refused::Invalid`] with the field at fault, or a refusal of the time given.
pub fn command_context<D: Decider>(message: &CommandMessage) -> Result<CommandContext<D>, Refused> {
    let now = clock::now();
    let request: D::Request = request(&message.command, message.body.get())?;
    Ok(CommandContext {
        id: message.id.clone(),
        command_id: message.command_id,
        digest: digest_of(message),
        request,
        principal: message.principal.clone(),
        at: time_of(message, now)?,
        now,
        expected_version: message.expected_version,
        provenance: message.provenance.clone(),
        after: positions(&message.after)?,
        cause: None,
        traceparent: message.traceparent.clone(),
        deadline: Deadline::at(message.deadline),
    })
}

/// Reads the body of a command as one variant of its request enum.
///
/// # Errors
///
/// [`Refused::Invalid`] with the path of the field at fault.
pub fn request<R: Tagged + DeserializeOwned>(command: &str, body: &str) -> Result<R, Refused> {
    if !R::TAGS.contains(&command) {
        let (command, known) = (excerpt(command), R::TAGS.join(", "));
        return Err(Refused::invalid(
            "command",
            format!("there is no command {command:?}; there are {known}"),
            format!("kommandoen {command:?} finnes ikke; det er {known}"),
        ));
    }
    let body: Json = serde_json::from_str(body).map_err(|error| {
        Refused::invalid(
            "body",
            format!("the body cannot be read as JSON: {error}"),
            format!("innholdet kan ikke leses som JSON: {error}"),
        )
    })?;
    form::read(Json::Object(vec![(command.to_owned(), body)])).map_err(|(path, error)| {
        let field = path.strip_prefix(command).unwrap_or(&path).trim_start_matches('.');
        form::refusal(if field.is_empty() { "body" } else { field }, &error)
    })
}

/// What was asked, as a digest: the same key with another request is noticed by it.
fn digest_of(message: &CommandMessage) -> String {
    // Space and the order of fields do not make another request.
    let body = serde_json::from_str::<Value>(message.body.get())
        .map_or_else(|_| message.body.get().to_owned(), |body| body.to_string());
    envelope::digest(
        format!("{} {} {} {body}", message.kind, message.id, message.command).as_bytes(),
    )
}

fn time_of(message: &CommandMessage, now: DateTime<Utc>) -> Result<DateTime<Utc>, Refused> {
    let Some(at) = message.at else { return Ok(now) };
    if LocalTime::new(at).instant() != at {
        let (first, last) = (LocalTime::first(), LocalTime::last());
        return Err(Refused::invalid(
            "Samvirke-Occurred-At",
            format!("{at} is not from {first} to {last}"),
            format!("{at} er ikke fra {first} til {last}"),
        ));
    }
    if at > now + CLOCK_LEEWAY {
        return Err(Refused::invalid(
            "Samvirke-Occurred-At",
            format!("{at} lies ahead; only what has happened can be registered"),
            format!("{at} er ikke kommet ennå; bare det som har hendt, kan registreres"),
        ));
    }
    let may = [Role::Secretariat, Role::Operator, Role::System];
    if !message.principal.is_any(&may, &message.id.cooperation) {
        return Err(Refused::Rejected {
            code: "only-the-secretariat-registers-afterwards".into(),
            kind: RejectionKind::Forbidden,
            rule: "arkivlova".into(),
            detail: "only the secretariat may register what happened earlier".into(),
            detail_nb: "bare sekretariatet kan registrere noe i ettertid".into(),
            field: Some("Samvirke-Occurred-At".into()),
        });
    }
    Ok(at.min(now))
}

/// Carries out the command in a message.
///
/// # Errors
///
/// [`Refused`], ready to be sent.
pub async fn carry_out<D: Decider>(
    repository: &Repository<D>,
    source: &impl FactSource<D>,
    message: &CommandMessage,
) -> Result<Accepted, Refused> {
    let context = command_context::<D>(message)?;
    let outcome = execute(repository, source, &context).await.map_err(refused)?;
    Ok(accepted(&context, &outcome))
}

/// The answer to a kind that the service does not have.
pub fn unknown_kind(message: &CommandMessage) -> Refused {
    Refused::Broken { detail: format!("no {} lives here", message.kind) }
}

/// The positions that a message says must have been seen.
///
/// # Errors
///
/// [`Refused::Invalid`] for a text that is not a position.
pub fn positions(after: &[String]) -> Result<Vec<Position>, Refused> {
    after
        .iter()
        .map(|text| {
            text.parse()
                .map_err(|err: InvalidPosition| form::invalid("Samvirke-Position", err.to_string()))
        })
        .collect()
}

/// The answer to what was done.
pub fn accepted<D: Decider>(
    context: &CommandContext<D>,
    outcome: &CommandOutcome<D::Event>,
) -> Accepted {
    Accepted {
        id: context.id.to_string(),
        version: outcome.version,
        position: outcome.position.to_string(),
        events: outcome.events.iter().map(serde_json::to_value).filter_map(Result::ok).collect(),
        warnings: outcome.warnings.clone(),
        repeated: outcome.repeated,
    }
}

/// The answer to what was not done.
pub fn refused<R: Rejection>(error: ExecuteError<R>) -> Refused {
    match error {
        ExecuteError::Rejected(rejection) => Refused::Rejected {
            code: rejection.code().to_owned(),
            kind: rejection.kind(),
            rule: rejection.rule().to_owned(),
            detail: rejection.to_string(),
            detail_nb: rejection.bokmaal(),
            field: rejection.field().map(ToOwned::to_owned),
        },
        ExecuteError::Stale { expected, current } => Refused::Rejected {
            code: "stale-version".into(),
            kind: RejectionKind::Stale,
            rule: "RFC 9110 § 13.1.1".into(),
            detail: format!("the version is {current}, not {expected}; read it again"),
            detail_nb: format!("versjonen er {current}, ikke {expected}; les på nytt"),
            field: Some("If-Match".into()),
        },
        ExecuteError::KeyReused => Refused::Rejected {
            code: "idempotency-key-reused".into(),
            kind: RejectionKind::Value,
            rule: "Idempotency-Key".into(),
            detail: "the key was used for another request; use a new one".into(),
            detail_nb: "nøkkelen er brukt for en annen forespørsel; bruk en ny".into(),
            field: Some("Idempotency-Key".into()),
        },
        ExecuteError::Contended => Refused::unavailable(
            "many others are writing to the same aggregate; try again",
            "mange andre skriver til det samme; prøv igjen",
        ),
        ExecuteError::Facts(refused) => refused,
        ExecuteError::Store(error) => error.into(),
    }
}

#[cfg(test)]
mod tests;
