//! Tokens that pass and tokens that must not, each with the reason that its bearer is told.

use axum::http::HeaderValue;
use chrono::{DateTime, TimeDelta, Utc};
use futures::FutureExt;
use jsonwebtoken::{EncodingKey, jwk::Jwk};
use samvirke_schemas::{
    organisation::OrganisationNumber,
    principal::{GRANTS_MAX, Role},
};
use serde_json::{Value, json};

mod any_input;

use super::*;
use crate::{
    clock,
    demo_issuer::{AUDIENCE, DemoIssuer, ISSUER, TokenRequest},
};

/// A scope that the settings of the issuer name.
const SCOPE: &str = "samvirke:member";
/// Bærum.
const BAERUM: &str = "935478715";

fn issuer() -> DemoIssuer {
    DemoIssuer::new(ISSUER, &[7; 32])
}

fn trusting(issuer: &DemoIssuer) -> Identity {
    trusting_keys(issuer.jwks()).unwrap()
}

fn settings(keys: Value) -> Issuer {
    Issuer {
        issuer: ISSUER.into(),
        audience: AUDIENCE.into(),
        keys: KeySource::Inline(keys),
        nbf_required: true,
        scopes: [SCOPE.to_owned(), "samvirke:read".to_owned()].into(),
    }
}

fn trusting_keys(keys: Value) -> Result<Identity, LoadError> {
    load(&[settings(keys)])
}

/// Loads issuers whose keys are given, which nothing has to be waited for.
fn load(issuers: &[Issuer]) -> Result<Identity, LoadError> {
    Identity::load(issuers).now_or_never().expect("given keys need no waiting")
}

impl Identity {
    fn check(&self, token: &str) -> Result<Principal, Fault> {
        let caller = self.verify_token(token).now_or_never().expect("given keys need no waiting");
        Ok(caller?.principal)
    }
}

fn ago(seconds: i64) -> DateTime<Utc> {
    clock::now() - TimeDelta::seconds(seconds)
}

fn person(roles: &[&str]) -> Claims {
    Claims {
        sub: Some("office-4".into()),
        samvirke_roles: roles.iter().map(|&role| role.to_owned()).collect(),
        ..Claims::default()
    }
}

fn machine(number: &str) -> Claims {
    Claims {
        client_id: Some("case-system".into()),
        consumer: Some(Consumer { authority: ACTOR_ID.into(), id: format!("0192:{number}") }),
        scope: Some(format!("other:scope {SCOPE}")),
        ..Claims::default()
    }
}

const ACTOR_ID: &str = "iso6523-actorid-upis";

fn token(claims: Claims) -> String {
    issuer().mint(&TokenRequest::new(claims, ago(0), TimeDelta::minutes(5)))
}

fn verify(token: &str) -> Result<Principal, Fault> {
    trusting(&issuer()).check(token)
}

/// The claims of a good token, to be spoiled.
fn good_claims() -> Value {
    json!({
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": "office-4",
        "nbf": ago(0).timestamp(),
        "exp": ago(-300).timestamp(),
        "samvirke_roles": ["vestregionen:secretariat"],
    })
}

fn good_header() -> Value {
    json!({"alg": "EdDSA", "typ": "JWT", "kid": issuer().kid()})
}

#[track_caller]
fn spoiled(claim: &str, value: Value) -> Fault {
    let mut claims = good_claims();
    if value.is_null() {
        claims.as_object_mut().unwrap().remove(claim);
    } else {
        claims[claim] = value;
    }
    verify(&issuer().sign(&good_header(), &claims)).unwrap_err()
}

#[test]
fn a_person_has_the_roles_of_the_token() {
    let mut claims = person(&["vestregionen:secretariat", "*:auditor"]);
    claims.samvirke_member = Some(BAERUM.into());
    let principal = verify(&token(claims)).unwrap();
    assert_eq!(principal.subject, format!("{ISSUER}#office-4"));
    assert_eq!(principal.member, Some(OrganisationNumber::try_new(BAERUM).unwrap()));
    let vestregionen = "vestregionen".parse().unwrap();
    let grenland = "grenland".parse().unwrap();
    assert!(principal.is(Role::Secretariat, &vestregionen));
    assert!(!principal.is(Role::Secretariat, &grenland));
    assert!(principal.is(Role::Auditor, &grenland));
}

