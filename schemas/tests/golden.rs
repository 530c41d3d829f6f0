//! Every event type there is, and every fact of the feed, can be read as it was first written, and is
//! written so still.
//!
//! `golden/<context>/<kind>/<tag>.v<version>.json` holds one event of a type in one version, as it
//! lies on the stream; `<tag>.v<version>.<what>.json` holds another, with fields that came later and
//! may be absent. Such a file is never edited: a change that breaks it needs a new version and an
//! upcaster, by which the files of older versions are read.

#![expect(clippy::unwrap_used, reason = "a broken test should panic")]

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use samvirke_schemas::{
    Tagged, cases, contacts, event_version, feed, meetings, networks, subscriptions, upcast,
};
use serde_json::{Value, json};

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
    ("contacts", "contact", check::<contacts::contact::Event>),
    ("feed", "fact", check::<feed::Fact>),
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
        assert!(
            versions.contains_key(*tag),
            "event type {tag} has no golden file: add {}/{tag}.v1.json",
            folder.display()
        );
    }
    for (tag, files) in versions {
        assert!(E::TAGS.contains(&tag.as_str()), "no event type {tag}, but it was written once");
        let newest = upcast::version_today(E::UPCASTERS, &tag);
        let all: Vec<u32> = (1..=newest).collect();
        assert_eq!(files.keys().copied().collect::<Vec<_>>(), all, "the versions of {tag}");
        for (version, paths) in files {
            paths.iter().for_each(|path| check_file::<E>(&tag, version, path));
        }
    }
}

/// One file is read as an event, lifted where it is old; what is written today is written as it is.
fn check_file<E: Tagged>(tag: &str, version: u32, path: &Path) {
    let shown = path.display();
    let stored: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    let data = stored.get(tag).unwrap_or_else(|| panic!("{shown} holds another type"));
    let lifted = upcast::lift(E::UPCASTERS, tag, version, data.clone())
        .unwrap_or_else(|err| panic!("{shown} cannot be lifted: {err}"));
    let event: E = serde_json::from_value(json!({ tag: lifted }))
        .unwrap_or_else(|err| panic!("{shown} cannot be read any longer: {err}"));
    if version == event_version(&event) {
        assert_eq!(serde_json::to_value(&event).unwrap(), stored, "{shown} is written otherwise");
    }
}

/// The files of each type, by version.
fn versions(folder: &Path) -> BTreeMap<String, BTreeMap<u32, Vec<PathBuf>>> {
    let mut found = BTreeMap::<_, BTreeMap<_, Vec<_>>>::new();
    let files = fs::read_dir(folder).unwrap_or_else(|err| panic!("{}: {err}", folder.display()));
    for path in files.map(|file| file.unwrap().path()) {
        let name = path.file_name().unwrap().to_str().unwrap();
        let parts = name.strip_suffix(".json").and_then(|stem| stem.split_once(".v"));
        let (tag, rest) = parts.unwrap_or_else(|| panic!("{name} is not <tag>.v<n>.json"));
        let version = rest.split('.').next().and_then(|version| version.parse().ok());
        let version = version.unwrap_or_else(|| panic!("{name} is not <tag>.v<n>.json"));
        found.entry(tag.to_owned()).or_default().entry(version).or_default().push(path);
    }
    found
}
