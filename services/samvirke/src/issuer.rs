//! The demo's own issuer of tokens, for a machine of one's own.
//!
//! Its key is in the data directory, and only a gateway that runs on that directory trusts it. A real
//! installation names its issuers in the settings and never uses this one.

use std::{collections::BTreeSet, path::Path, time::Duration};

use anyhow::Context;
use chrono::{DateTime, TimeDelta, Utc};
use samvirke_gateway::{
    demo_issuer::{AUDIENCE, DemoIssuer, ISSUER, TokenRequest},
    identity::Claims,
    settings::{Issuer, KeySource},
};
use samvirke_private_servers::Secret;
use samvirke_schemas::{
    networks::rules::PersonId,
    organisation::OrganisationNumber,
    principal::{Grant, Principal},
};

use crate::connections::seed;

/// The file with the key, in the data directory.
pub(crate) const KEY_FILE: &str = "demo-issuer.key";

/// What a gateway needs to trust the issuer of a data directory.
///
/// # Errors
///
/// When there is no key; `samvirke up` makes it on an empty directory.
pub(crate) fn trusted(data: &Path) -> anyhow::Result<Issuer> {
    let path = data.join(KEY_FILE);
    let secret = Secret::read(&path)
        .with_context(|| format!("the demo issuer's key in {} is not read", path.display()))?;
    Ok(Issuer {
        issuer: ISSUER.to_owned(),
        audience: AUDIENCE.to_owned(),
        keys: KeySource::Inline(issuer(&secret)?.jwks()),
        nbf_required: true,
        // The demo's tokens are offices', none is a machine's of an organisation.
        scopes: BTreeSet::new(),
    })
}

/// Whether `samvirke up` has made an issuer in this data directory.
pub(crate) fn is_in(data: &Path) -> bool {
    data.join(KEY_FILE).is_file()
}

/// Makes a token that says who its holder is.
pub(crate) fn mint(
    data: &Path,
    principal: &Principal,
    person: Option<PersonId>,
    now: DateTime<Utc>,
    ttl: Duration,
) -> anyhow::Result<Secret> {
    let path = data.join(KEY_FILE);
    let secret = std::fs::read_to_string(&path).with_context(|| {
        format!("there is no demo issuer at {}; start samvirke up first", path.display())
    })?;
    let ttl = TimeDelta::from_std(ttl).context("that is too long for a token")?;
    let claims = Claims {
        sub: Some(principal.subject.clone()),
        samvirke_roles: principal.grants.iter().map(role_claim).collect(),
        samvirke_member: principal.member.as_ref().map(ToString::to_string),
        samvirke_person: person,
        ..Claims::default()
    };
    let request = TokenRequest::new(claims, now, ttl);
    Ok(Secret::new(issuer(&Secret::new(secret.trim()))?.mint(&request)))
}

fn issuer(secret: &Secret) -> anyhow::Result<DemoIssuer> {
    Ok(DemoIssuer::new(ISSUER, &seed(secret).context("the demo issuer's key is damaged")?))
}

fn role_claim(grant: &Grant) -> String {
    let place = grant.cooperation.as_ref().map_or("*", |cooperation| cooperation.as_str());
    format!("{place}:{}", grant.role)
}

/// The holder of a demo token: an office, never a person.
pub(crate) fn holder(grants: Vec<Grant>, member: Option<OrganisationNumber>) -> Principal {
    let office = grants.first().map_or("public", |grant| grant.role.into());
    let subject = match &member {
        Some(member) => format!("demo:{office}:{member}"),
        None => format!("demo:{office}"),
    };
    Principal { subject, member, supplier: None, grants }
}

#[cfg(test)]
mod tests {
    use samvirke_gateway::identity::Identity;
    use samvirke_schemas::principal::Role;

    use super::*;

    #[tokio::test]
    async fn a_gateway_that_trusts_the_issuer_sees_who_holds_the_token() {
        let dir = tempfile::tempdir().unwrap();
        assert!(trusted(dir.path()).is_err());
        Secret::create(&dir.path().join(KEY_FILE)).unwrap();
        let trusted = trusted(dir.path()).unwrap();
        Identity::load(&[trusted]).await.unwrap();
        let secretariat =
            Grant { role: Role::Secretariat, cooperation: Some("vestregionen".parse().unwrap()) };
        let everywhere = Grant { role: Role::Operator, cooperation: None };
        assert_eq!(role_claim(&secretariat), "vestregionen:secretariat");
        assert_eq!(role_claim(&everywhere), "*:operator");
        let holder = holder(vec![secretariat, everywhere], None);
        assert_eq!(holder.subject, "demo:secretariat");
        let now = DateTime::from_timestamp(1_700_000_000, 0).unwrap();
        let token = mint(dir.path(), &holder, None, now, Duration::from_secs(60)).unwrap();
        assert_eq!(token.expose().split('.').count(), 3);
    }

    #[test]
    fn there_is_no_token_before_there_is_an_issuer() {
        let dir = tempfile::tempdir().unwrap();
        let now = DateTime::from_timestamp(1_700_000_000, 0).unwrap();
        let nobody = holder(Vec::new(), None);
        assert!(mint(dir.path(), &nobody, None, now, Duration::from_secs(60)).is_err());
    }
}