#[test]
fn a_machine_speaks_for_its_organisation_and_has_no_other_role() {
    let principal = verify(&token(machine(BAERUM))).unwrap();
    let vestregionen = "vestregionen".parse().unwrap();
    let baerum = OrganisationNumber::try_new(BAERUM).unwrap();
    assert!(principal.speaks_for(&baerum, &vestregionen));
    assert_eq!(principal.grants.len(), 1);
    assert_eq!(Consumer::new(&baerum), machine(BAERUM).consumer.unwrap());

    let spoiled: [fn(&mut Claims); 3] = [
        |both| both.samvirke_roles = vec!["*:operator".into()],
        |both| both.samvirke_member = Some(BAERUM.into()),
        |both| both.samvirke_person = Some(PersonId::nil()),
    ];
    for spoil in spoiled {
        let mut both = machine(BAERUM);
        spoil(&mut both);
        let refused = verify(&token(both)).unwrap_err();
        assert!(matches!(refused, Fault::TokenClaimInvalid { claim: "consumer", .. }));
    }
}

#[test]
fn a_machine_without_a_scope_that_counts_is_nobody() {
    for scope in
        [None, Some(""), Some("other:scope"), Some("samvirke:members"), Some("SAMVIRKE:MEMBER")]
    {
        let mut claims = machine(BAERUM);
        claims.scope = scope.map(str::to_owned);
        let scopes = format!("{SCOPE} samvirke:read");
        assert_eq!(verify(&token(claims)), Err(Fault::TokenScope { scopes }), "{scope:?}");
    }
    let mut one = machine(BAERUM);
    one.scope = Some("samvirke:read".into());
    assert!(verify(&token(one)).is_ok());
}

#[test]
fn an_issuer_whose_settings_name_no_scopes_makes_no_machines() {
    let unscoped = Issuer { scopes: BTreeSet::new(), ..settings(issuer().jwks()) };
    let identity = load(&[unscoped]).unwrap();
    for scope in [None, Some(SCOPE.to_owned()), Some(String::new())] {
        let claims = Claims { scope, ..machine(BAERUM) };
        assert_eq!(identity.check(&token(claims)), Err(Fault::IssuerWithoutScopes));
    }
    assert!(identity.check(&token(person(&["*:auditor"]))).is_ok());
}

#[test]
fn a_vendor_is_recorded_beside_the_organisation_that_it_acts_for() {
    let vendor = OrganisationNumber::try_new("954597482").unwrap();
    let mut claims = machine(BAERUM);
    claims.supplier = Some(Consumer::new(&vendor));
    let principal = verify(&token(claims.clone())).unwrap();
    assert_eq!(principal.supplier, Some(vendor.clone()));
    assert_eq!(principal.member, Some(OrganisationNumber::try_new(BAERUM).unwrap()));
    assert!(!principal.speaks_for(&vendor, &"vestregionen".parse().unwrap()));

    let mut unreadable = claims.clone();
    unreadable.supplier = Some(Consumer { authority: ACTOR_ID.into(), id: "0192:1".into() });
    let mut alone = person(&[]);
    alone.supplier = claims.supplier;
    for spoiled in [unreadable, alone] {
        let refused = verify(&token(spoiled)).unwrap_err();
        assert!(matches!(refused, Fault::TokenClaimInvalid { claim: "supplier", .. }));
    }
}

#[test]
fn no_person_is_taken_for_a_machine_whatever_the_sub_says() {
    let machine_subject = verify(&token(machine(BAERUM))).unwrap().subject;
    assert_eq!(machine_subject, format!("machine:{ISSUER}#case-system"));
    for sub in ["case-system", "#case-system", "machine:case-system", &machine_subject] {
        let claims = Claims { sub: Some(sub.to_owned()), ..person(&[]) };
        let subject = verify(&token(claims)).unwrap().subject;
        assert_eq!(subject, format!("{ISSUER}#{sub}"));
        assert_ne!(subject, machine_subject);
    }
}

