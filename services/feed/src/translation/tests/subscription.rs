//! What is published about a subscription.

use super::*;

const SUBSCRIPTION: &str = "subscription/vestregionen:baerum";

fn created(owner: Value) -> Value {
    json!({"created": {
        "owner": owner, "channel": {"webhook": {"endpoint": "https://sak.example/h?nokkel=1"}},
        "filters": {}, "after": "FEED:41",
    }})
}

fn stopped() -> Value {
    json!({"stopped": {
        "run": 1, "reason": "tried-too-often",
        "failure": {"position": "FEED:43", "attempts": 14, "since": "2017-06-12T10:00:00Z",
            "answer": {"status": 503, "excerpt": "Service Unavailable"}},
    }})
}

#[test]
fn that_deliveries_stopped_is_told_to_the_owner_alone() {
    let owner = json!({"member": {"member": BAERUM}});
    let said = given().and(SUBSCRIPTION, created(owner)).when(SUBSCRIPTION, stopped());
    assert_eq!(said.state(), [format!("{BAERUM} subscription.stopped")]);
    let event = &said.0[0];
    assert_eq!(event.restates, None);
    let data: Value = serde_json::from_str(event.data.get()).unwrap();
    let wanted = json!({
        "concerns": {"members": [BAERUM]}, "subscription": "vestregionen:baerum",
        "endpoint_host": "sak.example", "last_position": "FEED:42",
        "failing_since": "2017-06-12T10:00:00Z", "last_answer": "503",
    });
    assert_eq!(data, wanted);
}

#[test]
fn nothing_else_of_a_subscription_is_told() {
    let secretariat = given().and(SUBSCRIPTION, created(json!({"secretariat": {}})));
    secretariat.when(SUBSCRIPTION, stopped()).nothing();
    let owner = json!({"member": {"member": BAERUM}});
    given().when(SUBSCRIPTION, created(owner)).nothing();
}
