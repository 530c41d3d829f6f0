//! Norwegian organisation numbers.

use std::{fmt, str::FromStr};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The weights of the control digit (modulus 11).
const WEIGHTS: [u32; 8] = [3, 2, 7, 6, 5, 4, 3, 2];

/// Why a text is not an organisation number.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidOrganisationNumber {
    #[error("an organisation number has nine digits")]
    Form,
    #[error("the control digit of organisation number {0} is wrong")]
    ControlDigit(String),
}

/// Nine digits with a correct control digit, as in Enhetsregisteret.
#[derive(
    Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String", extend("pattern" = "^[0-9]{9}$"))]
pub struct OrganisationNumber(String);

impl OrganisationNumber {
    pub fn try_new(text: &str) -> Result<Self, InvalidOrganisationNumber> {
        let digits: Vec<u32> = text.chars().filter_map(|c| c.to_digit(10)).collect();
        if digits.len() != 9 || text.len() != 9 {
            return Err(InvalidOrganisationNumber::Form);
        }
        let sum: u32 = WEIGHTS.iter().zip(&digits).map(|(weight, digit)| weight * digit).sum();
        // 11 - 0 is written as 0; 11 - 1 = 10 has no digit, so no such number is issued.
        if (11 - sum % 11) % 11 != digits[8] {
            return Err(InvalidOrganisationNumber::ControlDigit(text.to_owned()));
        }
        Ok(Self(text.to_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for OrganisationNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for OrganisationNumber {
    type Err = InvalidOrganisationNumber;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::try_new(text)
    }
}

impl TryFrom<String> for OrganisationNumber {
    type Error = InvalidOrganisationNumber;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::try_new(&text)
    }
}

impl From<OrganisationNumber> for String {
    fn from(number: OrganisationNumber) -> Self {
        number.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_with_a_wrong_control_digit_is_refused() {
        assert!(OrganisationNumber::try_new("935478715").is_ok());
        assert_eq!(
            OrganisationNumber::try_new("935478716"),
            Err(InvalidOrganisationNumber::ControlDigit("935478716".into()))
        );
    }

    #[test]
    fn only_nine_digits_make_an_organisation_number() {
        for text in ["", "12345678", "1234567890", "93547871å", "935 478 715"] {
            assert_eq!(
                OrganisationNumber::try_new(text),
                Err(InvalidOrganisationNumber::Form),
                "{text:?}"
            );
        }
    }
}
