//! Commands whose consequences could not be carried are refused by a rule that names the limit.

use samvirke_kernel::envelope::DECISION_BYTES_MAX;
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
