//! Every event on every state it could meet: `evolve` is total.

use std::{fs, path::Path};

use samvirke_kernel::Decider;
use samvirke_schemas::contacts::contact::Event;

use crate::contact::Contact;

#[test]
fn a_contact_evolves_on_any_event_and_begins_only_with_its_registration() {
    let folder =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../schemas/golden/contacts/contact");
    let mut events: Vec<Event> = fs::read_dir(folder)
        .unwrap()
        .map(|file| fs::read_to_string(file.unwrap().path()).unwrap())
        .map(|text| serde_json::from_str(&text).unwrap())
        .collect();
    events.sort_by_key(|event| !matches!(event, Event::Registered { .. }));
    let (registered, others) = events.split_first().unwrap();
    for event in others {
        let mut state = Contact::default();
        state.evolve(event);
        assert_eq!(state, Contact::default(), "{event:?}");
    }
    for first in &events {
        for second in &events {
            let mut state = Contact::default();
            for event in [registered, first, second] {
                state.evolve(event);
            }
            assert_ne!(state, Contact::default());
        }
    }
}
