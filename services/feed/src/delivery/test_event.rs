//! The event that is sent to try an endpoint. It is not in the feed, and has nothing but that.

use chrono::{DateTime, Utc};
use samvirke_schemas::{
    feed::{CloudEvent, FeedPosition},
    id::AggregateId,
    subscriptions::subscription::terms::Owner,
};
use serde_json::{json, value::RawValue};
use uuid::Uuid;

/// Names test events, so that a test that is sent twice is recognised.
const NAMESPACE: Uuid = Uuid::from_u128(0x54a3_8a0e_6b1f_4a52_8c77_12c9_e0d4_7b36);

/// The `test`th test event of a subscription.
pub(super) fn of(
    id: &AggregateId,
    owner: &Owner,
    test: u32,
    last: FeedPosition,
    now: DateTime<Utc>,
) -> CloudEvent {
    let data = json!({"concerns": {}, "subscription": id, "test": test});
    CloudEvent {
        specversion: "1.0".into(),
        id: Uuid::new_v5(&NAMESPACE, format!("{id} {test}").as_bytes()),
        source: format!("/v1/cooperations/{}", id.cooperation),
        kind: "no.samvirke.subscription.test.v1".into(),
        subject: format!("subscriptions/{id}"),
        time: now,
        recordedtime: now,
        datacontenttype: "application/json".into(),
        dataschema: "urn:samvirke:feed:subscription.test:1".into(),
        position: last.to_string(),
        audience: owner.member().map_or_else(|| "secretariat".into(), ToString::to_string),
        restates: None,
        replacement: false,
        traceparent: None,
        data: RawValue::from_string(data.to_string()).expect("an object is JSON"),
    }
}
