//! Organisation numbers for members who exist nowhere.

use samvirke_schemas::organisation::OrganisationNumber;

/// Numbers with a right control digit, always the same ones and as many as are taken.
pub fn organisation_numbers() -> impl Iterator<Item = OrganisationNumber> {
    (100_000_000..).filter_map(|number: u32| number.to_string().parse().ok())
}
