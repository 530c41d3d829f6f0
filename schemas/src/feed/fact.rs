//! What can have happened, in the feed's own words: one variant a type.
//!
//! A field is never removed or changed in meaning, nor a required one added, in a version that was
//! published; that is a new version of the type.

pub mod cooperation;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::tagged;

/// A fact. The tag is the type: `case.decided`.
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
pub enum Fact {
    /// A cooperation was founded.
    #[serde(rename = "cooperation.founded")]
    #[strum(serialize = "cooperation.founded")]
    CooperationFounded(cooperation::Founded),
    /// A member was admitted.
    #[serde(rename = "cooperation.member-admitted")]
    #[strum(serialize = "cooperation.member-admitted")]
    CooperationMemberAdmitted(cooperation::MemberAdmitted),
}

tagged!(Fact);

/// The version of a type that is written today.
pub fn version(_tag: &str) -> u32 {
    1
}
