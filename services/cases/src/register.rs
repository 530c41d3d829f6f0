//! A register of case numbers: one series of running numbers in one year (R31–R35).
//!
//! A number that was taken stays taken. Two cases may hold the same number, because papers of the
//! past do (R33, R35): that is recorded with the later of them and warned about, never mended or
//! refused.

use std::collections::BTreeMap;

use samvirke_kernel::{Command, Decider, aggregate, rejections};
use samvirke_schemas::{
    case_number::{CaseNumber, YEARS},
    cases::register::{Event, NumberTaken, Request, Series, Wanted, WrittenNumber},
    id::{AggregateId, LocalId},
    principal::Role,
    reply::Warning,
};
use serde::{Deserialize, Serialize};

#[cfg(test)]
mod tests;

/// The most numbers one register gives out: a large municipality's case system has fewer in a year.
pub const NUMBERS_MAX: usize = 50_000;

/// The highest running number that a case number can be written with.
const RUNNING_MAX: u32 = 999_999;

/// A register as its history describes it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub enum Register {
    #[default]
    Unopened,
    Open(Numbers),
}

/// The numbers that are taken, and by whom.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Numbers {
    pub year: u16,
    pub series: Option<Series>,
    /// The highest running number taken; 0 before the first.
    pub highest: u32,
    /// In the order they were taken.
    pub holders: BTreeMap<CaseNumber, Vec<Holder>>,
    /// How many there are of them.
    taken: usize,
    /// The numbers that each case holds, for itself and for its treatments.
    of_cases: BTreeMap<AggregateId, Vec<CaseNumber>>,
}

/// Who holds a number: a case for itself, or for one of its treatments (R32, R34).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    pub case: AggregateId,
    pub taken: NumberTaken,
}

rejections! {
    /// Why a register refuses a command.
    pub enum Rejection {
        OnlyTheSecretariat: Forbidden, "R31",
            "only the cooperation's secretariat opens a register",
            "bare samarbeidets sekretariat kan opprette et saksregister";
        OnlyWithACase: Forbidden, "R31",
            "a number is taken by opening a case or planning a treatment, never alone",
            "et saksnummer tas ved å opprette en sak eller planlegge en behandling, aldri alene";
        NotOpened: Missing, "R31",
            "the register is not opened; open it first",
            "saksregisteret er ikke opprettet; opprett det først";
        AlreadyOpened: State, "R31",
            "the register is already opened for another year or series",
            "saksregisteret er allerede opprettet for et annet år eller en annen serie";
        NoSuchYear { year: u16 }: Value("year"), "R31",
            "{year} cannot be the year of a case number; use 1837 or later, with four digits",
            "{year} kan ikke være året i et saksnummer; bruk 1837 eller senere, med fire sifre";
        IdDiffers { expected: String }: Value("year"), "R31",
            "the register of that year and series has the id {expected}",
            "registeret for det året og den serien har id-en {expected}";
        YearDiffers { number: CaseNumber, year: u16 }: Value("number"), "R31",
            "{number} is not of {year}; take it from the register of its own year",
            "{number} er ikke fra {year}; ta det fra registeret for sitt eget år";
        HoldsAnother { number: CaseNumber }: State, "R31",
            "the number {number} was given already and is not exchanged",
            "nummeret {number} er allerede gitt og byttes ikke";
        NothingToLetter { running: u32, year: u16 }: Value("number"), "R32",
            "{running}/{year} is not taken, so it cannot get a letter; take the number first",
            "{running}/{year} er ikke tatt og kan ikke få bokstav; ta nummeret først";
        LettersUsedUp { running: u32, year: u16 }: State, "R32",
            "{running}/{year} has used its letters a to z; take a new number",
            "{running}/{year} har brukt bokstavene a til z; ta et nytt nummer";
        Full: State, "R31",
            "the register has given out all its numbers; open another series",
            "saksregisteret har gitt ut alle sine numre; opprett en ny serie";
    }
}

impl Decider for Register {
    const CONTEXT: &'static str = "cases";
    const KIND: &'static str = "register";
    const REDUCER: &'static [&'static str] = &[
        include_str!("register.rs"),
        include_str!("../../../schemas/src/cases/register.rs"),
        include_str!("../../../schemas/src/case_number.rs"),
    ];

    // Its numbers are limited instead.
    const IS_ANSWERED_WHOLE: bool = false;

    type Request = Request;
    type Facts = ();
    type Event = Event;
    type Rejection = Rejection;

    fn authorise(&self, command: &Command<Request>) -> Result<(), Rejection> {
        match command.request {
            Request::Open { .. } if command.is_from(&[Role::Secretariat]) => Ok(()),
            Request::Open { .. } => Err(Rejection::OnlyTheSecretariat),
            Request::Take { .. } if command.is_from(&[Role::System]) => Ok(()),
            Request::Take { .. } => Err(Rejection::OnlyWithACase),
        }
    }

    fn decide(&self, command: &Command<Request>) -> Result<Vec<Event>, Rejection> {
        match &command.request {
            Request::Open { year, series } => self.open(&command.id, *year, series.as_ref()),
            Request::Take { case, treatment, wanted, command: taken_by } => {
                let Some(taken) = self.take(&command.id, case, treatment.as_ref(), wanted)? else {
                    return Ok(Vec::new());
                };
                let (case, command) = (case.clone(), *taken_by);
                Ok(vec![Event::NumberTaken { case, taken, command }])
            }
        }
    }

    fn evolve(&mut self, event: &Event) {
        match event {
            Event::Opened { year, series } => {
                *self = Self::Open(Numbers {
                    year: *year,
                    series: series.clone(),
                    highest: 0,
                    holders: BTreeMap::new(),
                    taken: 0,
                    of_cases: BTreeMap::new(),
                });
            }
            Event::NumberTaken { case, taken, command: _ } => {
                if let Self::Open(numbers) = self {
                    let holder = Holder { case: case.clone(), taken: taken.clone() };
                    numbers.highest = numbers.highest.max(taken.number.running);
                    numbers.holders.entry(taken.number).or_default().push(holder);
                    numbers.taken += 1;
                    numbers.of_cases.entry(case.clone()).or_default().push(taken.number);
                }
            }
        }
    }

    fn warnings(events: &[Event]) -> Vec<Warning> {
        events
            .iter()
            .filter_map(|event| match event {
                Event::NumberTaken { taken, .. } => collision(taken),
                Event::Opened { .. } => None,
            })
            .collect()
    }
}

