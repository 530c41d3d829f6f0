//! Commands whose consequences could not be carried are refused by a rule that names the limit.

use samvirke_kernel::{
    answer::ANSWER_BYTES_MAX,
    envelope::{DECISION_BYTES_MAX, decision_bytes_max},
};
use samvirke_private_servers::temporary;
use samvirke_schemas::reply::Refused;
use samvirke_tests::{Caller, Running};
use serde_json::{Value, json};

const AT: &str = "2017-02-01T15:00";

/// A hearing with so many parties, each with a name of 300 characters in three languages.
fn hearing(parties: usize) -> Value {
    let name = "å".repeat(300);
    let party = |number: usize| json!({"party": format!("p{number}"), "names": {"nb": name, "nn": name, "en": name}});
    let invited: Vec<Value> = (0..parties).map(party).collect();
    json!({"invited": invited, "deadline": "2031-06-01T09:00"})
}

#[tokio::test]
async fn a_hearing_that_the_feed_could_not_carry_is_refused_by_a_rule_that_names_the_limit() {
    let nats = temporary::nats().await.unwrap();
    let caller = Caller::connect(&nats.url()).await.unwrap();
    let _cases = Running::start(&nats.url(), samvirke_cases::service).unwrap();
    caller.give("registers/prove:2017/open", AT, json!({"year": 2017})).await.unwrap();
    let title = "𝔥".repeat(490);
    let description = json!({"title": title, "public_title": title});
    let open = json!({"kind": "hearing", "description": description, "owner": "prove:sg",
        "register": "2017"});
    caller.give("cases/prove:hoering/open", AT, open).await.unwrap();
    let to = "cases/prove:hoering/open-hearing";
    let refused = caller.ask(to, AT, hearing(561)).await.unwrap();
    let Err(Refused::Rejected { code, rule, detail, detail_nb, .. }) = refused else {
        panic!("{refused:?}")
    };
    assert_eq!((code.as_str(), rule.as_str()), ("decision-too-large", "limit"));
    let limit = DECISION_BYTES_MAX.to_string();
    assert!(detail.contains(&limit) && detail_nb.contains(&limit), "{detail} {detail_nb}");
    caller.give(to, AT, hearing(200)).await.unwrap();
}

#[tokio::test]
async fn a_case_that_could_not_be_read_whole_takes_no_long_texts_and_can_still_be_restricted_and_closed()
 {
    let nats = temporary::nats().await.unwrap();
    let caller = Caller::connect(&nats.url()).await.unwrap();
    let _cases = Running::start(&nats.url(), samvirke_cases::service).unwrap();
    caller.give("registers/prove:2017/open", AT, json!({"year": 2017})).await.unwrap();
    let described =
        |about: Value| json!({"title": "Sak om A", "public_title": "Sak", "about": about});
    let open = json!({"kind": "hearing", "description": described(json!("Om saken")),
        "owner": "prove:sg", "register": "2017"});
    caller.give("cases/prove:lang/open", AT, open).await.unwrap();
    let long = "𝔥".repeat(19_000);
    let mut taken = 0;
    let refused = loop {
        let amend = described(json!(format!("{taken} {long}")));
        match caller.ask("cases/prove:lang/amend", AT, amend).await.unwrap() {
            Ok(_) if taken * long.len() < ANSWER_BYTES_MAX => taken += 1,
            Ok(_) => panic!("{taken} texts were taken"),
            Err(refused) => break refused,
        }
    };
    let Refused::Rejected { code, rule, detail, detail_nb, .. } = refused else {
        panic!("{refused:?}")
    };
    assert_eq!((code.as_str(), rule.as_str()), ("history-too-large", "limit"));
    assert!(taken * long.len() > ANSWER_BYTES_MAX / 5, "only {taken} texts were taken");
    let limit = decision_bytes_max((taken * long.len()) as u64 + 1_000_000).to_string();
    assert!(detail.contains(&limit) && detail_nb.contains(&limit), "{detail} {detail_nb}");
    // A hundred people may still be named who read it.
    let people: Vec<String> =
        (0..100).map(|one| format!("{one:08}-0000-7000-8000-000000000000")).collect();
    let restrict = json!({"legal_basis": {"act": "offentleglova", "provision": "§ 13"},
        "scope": {"everything": {}}, "access_groups": [{"group": "utvalg", "people": people}]});
    caller.give("cases/prove:lang/restrict", AT, restrict).await.unwrap();
    caller.give("cases/prove:lang/withdraw", AT, json!({"reason": "Feil sak"})).await.unwrap();
}
