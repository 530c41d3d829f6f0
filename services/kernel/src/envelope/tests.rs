//! Events of older versions, as anyone reads them who knows their type.

use samvirke_schemas::{cases::case, upcast::Upcaster};
use serde_json::json;

use super::*;

#[derive(Debug, PartialEq, Serialize, Deserialize, strum::IntoStaticStr, strum::VariantNames)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
enum Event {
    Moved { to: String },
}

impl Tagged for Event {
    const TAGS: &'static [&'static str] = <Self as strum::VariantNames>::VARIANTS;
    const UPCASTERS: &'static [Upcaster] =
        &[Upcaster { tag: "moved", from: 1, lift: |old| Ok(json!({"to": old["where"]})) }];

    fn tag(&self) -> &'static str {
        self.into()
    }
}

fn stored(version: u32, data: serde_json::Value) -> String {
    json!({
        "v": 1,
        "aggregate": {"kind": "case", "id": "a:b", "version_from": 1, "version_to": 1},
        "command_id": Uuid::nil(),
        "command": "case.move",
        "digest": "",
        "actor": {"subject": "public"},
        "occurred_at": "2017-06-01T07:00:00Z",
        "recorded_at": "2017-06-01T07:00:00Z",
        "events": [{"id": Uuid::nil(), "type": "moved", "version": version, "data": data}],
    })
    .to_string()
}

#[test]
fn an_old_event_is_lifted_for_whoever_reads_it() {
    let moved = Event::Moved { to: "Sandvika".into() };
    let old = stored(1, json!({"where": "Sandvika"}));
    let new = stored(2, json!({"to": "Sandvika"}));
    for text in [&old, &new] {
        let envelope = Envelope::read(1, text.as_bytes()).unwrap();
        assert_eq!(envelope.events::<Event>(1).unwrap(), [Event::Moved { to: "Sandvika".into() }]);
        let mut folded = Vec::new();
        let read = Folded::read(1, text.as_bytes()).unwrap();
        read.each::<Event>(1, |event| folded.push(event)).unwrap();
        assert_eq!(folded, [Event::Moved { to: "Sandvika".into() }]);
    }
    assert_eq!(event_version(&moved), 2);
    assert_eq!(record(&moved, Uuid::nil()).unwrap().version, 2);
}

/// Each file holds an envelope as it was once stored; none is ever edited.
#[test]
fn an_envelope_of_before_vendors_were_recorded_reads_and_is_written_as_it_was() {
    for (golden, supplier) in [
        (include_str!("../../golden/envelope/without-supplier.json"), None),
        (include_str!("../../golden/envelope/with-supplier.json"), Some("954597482")),
    ] {
        let envelope = Envelope::read(1, golden.as_bytes()).unwrap();
        let vendor = envelope.actor.supplier.as_ref().map(|vendor| vendor.as_str());
        assert_eq!(vendor, supplier);
        assert_eq!(envelope.write().unwrap(), golden.trim_end());
    }
}

#[test]
fn a_date_that_was_stored_out_of_range_breaks_no_history() {
    let task = |due: &str| {
        json!({
            "follow_up": "f1",
            "task": "t",
            "owner": {"member": {"member": "935478715"}},
            "due": due,
        })
    };
    for (stored_as, read_as) in [("-9000-01-01", "1000-01-01"), ("+10000-01-01", "9999-12-31")] {
        let text = stored(1, task(stored_as)).replace("moved", "follow-up-assigned");
        let envelope = Envelope::read(1, text.as_bytes()).unwrap();
        let events = envelope.events::<case::Event>(1).unwrap();
        let expected = json!({"follow-up-assigned": task(read_as)});
        assert_eq!(events, [serde_json::from_value::<case::Event>(expected).unwrap()]);
        let mut folded = Vec::new();
        let read = Folded::read(1, text.as_bytes()).unwrap();
        read.each::<case::Event>(1, |event| folded.push(event)).unwrap();
        assert_eq!(folded, events);
    }
    let text = stored(1, task("2026-1-1")).replace("moved", "follow-up-assigned");
    let envelope = Envelope::read(1, text.as_bytes()).unwrap();
    assert!(envelope.events::<case::Event>(1).is_err(), "this was never written");
}