aggregate!(Register);

impl Register {
    /// The number that a case holds for itself, or for one of its treatments.
    pub fn number_of(
        &self,
        case: &AggregateId,
        treatment: Option<&LocalId>,
    ) -> Option<&NumberTaken> {
        let Self::Open(numbers) = self else { return None };
        let held = numbers.of_cases.get(case)?.iter();
        held.flat_map(|number| numbers.holders.get(number))
            .flatten()
            .find(|holder| holder.case == *case && holder.taken.treatment.as_ref() == treatment)
            .map(|holder| &holder.taken)
    }

    fn open(
        &self,
        id: &AggregateId,
        year: u16,
        series: Option<&Series>,
    ) -> Result<Vec<Event>, Rejection> {
        if let Self::Open(numbers) = self {
            return if numbers.year == year && numbers.series.as_ref() == series {
                Ok(Vec::new())
            } else {
                Err(Rejection::AlreadyOpened)
            };
        }
        if !YEARS.contains(&year) {
            return Err(Rejection::NoSuchYear { year });
        }
        let expected =
            series.map_or_else(|| year.to_string(), |series| format!("{}-{year}", series.key));
        if id.local.as_str() != expected {
            return Err(Rejection::IdDiffers { expected });
        }
        Ok(vec![Event::Opened { year, series: series.cloned() }])
    }

    /// The number that is to be taken, or nothing if the holder has it already.
    fn take(
        &self,
        id: &AggregateId,
        case: &AggregateId,
        treatment: Option<&LocalId>,
        wanted: &Wanted,
    ) -> Result<Option<NumberTaken>, Rejection> {
        let Self::Open(numbers) = self else { return Err(Rejection::NotOpened) };
        if let Some(held) = self.number_of(case, treatment) {
            return if satisfies(held.number, wanted) {
                Ok(None)
            } else {
                Err(Rejection::HoldsAnother { number: held.number })
            };
        }
        if numbers.taken >= NUMBERS_MAX {
            return Err(Rejection::Full);
        }
        let number = numbers.choose(wanted)?;
        Ok(Some(NumberTaken {
            register: id.local.clone(),
            treatment: treatment.cloned(),
            number,
            as_written: stated(wanted),
            collides_with: numbers.others_with(number, case),
        }))
    }
}

impl Numbers {
    fn choose(&self, wanted: &Wanted) -> Result<CaseNumber, Rejection> {
        let year = self.year;
        match wanted {
            Wanted::Next {} if self.highest >= RUNNING_MAX => Err(Rejection::Full),
            Wanted::Next {} => Ok(CaseNumber { year, running: self.highest + 1, suffix: None }),
            Wanted::Stated { number } if number.number().year != year => {
                Err(Rejection::YearDiffers { number: number.number(), year })
            }
            Wanted::Stated { number } => Ok(number.number()),
            Wanted::Lettered { running } => self.next_letter(*running),
        }
    }

    fn next_letter(&self, running: u32) -> Result<CaseNumber, Rejection> {
        let year = self.year;
        if !self.holders.keys().any(|number| number.running == running) {
            return Err(Rejection::NothingToLetter { running, year });
        }
        ('a'..='z')
            .map(|letter| CaseNumber { year, running, suffix: Some(letter) })
            .find(|number| !self.holders.contains_key(number))
            .ok_or(Rejection::LettersUsedUp { running, year })
    }

    /// The other cases that hold the number. A case does not collide with itself.
    fn others_with(&self, number: CaseNumber, case: &AggregateId) -> Vec<AggregateId> {
        let mut others: Vec<_> = self
            .holders
            .get(&number)
            .into_iter()
            .flatten()
            .map(|holder| holder.case.clone())
            .filter(|other| other != case)
            .collect();
        others.sort();
        others.dedup();
        others
    }
}

/// The warning of a number that other cases hold too (R33, R35).
pub(crate) fn collision(taken: &NumberTaken) -> Option<Warning> {
    if taken.collides_with.is_empty() {
        return None;
    }
    let others: Vec<_> = taken.collides_with.iter().map(ToString::to_string).collect();
    Some(Warning {
        code: "number-collides".into(),
        rule: "R33".into(),
        detail: format!("{} is also the number of {}", taken.number, others.join(", ")),
    })
}

fn satisfies(held: CaseNumber, wanted: &Wanted) -> bool {
    match wanted {
        Wanted::Next {} => true,
        Wanted::Stated { number } => number.number() == held,
        Wanted::Lettered { running } => held.running == *running && held.suffix.is_some(),
    }
}

fn stated(wanted: &Wanted) -> Option<WrittenNumber> {
    match wanted {
        Wanted::Stated { number } => Some(number.clone()),
        Wanted::Next {} | Wanted::Lettered { .. } => None,
    }
}