#[test]
fn an_unknown_organisation_number_is_refused() {
    for number in ["935478716", "93547871", ""] {
        let refused = verify(&token(machine(number))).unwrap_err();
        assert!(matches!(refused, Fault::TokenClaimInvalid { claim: "consumer", .. }), "{number}");
    }
    let mut foreign = machine(BAERUM);
    foreign.consumer.as_mut().unwrap().authority = "iso6523".into();
    assert!(verify(&token(foreign)).is_err());
    let mut person = person(&[]);
    person.samvirke_member = Some("935478716".into());
    assert!(verify(&token(person)).is_err());
}

#[test]
fn nobody_is_given_the_role_of_the_system() {
    for role in
        ["*:system", "vestregionen:boss", "secretariat", "Vest Regionen:auditor", ":auditor"]
    {
        let refused = verify(&token(person(&[role]))).unwrap_err();
        assert!(matches!(refused, Fault::TokenClaimInvalid { .. }), "{role}");
    }
    let many = vec!["*:auditor"; GRANTS_MAX + 1];
    assert!(verify(&token(person(&many))).is_err());
    assert!(verify(&token(person(&many[1..]))).is_ok());
}

#[test]
fn an_expired_token_is_refused_once_the_clocks_cannot_be_to_blame() {
    let mint = |from, ttl| issuer().mint(&TokenRequest::new(person(&[]), ago(from), ttl));
    assert!(verify(&mint(330, TimeDelta::minutes(5))).is_ok());
    assert_eq!(verify(&mint(400, TimeDelta::minutes(5))), Err(Fault::TokenExpired));
    assert!(verify(&mint(-30, TimeDelta::minutes(5))).is_ok());
    assert_eq!(verify(&mint(-120, TimeDelta::minutes(5))), Err(Fault::TokenNotYetValid));
}

#[test]
fn a_token_without_a_signature_is_refused() {
    let good = token(person(&["*:operator"]));
    let (signed, _) = good.rsplit_once('.').unwrap();
    assert_eq!(verify(&format!("{signed}.")), Err(Fault::TokenUnsigned));
    assert_eq!(verify(signed), Err(Fault::TokenMalformed));
    for alg in ["none", "None", "NONE"] {
        let header = json!({"alg": alg, "typ": "JWT", "kid": issuer().kid()});
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let unsigned = format!("{}.{}.", part(&header), part(&good_claims()));
        assert_eq!(verify(&unsigned), Err(Fault::TokenUnsigned));
        assert_eq!(verify(&issuer().sign(&header, &good_claims())), Err(Fault::TokenUnsigned));
    }
}

#[test]
fn an_hmac_made_with_the_public_key_is_refused() {
    let jwks = issuer().jwks();
    let public = URL_SAFE_NO_PAD.decode(jwks["keys"][0]["x"].as_str().unwrap()).unwrap();
    let mut header = jsonwebtoken::Header::new(Algorithm::HS256);
    header.kid = Some(issuer().kid().to_owned());
    let key = EncodingKey::from_secret(&public);
    let _ = jsonwebtoken::crypto::rust_crypto::DEFAULT_PROVIDER.install_default();
    let forged = jsonwebtoken::encode(&header, &good_claims(), &key).unwrap();
    assert_eq!(verify(&forged), Err(Fault::TokenAlgorithm));
}

#[test]
fn a_key_is_used_for_its_own_algorithm_only() {
    for alg in ["RS256", "ES256", "PS256", "RS512", "ES384", "HS512", "x"] {
        let header = json!({"alg": alg, "kid": issuer().kid()});
        let refused = verify(&issuer().sign(&header, &good_claims()));
        assert_eq!(refused, Err(Fault::TokenAlgorithm), "{alg}");
    }
}

