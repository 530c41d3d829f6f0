//! Who acts: the verified principal behind a command or a query.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{id::CooperationId, organisation::OrganisationNumber};

/// The most grants one principal may carry.
pub const GRANTS_MAX: usize = 64;

/// What a principal may be in one cooperation.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    JsonSchema,
    strum::Display,
    strum::EnumString,
    strum::VariantArray,
    strum::IntoStaticStr,
)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum Role {
    /// Plans meetings, sends notices, keeps minutes and registers.
    Secretariat,
    /// Represents a member in a body.
    Delegate,
    /// A member's own system, such as its case system.
    MemberIntegration,
    /// Reads everything, changes nothing.
    Auditor,
    /// Takes over records to an archive.
    Archivist,
    /// Runs the system, founds cooperations.
    Operator,
    /// Samvirke itself, when one service acts on another's event.
    System,
    /// Anyone.
    Public,
}

/// A role in one cooperation, or in all of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Grant {
    pub role: Role,
    /// Absent means every cooperation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cooperation: Option<CooperationId>,
}

/// The verified caller. Holds no name: `subject` is the issuer's opaque id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Principal {
    pub subject: String,
    /// The member this principal speaks for, from the Maskinporten claim `consumer.ID` or the issuer's claim.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub member: Option<OrganisationNumber>,
    /// The vendor that acts on behalf of `member`, from the Maskinporten claim `supplier.ID`. It has no
    /// rights of its own; the history tells who sent the command.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub supplier: Option<OrganisationNumber>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub grants: Vec<Grant>,
}

impl Principal {
    /// Someone who did not say who they are.
    pub fn public() -> Self {
        Self { subject: "public".into(), member: None, supplier: None, grants: Vec::new() }
    }

    /// The service `name`, acting on another service's event.
    pub fn system(name: &str) -> Self {
        Self {
            subject: format!("samvirke:{name}"),
            member: None,
            supplier: None,
            grants: vec![Grant { role: Role::System, cooperation: None }],
        }
    }

    /// Whether the principal holds `role` in `cooperation`.
    pub fn is(&self, role: Role, cooperation: &CooperationId) -> bool {
        role == Role::Public
            || self.grants.iter().any(|grant| {
                grant.role == role
                    && grant.cooperation.as_ref().is_none_or(|own| own == cooperation)
            })
    }

    /// Whether the principal holds one of `roles` in `cooperation`.
    pub fn is_any(&self, roles: &[Role], cooperation: &CooperationId) -> bool {
        roles.iter().any(|role| self.is(*role, cooperation))
    }

    /// Whether the principal speaks for `member` in `cooperation`, as a delegate or as its system.
    pub fn speaks_for(&self, member: &OrganisationNumber, cooperation: &CooperationId) -> bool {
        self.member.as_ref() == Some(member)
            && self.is_any(&[Role::Delegate, Role::MemberIntegration], cooperation)
    }
}
