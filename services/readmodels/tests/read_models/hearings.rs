//! Hearings as the members see them.

use samvirke_kernel::position::Position;
use samvirke_readmodels::operate::Operator;
use samvirke_schemas::{cases::case, networks::cooperation};
use serde_json::{Value, json};

use crate::{
    rig::{Rig, delegate},
    samples::{BAERUM, founded, opened},
};

const ID: &str = "vestregionen:hoering";

fn statement(party: &str) -> Value {
    json!({"statement-received": {
        "statement": {"statement": party, "from": {"invited": {"party": party}}},
        "received_at": "2017-10-01T09:00", "late": false,
    }})
}

#[tokio::test]
async fn a_hearing_with_two_parties_of_one_member_waits_for_the_member_until_both_have_answered() {
    let rig = Rig::new().await.unwrap();
    rig.serve();
    // An inbox is for those who are members on the day that they ask.
    let admitted = json!({"member-admitted": {
        "member": BAERUM, "names": {"nb": "Bærum"}, "kind": "municipality", "from": "1992-01-01",
    }});
    let (id, events) = ("vestregionen:vestregionen", [founded(), admitted]);
    rig.commit::<cooperation::Event>("cooperation", id, 1, &events).await;
    let party = |party: &str| json!({"party": party, "names": {"nb": party}, "member": BAERUM});
    let hearing = json!({"hearing-opened": {
        "invited": [party("helse"), party("teknisk")], "deadline": "2031-06-01T09:00",
        "sent_on": "2017-09-01",
    }});
    let title = "Høring";
    let begun = [opened("1/2017", "vestregionen:sg", title, title), hearing];
    let commit = async |version, events: &[Value]| {
        rig.commit::<case::Event>("case", ID, version, events).await
    };
    let waiting = async |after: Position| {
        let asked = json!({"cooperation": "vestregionen", "member": BAERUM});
        let found = rig.ask("inbox", asked, &delegate(BAERUM), &after).await.unwrap();
        found["items"].as_array().unwrap().len()
    };
    assert_eq!(waiting(commit(1, &begun).await).await, 1);
    assert_eq!(waiting(commit(3, &[statement("helse")]).await).await, 1);
    assert_eq!(waiting(commit(4, &[statement("teknisk")]).await).await, 0);
    let operator = Operator::connect(rig.client.clone(), 1, &rig.database_url()).await.unwrap();
    assert_eq!(operator.parked("case_file").await.unwrap().len(), 0);
}
