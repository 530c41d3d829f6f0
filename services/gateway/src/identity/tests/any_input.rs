//! Tokens and claims near genuine ones: nothing panics, no other token passes, and a refusal names the
//! claim in few words.

use samvirke_inputs::{TestCaseError, changed, check, near, prop_assert, prop_assert_eq};

use super::*;
use crate::language::Language;

/// The most characters of a refusal.
const REFUSAL_CHARS_MAX: usize = 1_000;

#[test]
fn no_token_but_the_one_that_was_made_passes() {
    let issuer = issuer();
    let identity = trusting(&issuer);
    let claims = person(&["vestregionen:secretariat"]);
    let genuine = issuer.mint(&TokenRequest::new(claims, ago(0), TimeDelta::hours(1)));
    assert!(identity.check(&genuine).is_ok());
    check("a token", &near(&[&genuine]), |token| {
        match identity.check(&token) {
            Ok(_) => prop_assert_eq!(&token, &genuine),
            Err(fault) => in_few_words(&fault)?,
        }
        Ok(())
    })
    .unwrap();
}

#[test]
fn claims_are_understood_or_refused_by_name() {
    let examples = [person(&["vestregionen:secretariat", "*:operator"]), machine(BAERUM)];
    let examples = examples.iter().map(|claims| serde_json::to_value(claims).unwrap()).collect();
    let scopes = [SCOPE.to_owned()].into();
    check("claims", &changed(examples), |claims| {
        let Ok(claims) = serde_json::from_value::<Claims>(claims.value) else { return Ok(()) };
        match claims.caller(ISSUER, &scopes) {
            Ok((principal, _)) => {
                prop_assert!(principal.grants.iter().all(|grant| grant.role != Role::System));
            }
            Err(fault) => {
                prop_assert!(fault.field().is_some());
                in_few_words(&fault)?;
            }
        }
        Ok(())
    })
    .unwrap();
}

fn in_few_words(fault: &Fault) -> Result<(), TestCaseError> {
    let words = fault.detail(Language::Bokmaal);
    prop_assert!(words.chars().count() <= REFUSAL_CHARS_MAX, "{}", words);
    Ok(())
}
