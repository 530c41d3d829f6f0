//! A register of case numbers: one series of running numbers in one year.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    case_number::{CaseNumber, InvalidCaseNumber},
    event,
    id::{AggregateId, LocalId},
    names::Names,
    tagged,
};

/// A case number with the spelling it was found in: `04/2016` is the number `4/2016` (R31).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String", extend("pattern" = "^[0-9]{1,6}[a-z]?/[0-9]{4}$"))]
pub struct WrittenNumber {
    text: String,
    number: CaseNumber,
}

impl WrittenNumber {
    /// The number that is meant.
    pub fn number(&self) -> CaseNumber {
        self.number
    }
}

impl fmt::Display for WrittenNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::str::FromStr for WrittenNumber {
    type Err = InvalidCaseNumber;

    fn from_str(text: &str) -> Result<Self, InvalidCaseNumber> {
        Ok(Self { number: text.parse()?, text: text.to_owned() })
    }
}

impl TryFrom<String> for WrittenNumber {
    type Error = InvalidCaseNumber;

    fn try_from(text: String) -> Result<Self, InvalidCaseNumber> {
        text.parse()
    }
}

impl From<WrittenNumber> for String {
    fn from(written: WrittenNumber) -> Self {
        written.text
    }
}

/// Which number a case or a treatment is to get.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Wanted {
    /// The one after the highest that is taken.
    Next {},
    /// The one that the papers carry already. It is kept as it is, also where it collides (R33,
    /// R35).
    Stated { number: WrittenNumber },
    /// The next free letter to a running number: another body's treatment of the same matter (R32).
    Lettered { running: u32 },
}

/// A number as a case got it from its register.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NumberTaken {
    /// The register, in the case's own cooperation: `2017`, `khs-2018`.
    pub register: LocalId,
    /// The treatment it was taken for; absent where it is the case's own (R32, R34).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub treatment: Option<LocalId>,
    pub number: CaseNumber,
    /// The spelling on the papers, where it was stated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub as_written: Option<WrittenNumber>,
    /// The other cases that held the number already (R33).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub collides_with: Vec<AggregateId>,
}

/// A series of its own beside the cooperation's ordinary one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Series {
    /// The first part of the register's id: `khs` in `khs-2018`.
    pub key: LocalId,
    pub names: Names,
}

/// What may be asked of a register.
#[derive(
    Clone,
    Debug,
    PartialEq,
    Serialize,
    Deserialize,
    JsonSchema,
    strum::IntoStaticStr,
    strum::VariantNames,
)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[strum(serialize_all = "kebab-case")]
pub enum Request {
    /// Opens the register of a year. Its id is `<year>`, or `<series>-<year>` for a series.
    Open {
        year: u16,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        series: Option<Series>,
    },
    /// Takes a number for a case or for one of its treatments. Only Samvirke itself asks for it, in
    /// the commit that opens the case or plans the treatment.
    Take {
        case: AggregateId,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        treatment: Option<LocalId>,
        wanted: Wanted,
        /// The command that it is asked for with.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        command: Option<Uuid>,
    },
}

tagged!(Request);

/// What has happened to a register.
#[derive(
    Clone,
    Debug,
    PartialEq,
    Serialize,
    Deserialize,
    JsonSchema,
    strum::IntoStaticStr,
    strum::VariantNames,
)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum Event {
    Opened {
        year: u16,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        series: Option<Series>,
    },
    NumberTaken {
        case: AggregateId,
        taken: NumberTaken,
        /// The command that took it. Absent where the commit is that command's own, as all were once.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        command: Option<Uuid>,
    },
}

event!(Event);
