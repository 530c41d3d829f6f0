//! Telling which keys there are, without telling them.

use std::{fs, os::unix::fs::PermissionsExt, path::PathBuf};

use samvirke_kernel::envelope;
use serde::Serialize;
use strum::VariantArray;

use super::{Key, public_file, read_public};
use crate::{configuration::Configuration, outcome::Outcome, terminal};

/// How many digits of a digest tell two keys apart for people.
const FINGERPRINT_DIGITS: usize = 16;

/// One key, as far as it may be told.
#[derive(Debug, Serialize)]
struct Listed {
    key: Key,
    file: PathBuf,
    /// The beginning of the key's SHA-256, in hexadecimal; absent where there is no usable key.
    #[serde(skip_serializing_if = "Option::is_none")]
    fingerprint: Option<String>,
    /// What is wrong with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<String>,
}

/// Tells every key; not all is done where one cannot be used.
pub(super) fn run(configuration: &Configuration, json: bool) -> anyhow::Result<Outcome> {
    let keys: Vec<Listed> = Key::VARIANTS.iter().map(|key| listed(configuration, *key)).collect();
    let public = read_public(&public_file(configuration));
    if json {
        terminal::say(&serde_json::to_string_pretty(&keys)?);
    } else {
        for Listed { key, file, fingerprint, problem } in &keys {
            let told = fingerprint.as_deref().or(problem.as_deref()).unwrap_or_default();
            terminal::say(&format!("{:<12} {told:<18} {}", key.to_string(), file.display()));
        }
        let told = public.as_ref().map_or_else(|error| format!("{error:#}"), ToString::to_string);
        terminal::say(&format!("{:<12} {told}", "public"));
    }
    let well = keys.iter().all(|one| one.problem.is_none()) && public.is_ok();
    Ok(if well { Outcome::Done } else { Outcome::NotAll })
}

pub(super) fn problems(configuration: &Configuration) -> Vec<String> {
    let wrong = |key: &Key| {
        let Listed { key, file, problem, .. } = listed(configuration, *key);
        problem.map(|problem| format!("the {key} key {}: {problem}", file.display()))
    };
    Key::VARIANTS.iter().filter_map(wrong).collect()
}

fn listed(configuration: &Configuration, key: Key) -> Listed {
    let file = key.file(configuration);
    let open = fs::metadata(&file).is_ok_and(|found| found.permissions().mode() & 0o077 != 0);
    let (fingerprint, problem) = match key.read(configuration) {
        Ok(bytes) => {
            let problem = open.then(|| "others than its owner may read it".to_owned());
            (Some(fingerprint(&bytes)), problem)
        }
        Err(_) if !file.exists() => (None, Some("missing".to_owned())),
        Err(error) => (None, Some(format!("{error:#}"))),
    };
    Listed { key, file, fingerprint, problem }
}

fn fingerprint(key: &[u8]) -> String {
    envelope::digest(key).chars().take(FINGERPRINT_DIGITS).collect()
}
