//! Every event type there is can be read as it was first written, and is written so still.
//!
//! `golden/<context>/<kind>/<tag>.v<version>.json` holds one event of a type in one version, as it
//! lies on the stream. Such a file is never edited: a change that breaks it needs a new version and
//! an upcaster. Older versions are lifted by the service that owns them, and tested there.

#![expect(clippy::unwrap_used, reason = "a broken test should panic")]

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use samvirke_schemas::{Tagged, cases, event_version, meetings, networks, subscriptions};
use serde_json::Value;

/// The context and the kind of an event enum, and the check for its type.
type Line = (&'static str, &'static str, fn(&Path));

/// One line for each event enum.
const EVENTS: &[Line] = &[
    ("networks", "cooperation", check::<networks::cooperation::Event>),
    ("networks", "body", check::<networks::body::Event>),
    ("networks", "network", check::<networks::network::Event>),
    ("cases", "register", check::<cases::register::Event>),
    ("cases", "case", check::<cases::case::Event>),
    ("meetings", "meeting", check::<meetings::meeting::Event>),
    ("subscriptions", "subscription", check::<subscriptions::subscription::Event>),
];

#[test]
fn every_event_type_reads_as_it_was_written() {
    for (context, kind, check) in EVENTS {
        check(&golden().join(context).join(kind));
    }
}

/// A folder that no line reads would be a promise that nobody keeps.
#[test]
fn every_golden_folder_has_its_line() {
    for context in fs::read_dir(golden()).unwrap().map(|entry| entry.unwrap()) {
        for kind in fs::read_dir(context.path()).unwrap().map(|entry| entry.unwrap()) {
            let known = EVENTS
                .iter()
                .any(|line| context.file_name() == line.0 && kind.file_name() == line.1);
            assert!(known, "{} is read by no line of EVENTS", kind.path().display());
        }
    }
}

fn golden() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("golden")
}

fn check<E: Tagged>(folder: &Path) {
    let versions = versions(folder);
    for tag in E::TAGS {
        let newest = versions.get(*tag).and_then(|versions| versions.iter().max());
        let newest = *newest.unwrap_or_else(|| {
            panic!("event type {tag} has no golden file: add {}/{tag}.v1.json", folder.display())
        });
        let path = folder.join(format!("{tag}.v{newest}.json"));
        let text = fs::read_to_string(&path).unwrap();
        let shown = path.display();
        let event: E = serde_json::from_str(&text)
            .unwrap_or_else(|err| panic!("{shown} cannot be read any longer: {err}"));
        assert_eq!(event.tag(), *tag, "{shown} holds another type");
        assert_eq!(event_version(&event), newest, "{shown} is not the version written today");
        let stored: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(serde_json::to_value(&event).unwrap(), stored, "{shown} is written otherwise");
    }
    for (tag, versions) in versions {
        assert!(E::TAGS.contains(&tag.as_str()), "no event type {tag}, but it was written once");
        let all: Vec<u32> = (1..).take(versions.len()).collect();
        assert_eq!(versions, all, "event type {tag} misses a version");
    }
}

/// The versions of each type that there are files of, in order.
fn versions(folder: &Path) -> BTreeMap<String, Vec<u32>> {
    let mut found = BTreeMap::<String, Vec<u32>>::new();
    let files = fs::read_dir(folder).unwrap_or_else(|err| panic!("{}: {err}", folder.display()));
    for file in files {
        let name = file.unwrap().file_name().into_string().unwrap();
        let parts = name.strip_suffix(".json").and_then(|stem| stem.rsplit_once(".v"));
        let (tag, version) = parts.unwrap_or_else(|| panic!("{name} is not <tag>.v<n>.json"));
        found.entry(tag.to_owned()).or_default().push(version.parse().unwrap());
    }
    found.values_mut().for_each(|versions| versions.sort_unstable());
    found
}
