//! What is published about a network.

use serde_json::{Value, json};

use super::{ASKER, BAERUM, given};

const NETWORK: &str = "network/vestregionen:ikt";

fn started() -> Value {
    json!({"started": {
        "names": {"nb": "IKT-nettverket"}, "theme": "IKT", "purpose": "Dele erfaringer.",
        "leader": ASKER, "initiated_by": {"member": {"member": BAERUM}}, "established": "2014",
    }})
}

#[test]
fn a_network_is_started() {
    given().when(NETWORK, started()).publicly(
        "network.started",
        json!({
            "concerns": {"members": [ASKER]},
            "network": {"id": "vestregionen:ikt", "names": {"nb": "IKT-nettverket"}, "theme": "IKT"},
            "leader": {"names": {"nb": "Asker kommune"}},
            "initiated_by": {"names": {"nb": "Bærum kommune"}},
            "established": "2014",
        }),
    );
}

#[test]
fn a_participant_comes_and_goes() {
    let party = json!({"member": {"member": BAERUM}});
    let added = json!({"participant-added": {"participant": party, "from": "2015"}});
    given().and(NETWORK, started()).when(NETWORK, added).publicly(
        "network.participant-added",
        json!({
            "concerns": {"members": [BAERUM]}, "network": {"theme": "IKT"},
            "participant": {"names": {"nb": "Bærum kommune"}},
        }),
    );
    let outsider = json!({"outsider": {"name": "Innovasjon Norge"}});
    let removed = json!({"participant-removed": {"participant": outsider, "to": "2016-03"}});
    given().and(NETWORK, started()).when(NETWORK, removed).publicly(
        "network.participant-removed",
        json!({"participant": {"party": outsider}, "to": "2016-03"}),
    );
}

#[test]
fn a_network_gets_another_leader_or_none() {
    let leader = |leader: Value| json!({"leader-changed": {"leader": leader, "from": "2016"}});
    given().and(NETWORK, started()).when(NETWORK, leader(json!(BAERUM))).publicly(
        "network.leader-changed",
        json!({"leader": {"names": {"nb": "Bærum kommune"}}, "from": "2016"}),
    );
    given()
        .and(NETWORK, started())
        .when(NETWORK, leader(Value::Null))
        .publicly("network.leader-changed", json!({"leader": null}));
}

#[test]
fn a_network_is_closed() {
    let event = json!({"closed": {"on": "2018", "reason": "Arbeidet er gjort."}});
    given()
        .and(NETWORK, started())
        .when(NETWORK, event)
        .publicly("network.closed", json!({"on": "2018", "network": {"theme": "IKT"}}));
}

#[test]
fn what_a_network_does_is_not_news() {
    let event = json!({"activity-recorded": {"title": "Studietur", "on": "2015-05"}});
    given().and(NETWORK, started()).when(NETWORK, event).nothing();
}