/// Keys made for this test, used nowhere else.
#[test]
fn rsa_and_elliptic_curve_keys_are_accepted_for_their_own_algorithm() {
    let rsa = EncodingKey::from_rsa_der(include_bytes!("tests/rs256.der"));
    let curve = EncodingKey::from_ec_der(include_bytes!("tests/es256.der"));
    let _ = jsonwebtoken::crypto::rust_crypto::DEFAULT_PROVIDER.install_default();
    for (key, algorithm) in [(&rsa, Algorithm::RS256), (&curve, Algorithm::ES256)] {
        let mut public = Jwk::from_encoding_key(key, algorithm).unwrap();
        public.common.key_id = Some("k".into());
        let identity = trusting_keys(json!({"keys": [public]})).unwrap();
        let mint = |algorithm| {
            let mut header = jsonwebtoken::Header::new(algorithm);
            header.kid = Some("k".into());
            jsonwebtoken::encode(&header, &good_claims(), key).unwrap()
        };
        assert!(identity.check(&mint(algorithm)).is_ok(), "{algorithm:?}");
        if algorithm == Algorithm::RS256 {
            let other = identity.check(&mint(Algorithm::PS256));
            assert_eq!(other, Err(Fault::TokenAlgorithm));
        }
    }
}

#[test]
fn a_token_of_another_key_or_issuer_is_refused() {
    let stranger = DemoIssuer::new(ISSUER, &[8; 32]);
    let request = TokenRequest::new(person(&[]), ago(0), TimeDelta::minutes(5));
    assert_eq!(verify(&stranger.mint(&request)), Err(Fault::TokenKeyUnknown));
    let forged = stranger.sign(&good_header(), &good_claims());
    assert_eq!(verify(&forged), Err(Fault::TokenSignature));
    let foreign = DemoIssuer::new("https://elsewhere.example", &[7; 32]);
    assert_eq!(verify(&foreign.mint(&request)), Err(Fault::TokenForeignIssuer));
    let nameless = issuer().sign(&json!({"alg": "EdDSA"}), &good_claims());
    assert_eq!(verify(&nameless), Err(Fault::TokenKeyUnknown));
}

#[test]
fn a_changed_token_is_refused() {
    let good = token(person(&["vestregionen:auditor"]));
    let parts: Vec<&str> = good.split('.').collect();
    let claims = URL_SAFE_NO_PAD.decode(parts[1]).unwrap();
    let claims = String::from_utf8(claims).unwrap().replace("vestregionen", "*");
    let changed = format!("{}.{}.{}", parts[0], URL_SAFE_NO_PAD.encode(claims), parts[2]);
    assert_eq!(verify(&changed), Err(Fault::TokenSignature));
}

#[test]
fn a_token_says_whom_it_is_for_and_how_long() {
    assert_eq!(spoiled("aud", json!("someone-else")), Fault::TokenAudience);
    assert_eq!(spoiled("aud", json!(["a", "b"])), Fault::TokenAudience);
    for claim in ["iss", "aud", "exp", "nbf", "sub"] {
        let missing = Fault::TokenClaimMissing { claim: claim.into() };
        assert_eq!(spoiled(claim, Value::Null), missing);
    }
    assert_eq!(spoiled("iss", json!([ISSUER])), Fault::TokenForeignIssuer);
    assert_eq!(spoiled("iss", json!("")), Fault::TokenForeignIssuer);
    assert!(matches!(spoiled("sub", json!("")), Fault::TokenClaimInvalid { claim: "sub", .. }));
    assert!(matches!(spoiled("sub", json!("a\nb")), Fault::TokenClaimInvalid { .. }));
    assert_eq!(spoiled("sub", json!(7)), Fault::TokenMalformed);
    assert_eq!(spoiled("samvirke_roles", json!("*:operator")), Fault::TokenMalformed);
    let mut several = good_claims();
    several["aud"] = json!(["other", AUDIENCE]);
    assert!(verify(&issuer().sign(&good_header(), &several)).is_ok());
}

