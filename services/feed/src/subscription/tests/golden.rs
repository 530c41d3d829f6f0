//! Every event on every state it could meet: `evolve` is total.

use std::{fs, path::Path};

use super::*;

fn golden() -> Vec<Event> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../schemas/golden/subscriptions/subscription");
    let mut paths: Vec<_> =
        fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect();
    let begins = |path: &Path| path.file_name().unwrap().to_str().unwrap().starts_with("created.");
    paths.sort_by_key(|path| (!begins(path), path.clone()));
    let read = |path| serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    paths.iter().map(read).collect()
}

#[test]
fn a_subscription_evolves_on_any_event() {
    let events = golden();
    for first in &events {
        for second in &events {
            for third in &events {
                let mut state = Subscription::default();
                for event in [&events[0], first, second, third] {
                    state.evolve(event);
                }
            }
        }
    }
}

#[test]
fn nothing_but_its_creation_makes_a_subscription() {
    for event in golden().iter().skip(1) {
        let mut state = Subscription::default();
        state.evolve(event);
        assert_eq!(state, Subscription::default(), "{event:?}");
    }
}
