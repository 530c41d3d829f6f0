//! What the cooperations of the bench are called, and what each of them has.

use serde_json::json;

/// The cooperation whose history is multiplied; nothing else has this name.
pub(super) const PATTERN: &str = "pattern-cooperation";
/// The cases of each cooperation.
pub(super) const CASES: usize = 100;

/// The name of a cooperation by its number. The first is the one that was given commands.
pub(super) fn named(number: usize) -> String {
    if number == 0 { PATTERN.to_owned() } else { format!("region-{number}") }
}

/// The request that starts a network.
pub(super) fn starting() -> serde_json::Value {
    json!({"names": {"nb": "Klimanettverket"}, "theme": "Klima", "purpose": "Felles tiltak.",
        "established": "2017"})
}