#[test]
fn nbf_may_be_left_out_where_the_operator_says_so() {
    let mut relaxed = settings(issuer().jwks());
    relaxed.nbf_required = false;
    let identity = load(&[relaxed]).unwrap();
    let mut claims = good_claims();
    claims.as_object_mut().unwrap().remove("nbf");
    assert!(identity.check(&issuer().sign(&good_header(), &claims)).is_ok());
    claims["nbf"] = json!(ago(-300).timestamp());
    let early = identity.check(&issuer().sign(&good_header(), &claims));
    assert_eq!(early, Err(Fault::TokenNotYetValid));
}

#[test]
fn what_is_no_token_is_refused() {
    for text in ["", "x", "a.b.c", "..", "a.b.c.d.e", "eyJhbGciOiJFZERTQSJ9.e30.AA.AA"] {
        assert_eq!(verify(text), Err(Fault::TokenMalformed), "{text:?}");
    }
    let mut header = good_header();
    header["crit"] = json!(["b64"]);
    let critical = issuer().sign(&header, &good_claims());
    assert_eq!(verify(&critical), Err(Fault::TokenMalformed));
    let long = "x".repeat(TOKEN_BYTES_MAX + 1);
    assert_eq!(verify(&long), Err(Fault::TokenTooLarge { bytes_max: TOKEN_BYTES_MAX }));
}

#[test]
fn no_token_is_the_public_and_any_other_authorization_is_refused() {
    let identity = trusting(&issuer());
    let verify = |headers: HeaderMap| {
        let caller = identity.verify(&headers).now_or_never().expect("nothing is waited for");
        caller.map(|caller| caller.principal)
    };
    assert_eq!(verify(HeaderMap::new()), Ok(Principal::public()));
    let with = |values: &[&str]| {
        let values = values.iter().map(|value| HeaderValue::from_str(value).unwrap());
        verify(values.map(|value| (header::AUTHORIZATION, value)).collect())
    };
    let good = format!("bearer {}", token(person(&[])));
    assert!(with(&[&good]).is_ok());
    for values in [&["Basic eDp5"][..], &["Bearer"], &[""], &[&good, &good]] {
        assert_eq!(with(values), Err(Fault::UnsupportedAuthorization), "{values:?}");
    }
}

#[test]
fn only_strong_public_keys_are_loaded() {
    let of = |key: Value| trusting_keys(json!({"keys": [key]})).map(|_| ());
    let own = issuer().jwks()["keys"][0].clone();
    assert!(of(own.clone()).is_ok());
    let with = |name: &str, value: Value| {
        let mut key = own.clone();
        key[name] = value;
        of(key)
    };
    let nothing = |result| matches!(result, Err(LoadError::NoKeys { .. }));
    assert!(nothing(with("use", json!("enc"))));
    assert!(nothing(with("alg", json!("ES256"))));
    assert!(nothing(with("kid", Value::Null)));
    assert!(nothing(of(json!({"kty": "oct", "kid": "s", "k": "c2VjcmV0"}))));
    let short = URL_SAFE_NO_PAD.encode([0xff; 128]);
    assert!(nothing(of(json!({"kty": "RSA", "kid": "r", "n": short, "e": "AQAB"}))));
    let long = URL_SAFE_NO_PAD.encode([0xff; 256]);
    assert!(of(json!({"kty": "RSA", "kid": "r", "n": long, "e": "AQAB"})).is_ok());
}

#[test]
fn keys_that_are_missing_or_ambiguous_stop_the_start() {
    let own = issuer().jwks()["keys"][0].clone();
    let twice = trusting_keys(json!({"keys": [own, own]}));
    assert!(matches!(twice, Err(LoadError::RepeatedKey { .. })));
    let many = trusting_keys(json!({"keys": vec![own.clone(); keys::KEYS_MAX + 1]}));
    assert!(matches!(many, Err(LoadError::TooManyKeys { .. })));
    assert!(matches!(trusting_keys(json!([])), Err(LoadError::NotAKeySet { .. })));
    let both = [settings(issuer().jwks()), settings(issuer().jwks())];
    assert!(matches!(load(&both), Err(LoadError::RepeatedIssuer { .. })));
    let mut elsewhere = settings(json!({}));
    elsewhere.keys = KeySource::File("/no/such/file".into());
    assert!(matches!(load(&[elsewhere]), Err(LoadError::Read { .. })));
}
