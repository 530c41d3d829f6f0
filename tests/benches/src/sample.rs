//! What is stored: cooperations, founded and changed as the domain has it, about 600 bytes a commit.
//!
//! The same commands go through both sides: through the kernel as `CommandContext`, through cqrs-es as
//! commands with metadata that tells what the envelope tells.

use std::{
    collections::HashMap,
    fmt::Display,
    sync::atomic::{AtomicU64, Ordering},
};

use chrono::{DateTime, Utc};
use samvirke_kernel::{Command, Decider, clock, deadline::Deadline, execute::CommandContext};
use samvirke_networks::cooperation::Cooperation;
use samvirke_schemas::{
    Tagged,
    date::Date,
    id::AggregateId,
    names::Names,
    networks::cooperation::{Agreement, LegalForm, Request},
    organisation::OrganisationNumber,
    principal::{Grant, Principal, Role},
};
use uuid::Uuid;

pub(crate) const BAERUM: &str = "935478715";
pub(crate) const ASKER: &str = "920125298";
pub(crate) const BUSKERUD: &str = "964951373";

/// Stands where the digest of the request would; working it out is the gateway's message, not the
/// store.
const DIGEST: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

/// Founds a cooperation.
pub(crate) fn found() -> Request {
    Request::Found {
        names: names("Vestregionen"),
        legal_form: LegalForm::Section27,
        legal_basis: None,
        purpose: "Felles regionale interesser.".parse().expect("the text is a short one"),
        office_municipality: None,
        agreement: agreement(0),
        founded_on: day(1992),
    }
}

/// Changes the agreement of a cooperation, to another for each number.
pub(crate) fn amend(number: u64) -> Request {
    Request::AmendAgreement { agreement: agreement(number) }
}

pub(crate) fn names(nb: &str) -> Names {
    Names { nb: nb.parse().expect("the name is one line"), nn: None, en: None }
}

pub(crate) fn agreement(number: u64) -> Agreement {
    Agreement {
        title: "Vedtekter".parse().expect("the title is one line"),
        version: format!("2010.{number}").parse().expect("the version is one line"),
        in_force_from: None,
    }
}

pub(crate) fn number(text: &str) -> OrganisationNumber {
    OrganisationNumber::try_new(text).expect("the control digit is right")
}

/// The first day of a year.
pub(crate) fn day(year: i32) -> Date {
    Date::from_ymd(year, 1, 1).expect("every year has a first day")
}

pub(crate) fn id(local: impl Display) -> AggregateId {
    format!("bench:{local}").parse().expect("names here are digits, letters and hyphens")
}

/// The id of a command that this process has not given yet.
pub(crate) fn command_id() -> Uuid {
    static COMMANDS: AtomicU64 = AtomicU64::new(1);
    Uuid::from_u64_pair(0x5a11, COMMANDS.fetch_add(1, Ordering::Relaxed))
}

/// A request as it reaches the kernel, under a command id that was never used: operators found, the
/// secretariat does the rest.
pub(crate) fn command_context(id: AggregateId, request: Request) -> CommandContext<Cooperation> {
    let founds = request.tag() == found().tag();
    command_context_as(if founds { Role::Operator } else { Role::Secretariat }, id, request)
}

/// As [`command_context`], for any aggregate.
pub(crate) fn command_context_as<D: Decider>(
    role: Role,
    id: AggregateId,
    request: D::Request,
) -> CommandContext<D> {
    let now = clock::now();
    CommandContext {
        id,
        command_id: command_id(),
        digest: DIGEST.into(),
        principal: Principal {
            subject: "bench".into(),
            member: None,
            supplier: None,
            grants: vec![Grant { role, cooperation: None }],
        },
        request,
        at: now,
        now,
        expected_version: None,
        provenance: None,
        after: Vec::new(),
        cause: None,
        traceparent: None,
        deadline: Deadline::NONE,
    }
}

/// The same request as cqrs-es takes it: id, command, metadata.
pub(crate) fn command(
    context: CommandContext<Cooperation>,
) -> (String, Command<Request>, HashMap<String, String>) {
    let text = |at: DateTime<Utc>| at.to_rfc3339();
    let metadata = HashMap::from([
        ("command_id".into(), context.command_id.to_string()),
        ("command".into(), format!("{}.{}", Cooperation::KIND, context.request.tag())),
        ("digest".into(), context.digest),
        ("actor".into(), serde_json::to_string(&context.principal).unwrap_or_default()),
        ("occurred_at".into(), text(context.at)),
        ("recorded_at".into(), text(context.now)),
    ]);
    let id = context.id.to_string();
    let command = Command {
        id: context.id,
        principal: context.principal,
        request: context.request,
        facts: (),
        at: context.at,
        now: context.now,
    };
    (id, command, metadata)
}
