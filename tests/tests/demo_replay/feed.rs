//! The demo's history as the feed tells it: every event is a CloudEvent, with data of its form.

use std::collections::{BTreeMap, BTreeSet};

use jsonschema::Validator;
use samvirke_feed::translation::Translation;
use samvirke_kernel::{
    envelope::{ENVELOPE_VERSION, Envelope, Member},
    log::Stored,
};
use samvirke_schemas::{
    feed::{Audience, CloudEvent, Fact, Said, schema},
    principal::Principal,
};
use samvirke_tests::root;
use serde_json::Value;
use uuid::Uuid;

use super::{
    line,
    world::{Commit, Policies},
};

/// What the history has of the types there are. A type missing here is told in the feed's own tests.
const TYPES: usize = 32;

#[test]
fn every_event_is_a_cloudevent_with_data_of_its_form() {
    let official = root().join("schemas/standards/cloudevents/cloudevents.json");
    let official: Value =
        serde_json::from_str(&std::fs::read_to_string(official).unwrap()).unwrap();
    let envelopes = [validator(&official), validator(&schema::of_envelope())];
    let mut forms = BTreeMap::<String, Validator>::new();
    for (position, said) in (1..).zip(told()) {
        let event = CloudEvent::new(&said, position).unwrap();
        assert_eq!(event.fact().unwrap(), said.fact);
        let json = serde_json::to_value(&event).unwrap();
        let form = forms
            .entry(event.tag().to_owned())
            .or_insert_with(|| validator(&schema::of_data(event.tag()).unwrap()));
        for (validator, value) in
            envelopes.iter().map(|envelope| (envelope, &json)).chain([(&*form, &json["data"])])
        {
            let errors: Vec<String> =
                validator.iter_errors(value).map(|error| error.to_string()).collect();
            assert!(errors.is_empty(), "{event}: {errors:?}\n{json:#}");
        }
    }
    assert_eq!(forms.len(), TYPES, "{:?}", forms.keys());
}

#[test]
fn the_same_history_is_told_in_the_same_words() {
    assert_eq!(told(), told());
}

#[test]
fn no_two_events_have_the_same_id() {
    let told = told();
    let ids: BTreeSet<Uuid> = told.iter().map(Said::id).collect();
    assert_eq!(ids.len(), told.len());
}

#[test]
fn case_24_2017_goes_to_each_of_its_members_and_then_to_everyone() {
    let told = told();
    let sent: Vec<&Said> = told
        .iter()
        .filter(|said| said.about.to_string() == "vestregionen:24-2017")
        .filter(|said| CloudEvent::new(said, 1).unwrap().tag() == "case.sent-to-members")
        .collect();
    assert_eq!(sent.len(), super::super::NAMED_MEMBERS + 1);
    let (last, members) = sent.split_last().unwrap();
    assert_eq!((&last.audience, last.restates), (&Audience::Public, false));
    for said in members {
        let Audience::Member(member) = &said.audience else { panic!("{said:?}") };
        assert!(said.restates && said.concerns.members.contains(member));
        let Fact::CaseSentToMembers(mut own) = said.fact.clone() else { panic!("{said:?}") };
        assert_eq!(own.own.take().map(|own| own.member).as_ref(), Some(member));
        assert_eq!(Fact::CaseSentToMembers(own), last.fact, "nothing of it is restricted");
    }
}

fn validator(schema: &Value) -> Validator {
    jsonschema::options().should_validate_formats(true).build(schema).unwrap()
}

/// All that is said of the history.
fn told() -> Vec<Said> {
    let world = super::super::replay(Policies::Prompt).0;
    let mut translation = Translation::default();
    let stored = (1..).zip(world.commits()).map(|(sequence, commit)| stored(sequence, commit));
    stored.flat_map(|(stored, envelope)| translation.take(&stored, &envelope).unwrap()).collect()
}

fn stored(sequence: u64, commit: &Commit) -> (Stored, Envelope) {
    let envelope = Envelope {
        v: ENVELOPE_VERSION,
        aggregate: Member {
            kind: commit.kind.into(),
            id: commit.id.clone(),
            version_from: 1,
            version_to: commit.events.len() as u64,
        },
        command_id: Uuid::nil(),
        command: format!("{}.test", commit.kind),
        digest: String::new(),
        actor: Principal::public(),
        cause: None,
        traceparent: None,
        provenance: None,
        occurred_at: commit.occurred_at,
        recorded_at: line::now(),
        previous: None,
        events: commit.events.clone(),
    };
    let stored = Stored {
        subject: String::new(),
        sequence,
        stored_at: line::now(),
        payload: envelope.write().unwrap(),
        more_in_batch: false,
        pending: None,
    };
    (stored, envelope)
}
