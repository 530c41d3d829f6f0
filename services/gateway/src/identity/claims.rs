//! What a verified token says of its bearer, in the forms of Maskinporten and of people's issuers.

use std::collections::BTreeSet;

use samvirke_schemas::{
    excerpt::excerpt,
    id::CooperationId,
    networks::rules::PersonId,
    organisation::OrganisationNumber,
    principal::{GRANTS_MAX, Grant, Principal, Role},
};
use serde::{Deserialize, Serialize};

use crate::fault::Fault;

/// The authority that Maskinporten names for organisation numbers.
const ACTOR_ID_AUTHORITY: &str = "iso6523-actorid-upis";
/// The prefix of Norwegian organisation numbers in it (ISO 6523, ICD 0192).
const ACTOR_ID_PREFIX: &str = "0192:";
/// What the subjects of machines begin with. No issuer's name does (`settings`), so that no `sub` can
/// pass for a `client_id`.
pub(crate) const MACHINE_PREFIX: &str = "machine:";
/// The most characters in a subject.
const SUBJECT_CHARS_MAX: usize = 255;

/// The claims that are read. Whoever mints tokens writes the same ones.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub iss: Option<String>,
    /// The person, as the issuer's opaque id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sub: Option<String>,
    /// The machine, where there is no `sub` (Maskinporten).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
    /// The organisation that a machine calls for (Maskinporten).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consumer: Option<Consumer>,
    /// The vendor that calls on behalf of `consumer` (Maskinporten, delegation).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub supplier: Option<Consumer>,
    /// What the issuer has granted, separated by spaces (RFC 8693 § 4.2).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
    /// Roles as `<cooperation>:<role>`, with `*` for every cooperation.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub samvirke_roles: Vec<String>,
    /// The organisation number of the member that a person speaks for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub samvirke_member: Option<String>,
    /// The person, by the id under which NETWORKS knows who holds a seat.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub samvirke_person: Option<PersonId>,
}

/// An organisation, as Maskinporten writes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Consumer {
    pub authority: String,
    /// `0192:<organisation number>`.
    #[serde(rename = "ID")]
    pub id: String,
}

impl Consumer {
    /// The form for a Norwegian organisation.
    pub fn new(number: &OrganisationNumber) -> Self {
        Self { authority: ACTOR_ID_AUTHORITY.to_owned(), id: format!("{ACTOR_ID_PREFIX}{number}") }
    }
}

impl Claims {
    /// The caller that these claims describe, at `issuer`, which grants machines one of `scopes`.
    pub(super) fn caller(
        &self,
        issuer: &str,
        scopes: &BTreeSet<String>,
    ) -> Result<(Principal, Option<PersonId>), Fault> {
        let subject = self.subject(issuer)?;
        let (member, grants) = match &self.consumer {
            // A machine is its organisation's and nothing more; a token that is both is nobody's.
            Some(_) if self.has_personal_claims() => {
                return Err(invalid("consumer", "a machine has no roles of its own"));
            }
            Some(consumer) => {
                self.check_scope(scopes)?;
                let grant = Grant { role: Role::MemberIntegration, cooperation: None };
                (Some(organisation("consumer", consumer)?), vec![grant])
            }
            None if self.supplier.is_some() => {
                return Err(invalid("supplier", "a vendor acts on behalf of a consumer"));
            }
            None => {
                let number = self.samvirke_member.as_deref().map(OrganisationNumber::try_new);
                let member =
                    number.transpose().map_err(|error| invalid("samvirke_member", error))?;
                (member, grants(&self.samvirke_roles)?)
            }
        };
        let supplier = self.supplier.as_ref().map(|vendor| organisation("supplier", vendor));
        let supplier = supplier.transpose()?;
        Ok((Principal { subject, member, supplier, grants }, self.samvirke_person))
    }

    /// A machine's token counts only with a scope that the operator has named: an issuer such as
    /// Maskinporten vouches for every organisation in the country, for whatever API it calls.
    fn check_scope(&self, scopes: &BTreeSet<String>) -> Result<(), Fault> {
        let granted = self.scope.as_deref().unwrap_or_default();
        match granted.split(' ').any(|scope| scopes.contains(scope)) {
            true => Ok(()),
            false if scopes.is_empty() => Err(Fault::IssuerWithoutScopes),
            false => {
                let scopes = scopes.iter().map(String::as_str).collect::<Vec<_>>().join(" ");
                Err(Fault::TokenScope { scopes })
            }
        }
    }

    fn has_personal_claims(&self) -> bool {
        !self.samvirke_roles.is_empty()
            || self.samvirke_member.is_some()
            || self.samvirke_person.is_some()
    }

    /// `<issuer>#<sub>` for a person, `machine:<issuer>#<client_id>` for a machine: ids are unique only
    /// within an issuer and a claim, and none can pass for one of Samvirke's own. The ids of stored
    /// commands derive from a person's, so that form stays.
    fn subject(&self, issuer: &str) -> Result<String, Fault> {
        let (claim, prefix, id) = match (&self.sub, &self.client_id) {
            (Some(sub), _) => ("sub", "", sub),
            (None, Some(client)) => ("client_id", MACHINE_PREFIX, client),
            (None, None) => return Err(Fault::TokenClaimMissing { claim: "sub".to_owned() }),
        };
        let chars = id.chars().count();
        if chars == 0 || chars > SUBJECT_CHARS_MAX || id.chars().any(char::is_control) {
            let reason = format!(
                "it has 1 to {SUBJECT_CHARS_MAX} characters, none of them control characters"
            );
            return Err(invalid(claim, reason));
        }
        Ok(format!("{prefix}{issuer}#{id}"))
    }
}

fn organisation(claim: &'static str, named: &Consumer) -> Result<OrganisationNumber, Fault> {
    let number = named
        .id
        .strip_prefix(ACTOR_ID_PREFIX)
        .filter(|_| named.authority == ACTOR_ID_AUTHORITY)
        .ok_or_else(|| {
            invalid(
                claim,
                "it is {\"authority\":\"iso6523-actorid-upis\",\"ID\":\"0192:<number>\"}",
            )
        })?;
    OrganisationNumber::try_new(number).map_err(|error| invalid(claim, error))
}

fn grants(roles: &[String]) -> Result<Vec<Grant>, Fault> {
    if roles.len() > GRANTS_MAX {
        return Err(invalid("samvirke_roles", format!("at most {GRANTS_MAX} roles are taken")));
    }
    roles
        .iter()
        .map(|text| grant(text).map_err(|reason| invalid("samvirke_roles", reason)))
        .collect()
}

fn grant(text: &str) -> Result<Grant, String> {
    let (cooperation, role) = text
        .split_once(':')
        .ok_or_else(|| format!("a role is <cooperation>:<role>, not {:?}", excerpt(text)))?;
    let role: Role = role.parse().map_err(|_| format!("there is no role {:?}", excerpt(role)))?;
    // Only a service acting on an event is the system, and no issuer can make one.
    if role == Role::System {
        return Err("the role system is not given to anyone".to_owned());
    }
    let cooperation = match cooperation {
        "*" => None,
        id => Some(CooperationId::try_new(id).map_err(|error| error.to_string())?),
    };
    Ok(Grant { role, cooperation })
}

fn invalid(claim: &'static str, reason: impl ToString) -> Fault {
    Fault::TokenClaimInvalid { claim, reason: reason.to_string() }
}
