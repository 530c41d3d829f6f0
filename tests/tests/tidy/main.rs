//! The order of the house: what `services/README.md` says is never there, is not there.

#![expect(clippy::unwrap_used, reason = "a broken test should panic")]

mod circles;

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use samvirke_tests::root;

/// The most lines a file may have; a longer one holds more than one thought.
const FILE_LINES_MAX: usize = 700;
const SERVICES: [&str; 7] =
    ["networks", "cases", "meetings", "readmodels", "feed", "notify", "gateway"];
/// The libraries that services share, and that depend on none of them.
const SHARED: [&str; 5] = ["schemas", "kernel", "access", "database", "calendar"];
/// What holds SQL: the read models, the outbox and address book of the notifications, and what their connections
/// have in common.
const ON_SQL: [&str; 3] = ["readmodels", "notify", "database"];
/// The aggregates: what is pure.
const PURE: [&str; 11] = [
    "networks/src/cooperation",
    "networks/src/body",
    "networks/src/network",
    "cases/src/case",
    "cases/src/register",
    "cases/src/numbering",
    "meetings/src/meeting",
    "notify/src/contact",
    "notify/src/news",
    "feed/src/subscription",
    // Who may see what is worked out from events and a day, and from nothing else.
    "access/src",
];

struct Source {
    path: String,
    text: String,
}

impl Source {
    /// The lines that are not comments, with their numbers.
    fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        self.text
            .lines()
            .enumerate()
            .map(|(index, line)| (index + 1, line))
            .filter(|(_, line)| !line.trim_start().starts_with("//"))
    }

    fn finds(&self, wanted: &str) -> Option<String> {
        self.code()
            .find(|(_, line)| line.contains(wanted))
            .map(|(number, line)| format!("{}:{number}: {}", self.path, line.trim()))
    }
}

fn sources() -> Vec<Source> {
    let root = root();
    let mut found = Vec::new();
    for folder in ["schemas", "services", "deploy", "tests"] {
        walk(&root.join(folder), &mut found);
    }
    assert!(found.len() > 50, "the sources were not found");
    found
        .into_iter()
        .map(|path| Source {
            text: fs::read_to_string(&path).unwrap(),
            path: path.strip_prefix(&root).unwrap().display().to_string(),
        })
        .collect()
}

fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            walk(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

fn is_test(source: &Source) -> bool {
    source.path.contains("/tests/") || source.path.ends_with("/tests.rs")
}

fn none(complaints: impl IntoIterator<Item = String>) {
    let complaints: Vec<String> = complaints.into_iter().collect();
    assert!(complaints.is_empty(), "\n{}", complaints.join("\n"));
}

#[test]
fn no_service_depends_on_another_services_crate() {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--format-version", "1", "--offline"])
        .current_dir(root())
        .output()
        .unwrap();
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let is_service = |name: &str| SERVICES.iter().any(|own| name == format!("samvirke-{own}"));
    let mut seen = 0;
    for package in metadata["packages"].as_array().unwrap() {
        let name = package["name"].as_str().unwrap();
        let is_shared = SHARED.iter().any(|own| name == format!("samvirke-{own}"));
        if !is_service(name) && !is_shared {
            continue;
        }
        seen += 1;
        for dependency in package["dependencies"].as_array().unwrap() {
            let other = dependency["name"].as_str().unwrap();
            let dev = dependency["kind"].as_str() == Some("dev");
            assert!(dev || !is_service(other), "{name} depends on {other}");
            let web = ["axum", "hyper", "tower-http"].contains(&other);
            assert!(!web || name == "samvirke-gateway", "{name} serves HTTP through {other}");
            let sql = ["sqlx", "postgres-es"].contains(&other);
            assert!(
                dev || !sql || ON_SQL.iter().any(|own| name == format!("samvirke-{own}")),
                "{name} knows SQL through {other}"
            );
        }
    }
    assert_eq!(seen, SERVICES.len() + SHARED.len());
}

#[test]
fn only_the_kernel_names_jetstream() {
    none(sources().iter().filter_map(|source| {
        let own = source.path.starts_with("services/")
            && !source.path.starts_with("services/kernel/")
            && !is_test(source);
        own.then(|| source.finds("jetstream::")).flatten()
    }));
}

#[test]
fn only_read_models_and_notifications_hold_sql() {
    none(sources().iter().filter_map(|source| {
        let own = source.path.starts_with("services/")
            && !ON_SQL.iter().any(|own| source.path.starts_with(&format!("services/{own}/")))
            && !is_test(source);
        own.then(|| {
            ["INSERT INTO ", "DELETE FROM ", "CREATE TABLE "]
                .iter()
                .find_map(|sql| source.finds(sql))
        })
        .flatten()
    }));
}

#[test]
fn dates_are_of_the_one_type_that_has_a_range() {
    /// Where chrono's own dates are met: what makes the type, reads what is old, or holds SQL.
    const MEET: [&str; 4] = [
        "schemas/src/date.rs",
        "schemas/src/stored.rs",
        "services/notify/src/memory.rs",
        "services/calendar/src/zone.rs",
    ];
    none(sources().iter().filter_map(|source| {
        let own = ["schemas/", "services/"].iter().any(|root| source.path.starts_with(root))
            && !MEET.contains(&source.path.as_str());
        let names =
            |line: &str| line.replace("NaiveDateTime", "").contains(concat!("Naive", "Date"));
        own.then(|| source.code().find(|(_, line)| names(line)))
            .flatten()
            .map(|(number, line)| format!("{}:{number}: {}", source.path, line.trim()))
    }));
}

#[test]
fn an_aggregate_is_pure() {
    const FORBIDDEN: [&str; 10] = [
        "async ",
        ".await",
        "tokio",
        "Utc::now",
        "SystemTime",
        "Instant::",
        "rand::",
        "Uuid::new_v4",
        "async_nats",
        "std::fs",
    ];
    let sources = sources();
    let pure: Vec<&Source> = sources
        .iter()
        .filter(|source| {
            PURE.iter().any(|own| {
                source.path == format!("services/{own}.rs")
                    || source.path.starts_with(&format!("services/{own}/"))
            }) && !is_test(source)
        })
        .collect();
    assert!(pure.len() > PURE.len(), "the aggregates were not found");
    none(pure.iter().flat_map(|source| FORBIDDEN.iter().filter_map(|word| source.finds(word))));
}

#[test]
fn a_new_event_breaks_every_evolve() {
    none(sources().iter().filter_map(|source| {
        let inside = source.text.split("fn evolve").skip(1).find(|body| {
            let end = body.find("\n    }\n").unwrap_or(body.len());
            body[..end].lines().any(|line| line.trim_start().starts_with("_ =>"))
        });
        inside.map(|_| format!("{}: evolve has a wildcard arm", source.path))
    }));
}

#[test]
fn every_file_says_what_it_is_and_holds_one_thought() {
    none(sources().iter().flat_map(|source| {
        let name = Path::new(&source.path).file_stem().unwrap().to_str().unwrap();
        let mut complaints = Vec::new();
        if !source.text.starts_with("//!") {
            complaints.push(format!("{}: does not begin with what it is", source.path));
        }
        let lines = source.text.lines().count();
        if lines > FILE_LINES_MAX {
            complaints.push(format!("{}: has {lines} lines", source.path));
        }
        if ["mod", "utils", "util", "common", "helpers", "manager", "misc"].contains(&name) {
            complaints.push(format!("{}: the name says nothing", source.path));
        }
        complaints
    }));
}

#[test]
fn long_running_work_is_supervised() {
    /// Where tasks may be started without a supervisor, and why nothing ends unseen there.
    const BY_ITSELF: [(&str, &str); 8] = [
        ("services/kernel/src/committer.rs", "one batch: its commits are answered as unknown"),
        ("services/kernel/src/snapshot.rs", "one snapshot: without it the history is read"),
        ("services/kernel/src/replay.rs", "reads ahead for one replay, which sees its end"),
        ("services/gateway/src/server.rs", "one connection: its caller sees it broken off"),
        ("services/gateway/src/identity/fetched.rs", "one question: the request waits for it"),
        ("services/feed/src/relay.rs", "reads for the relay, which sees its end and is restarted"),
        ("services/readmodels/src/operate/rebuild.rs", "an operator's command, which sees its end"),
        ("services/samvirke/src/assembly.rs", "the services: one that ends ends the process"),
    ];
    /// Where a process is told to stop: by a second signal at once, whatever else hangs.
    const SIGNALS: &str = "services/samvirke/src/serve.rs";
    none(sources().iter().filter_map(|source| {
        let excused = BY_ITSELF.iter().any(|(path, _)| source.path == *path)
            || source.path == SIGNALS
            || !source.path.starts_with("services/")
            || is_test(source);
        if excused {
            return None;
        }
        let product = source.text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
        let product = Source { path: source.path.clone(), text: product.to_owned() };
        ["tokio::spawn", "JoinSet", "task::spawn", "TaskTracker"]
            .iter()
            .find_map(|word| product.finds(word))
            .filter(|_| {
                // The supervisor itself, and requests that a service finishes before it stops.
                source.path != "services/kernel/src/supervision.rs"
                    && source.path != "services/kernel/src/service.rs"
            })
    }));
    for (path, _) in BY_ITSELF {
        assert!(root().join(path).is_file(), "{path} is excused and not there");
    }
}

#[test]
fn tests_neither_sleep_nor_are_switched_off() {
    // Written apart, so that this file does not find itself.
    let words = [concat!("thread::", "sleep"), concat!("time::", "sleep"), concat!("#[", "ignore")];
    none(
        sources().iter().filter(|source| is_test(source)).flat_map(|source| {
            words.iter().filter_map(|word| source.finds(word)).collect::<Vec<_>>()
        }),
    );
}

#[test]
fn lints_are_expected_with_a_reason_never_allowed() {
    let word = concat!("#[", "allow(");
    none(sources().iter().filter_map(|source| source.finds(word)));
}

#[test]
fn no_identifier_is_one_that_was_retired() {
    /// Metaphors that code was once written in, where a term of the field says the same. A name that a file of the
    /// domain may need is not here, and neither is one that is a common word in texts.
    const RETIRED: [&str; 24] = [
        "Asked",
        "Blow",
        "Ears",
        "Follower",
        "Gathering",
        "Ground",
        "Hearers",
        "Lane",
        "Matter",
        "Parcel",
        "Picture",
        "Sight",
        "Speaker",
        "Speech",
        "Standing",
        "Teller",
        "Told",
        "UnderWay",
        "Veil",
        "again_after",
        "give_up_place",
        "keep_place",
        "matter_mut",
        "open_place",
    ];
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    // What stands between quotes is a text.
    let retired = |line: &str| {
        let mut code = line.split('"').step_by(2).flat_map(|part| part.split(|c| !is_part(c)));
        code.find_map(|word| RETIRED.into_iter().find(|retired| *retired == word))
    };
    none(sources().iter().filter_map(|source| {
        source.code().find_map(|(number, line)| {
            retired(line).map(|word| format!("{}:{number}: {word} is retired", source.path))
        })
    }));
}
