//! One commit over a case and its register: a case takes the number it needs, or none is taken.
//!
//! [`register_of`] a command says whether it needs a number and from which register. If it does not,
//! the case alone decides. Otherwise it waits for the register with the others that need a number from
//! it, and [`Numbering`] decides them one after the other: the register's commit holds the numbers of
//! all of them, and stands in one atomic batch with a commit for each case.
//!
//! The case's warnings are the caller's: they tell of the register's collisions too, since the case
//! records them with its number.
//!
//! Since the register knows who holds a number, the same command decided again takes no other.

use std::borrow::Cow;

use samvirke_kernel::{
    Command, Decider, Rejection, RejectionKind,
    execute::{EventsOfBoth, PairDecider},
};
use samvirke_schemas::{
    cases::{
        case::{
            self, Request,
            treatment::{PlanToMake, TreatmentToPlan},
        },
        register::{self, NumberTaken, Wanted},
    },
    id::{AggregateId, LocalId},
    principal::Principal,
};
use uuid::Uuid;

use crate::{
    case::{Case, Facts},
    register::Register,
};

#[cfg(test)]
mod tests;

/// What a command that takes numbers leads to, on both sides.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Numbered {
    pub register: Vec<register::Event>,
    pub case: Vec<case::Event>,
}

/// Which of the two said no.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Refusal {
    #[error(transparent)]
    Register(#[from] crate::register::Rejection),
    #[error(transparent)]
    Case(#[from] crate::case::Rejection),
}

impl Rejection for Refusal {
    fn code(&self) -> &'static str {
        match self {
            Self::Register(rejection) => rejection.code(),
            Self::Case(rejection) => rejection.code(),
        }
    }

    fn kind(&self) -> RejectionKind {
        match self {
            Self::Register(rejection) => rejection.kind(),
            Self::Case(rejection) => rejection.kind(),
        }
    }

    fn rule(&self) -> &'static str {
        match self {
            Self::Register(rejection) => rejection.rule(),
            Self::Case(rejection) => rejection.rule(),
        }
    }

    fn field(&self) -> Option<&'static str> {
        match self {
            Self::Register(rejection) => rejection.field(),
            Self::Case(rejection) => rejection.field(),
        }
    }

    fn bokmaal(&self) -> String {
        match self {
            Self::Register(rejection) => rejection.bokmaal(),
            Self::Case(rejection) => rejection.bokmaal(),
        }
    }
}

/// How a case takes the numbers it needs from a register.
#[derive(Clone, Copy, Debug)]
pub struct Numbering;

impl PairDecider for Numbering {
    type Shared = Register;
    type Own = Case;
    type Rejection = Refusal;
    const SHARED_COMMAND: &'static str = "take";

    fn decide(
        register: &Register,
        case: &Case,
        command: &Command<Request, Facts>,
        command_id: Uuid,
    ) -> Result<EventsOfBoth<Self>, Refusal> {
        decide(register, case, command, command_id)
            .map(|numbered| (numbered.register, numbered.case))
    }
}

/// The register that a request to the case `id` takes numbers from, if it takes any.
pub fn register_of(id: &AggregateId, request: &Request) -> Option<AggregateId> {
    let (register, wishes) = wishes(request)?;
    let register = AggregateId::new(id.cooperation.clone(), register.clone());
    (!wishes.is_empty()).then_some(register)
}

/// Decides the command `command_id`, which takes numbers, on the states of its register and its case.
///
/// `command.facts.numbers` is filled in here; whatever it held is not looked at.
///
/// # Errors
///
/// The rule that says no, the register's or the case's. Then neither changes.
pub fn decide(
    register: &Register,
    case: &Case,
    command: &Command<Request, Facts>,
    command_id: Uuid,
) -> Result<Numbered, Refusal> {
    case.authorise(command)?;
    let mut events: Vec<register::Event> = Vec::new();
    let mut evolved = 0;
    let mut numbers = Vec::new();
    if let Some((register_id, wishes)) = wishes(&command.request) {
        let mut register = Cow::Borrowed(register);
        let id = AggregateId::new(command.id.cooperation.clone(), register_id.clone());
        for (treatment, wanted) in wishes {
            // Only for another number is a large register copied.
            for event in &events[evolved..] {
                register.to_mut().evolve(event);
            }
            evolved = events.len();
            let asked = (command, command_id);
            let (new, number) = take(&register, &id, asked, treatment, wanted)?;
            numbers.extend(number);
            events.extend(new);
        }
    }
    let facts = Facts { numbers, members: command.facts.members.clone() };
    let case = case.decide(&Command { facts, ..command.clone() })?;
    Ok(Numbered { register: events, case })
}

/// Takes one number, as Samvirke itself: the caller's right to it is the right to the case.
fn take(
    register: &Register,
    id: &AggregateId,
    (command, command_id): (&Command<Request, Facts>, Uuid),
    treatment: Option<&LocalId>,
    wanted: &Wanted,
) -> Result<(Vec<register::Event>, Option<NumberTaken>), crate::register::Rejection> {
    let case = &command.id;
    let request = register::Request::Take {
        case: case.clone(),
        treatment: treatment.cloned(),
        wanted: wanted.clone(),
        command: Some(command_id),
    };
    let take = Command {
        id: id.clone(),
        principal: Principal::system("cases"),
        request,
        facts: (),
        at: command.at,
        now: command.now,
    };
    register.authorise(&take)?;
    let events = register.decide(&take)?;
    let number = match events.first() {
        Some(register::Event::NumberTaken { taken, .. }) => Some(taken.clone()),
        Some(register::Event::Opened { .. }) | None => register.number_of(case, treatment).cloned(),
    };
    Ok((events, number))
}

/// A number, and the treatment it is for; none where it is the case's own.
type Wish<'a> = (Option<&'a LocalId>, &'a Wanted);

/// Which numbers a request wishes for, and from which register.
fn wishes<'a>(request: &'a Request) -> Option<(&'a LocalId, Vec<Wish<'a>>)> {
    const NEXT: &Wanted = &Wanted::Next {};
    if let Request::Open(opening) = request {
        return Some((&opening.register, vec![(None, opening.number.as_ref().unwrap_or(NEXT))]));
    }
    let (Request::PlanTreatments(PlanToMake { register, treatments, .. })
    | Request::ChangePlan(PlanToMake { register, treatments, .. })) = request
    else {
        return None;
    };
    let wished = |one: &'a TreatmentToPlan| Some((Some(&one.treatment), one.number.as_ref()?));
    Some((register.as_ref()?, treatments.iter().filter_map(wished).collect()))
}
