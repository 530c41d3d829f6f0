//! The demo's own issuer of tokens, for a machine of one's own.
//!
//! Its key is in the data directory, and only a gateway that runs on that directory trusts it. A real
//! installation names its issuers in the settings and never uses this one.

use std::{path::Path, time::Duration};

use anyhow::Context;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, Utc};
use ed25519_dalek::{Signer, SigningKey};
use samvirke_private_servers::Secret;
use samvirke_schemas::{
    organisation::OrganisationNumber,
    principal::{Grant, Principal},
};
use serde_json::{Value, json};

use crate::connections::seed;

/// What its tokens say they are from.
pub(crate) const ISSUER: &str = "urn:samvirke:demo-issuer";
/// What its tokens say they are for.
pub(crate) const AUDIENCE: &str = "samvirke";
/// The file with the key, in the data directory.
const KEY_FILE: &str = "demo-issuer.key";
/// The file with the public half as a JWKS (RFC 7517), beside it.
const JWKS_FILE: &str = "demo-issuer.jwks.json";
/// Which of the issuer's keys signed.
const KEY_ID: &str = "demo";

/// Makes the key the first time, and its public half as a file.
pub(crate) fn prepare(data: &Path) -> anyhow::Result<()> {
    let path = data.join(KEY_FILE);
    let secret = Secret::kept_in(&path)
        .with_context(|| format!("the demo issuer's key in {} cannot be kept", path.display()))?;
    let jwks = serde_json::to_string_pretty(&jwks(&key(&secret)?))?;
    let path = data.join(JWKS_FILE);
    std::fs::write(&path, jwks).with_context(|| format!("{} cannot be written", path.display()))
}

/// Whether `samvirke up` has made an issuer in this data directory.
pub(crate) fn is_in(data: &Path) -> bool {
    data.join(KEY_FILE).is_file()
}

/// Makes a token that says who its holder is.
pub(crate) fn mint(
    data: &Path,
    principal: &Principal,
    now: DateTime<Utc>,
    ttl: Duration,
) -> anyhow::Result<Secret> {
    let path = data.join(KEY_FILE);
    let secret = std::fs::read_to_string(&path).with_context(|| {
        format!("there is no demo issuer at {}; start samvirke up first", path.display())
    })?;
    let key = key(&Secret::new(secret.trim()))?;
    let claims = claims(principal, now, ttl);
    let header = json!({"alg": "EdDSA", "typ": "JWT", "kid": KEY_ID});
    let encode = |part: &Value| URL_SAFE_NO_PAD.encode(part.to_string());
    let signed = format!("{}.{}", encode(&header), encode(&claims));
    let signature = URL_SAFE_NO_PAD.encode(key.sign(signed.as_bytes()).to_bytes());
    Ok(Secret::new(format!("{signed}.{signature}")))
}

fn key(secret: &Secret) -> anyhow::Result<SigningKey> {
    Ok(SigningKey::from_bytes(&seed(secret).context("the demo issuer's key is damaged")?))
}

fn jwks(key: &SigningKey) -> Value {
    let public = URL_SAFE_NO_PAD.encode(key.verifying_key().as_bytes());
    json!({"keys": [
        {"kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig", "kid": KEY_ID, "x": public}
    ]})
}

fn claims(principal: &Principal, now: DateTime<Utc>, ttl: Duration) -> Value {
    let roles: Vec<String> = principal.grants.iter().map(role_claim).collect();
    let seconds = i64::try_from(ttl.as_secs()).unwrap_or(i64::MAX);
    let mut claims = json!({
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": principal.subject,
        "iat": now.timestamp(),
        "nbf": now.timestamp(),
        "exp": now.timestamp().saturating_add(seconds),
        "samvirke_roles": roles,
    });
    if let Some(member) = &principal.member {
        claims["samvirke_member"] = json!(member);
    }
    claims
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
    Principal { subject, member, grants }
}

#[cfg(test)]
mod tests {
    use ed25519_dalek::{Signature, Verifier, VerifyingKey};
    use samvirke_schemas::principal::Role;

    use super::*;

    #[test]
    fn a_token_is_signed_with_the_key_that_the_jwks_tells() {
        let dir = tempfile::tempdir().unwrap();
        prepare(dir.path()).unwrap();
        let secretariat =
            Grant { role: Role::Secretariat, cooperation: Some("vestregionen".parse().unwrap()) };
        let everywhere = Grant { role: Role::Operator, cooperation: None };
        let holder = holder(vec![secretariat, everywhere], None);
        let now = DateTime::from_timestamp(1_700_000_000, 0).unwrap();
        let token = mint(dir.path(), &holder, now, Duration::from_secs(60)).unwrap();

        let jwks = std::fs::read(dir.path().join(JWKS_FILE)).unwrap();
        let jwks: Value = serde_json::from_slice(&jwks).unwrap();
        let decode = |text: &str| URL_SAFE_NO_PAD.decode(text).unwrap();
        let public: [u8; 32] = decode(jwks["keys"][0]["x"].as_str().unwrap()).try_into().unwrap();
        let (signed, signature) = token.expose().rsplit_once('.').unwrap();
        let signature = Signature::from_slice(&decode(signature)).unwrap();
        let key = VerifyingKey::from_bytes(&public).unwrap();
        key.verify(signed.as_bytes(), &signature).unwrap();

        let claims: Value =
            serde_json::from_slice(&decode(signed.split_once('.').unwrap().1)).unwrap();
        assert_eq!(claims["exp"], 1_700_000_060);
        assert_eq!(claims["samvirke_roles"], json!(["vestregionen:secretariat", "*:operator"]));
        assert!(claims.get("samvirke_member").is_none());
    }
}
