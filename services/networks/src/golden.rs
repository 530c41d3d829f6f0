//! Every event on every state it could meet: `evolve` is total.
//!
//! The events are the golden ones, one of each type, so a new event type is tried as soon as it has
//! its golden file, which the contract test demands.

use std::{fs, path::Path};

use samvirke_kernel::Decider;

use crate::{body::Body, cooperation::Cooperation, network::Network};

/// The golden events of an aggregate, with the one that begins its history first.
fn golden<D: Decider>(beginning: &str) -> Vec<D::Event> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../schemas/golden")
        .join(D::CONTEXT)
        .join(D::KIND);
    let files = fs::read_dir(&folder).unwrap_or_else(|err| panic!("{}: {err}", folder.display()));
    let mut paths: Vec<_> = files.map(|file| file.unwrap().path()).collect();
    let begins = |path: &Path| path.file_name().unwrap().to_str().unwrap().starts_with(beginning);
    paths.sort_by_key(|path| (!begins(path), path.clone()));
    assert!(begins(&paths[0]), "no golden {beginning} in {}", folder.display());
    paths
        .iter()
        .map(|path| serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap())
        .collect()
}

/// Evolves every sequence of up to three events, from nothing and from the beginning.
fn evolves_from_anywhere<D: Decider + PartialEq>(beginning: &str) {
    let events = golden::<D>(beginning);
    let mut begun = D::default();
    begun.evolve(&events[0]);
    assert_ne!(begun, D::default(), "{beginning} begins nothing");
    for start in [D::default(), begun] {
        for first in &events {
            for second in &events {
                for third in &events {
                    let mut state = start.clone();
                    for event in [first, second, third] {
                        state.evolve(event);
                    }
                }
            }
        }
    }
}

/// Nothing but its beginning makes something of an aggregate that is not there.
fn only_begins_with<D: Decider + PartialEq>(beginning: &str) {
    for event in golden::<D>(beginning).iter().skip(1) {
        let mut state = D::default();
        state.evolve(event);
        assert_eq!(state, D::default(), "{event:?}");
    }
}

#[test]
fn a_cooperation_evolves_on_any_event() {
    evolves_from_anywhere::<Cooperation>("founded.");
    only_begins_with::<Cooperation>("founded.");
}

#[test]
fn a_body_evolves_on_any_event() {
    evolves_from_anywhere::<Body>("established.");
    only_begins_with::<Body>("established.");
}

#[test]
fn a_network_evolves_on_any_event() {
    evolves_from_anywhere::<Network>("started.");
    only_begins_with::<Network>("started.");
}
