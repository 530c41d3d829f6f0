//! Lifting events that were written in an older version.
//!
//! A type's version is an integer that starts at 1. An upcaster lifts raw JSON from `from` to
//! `from + 1`; the version written today is one more than the newest upcaster of the type.
//! What was stored is never rewritten.

use serde_json::Value;

/// Why an event could not be lifted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UpcastError {
    #[error("event type {tag} has version {version}, but this program knows only up to {known}")]
    FromTheFuture { tag: String, version: u32, known: u32 },
    #[error("event type {tag} version {version} could not be lifted: {reason}")]
    Failed { tag: String, version: u32, reason: String },
}

/// One step for one event type.
#[derive(Clone, Copy, Debug)]
pub struct Upcaster {
    pub tag: &'static str,
    pub from: u32,
    pub lift: fn(Value) -> Result<Value, String>,
}

/// The version in which events of `tag` are written today.
pub fn version_today(upcasters: &[Upcaster], tag: &str) -> u32 {
    upcasters.iter().filter(|step| step.tag == tag).map(|step| step.from + 1).max().unwrap_or(1)
}

/// Lifts `data` to today's version.
///
/// # Errors
///
/// When the version is newer than this program, or a step fails.
pub fn lift(
    upcasters: &[Upcaster],
    tag: &str,
    version: u32,
    mut data: Value,
) -> Result<Value, UpcastError> {
    let known = version_today(upcasters, tag);
    if version > known || version == 0 {
        return Err(UpcastError::FromTheFuture { tag: tag.to_owned(), version, known });
    }
    for step_from in version..known {
        let step = upcasters
            .iter()
            .find(|step| step.tag == tag && step.from == step_from)
            .ok_or_else(|| UpcastError::Failed {
                tag: tag.to_owned(),
                version: step_from,
                reason: "no upcaster for this version".into(),
            })?;
        data = (step.lift)(data).map_err(|reason| UpcastError::Failed {
            tag: tag.to_owned(),
            version: step_from,
            reason,
        })?;
    }
    Ok(data)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const STEPS: &[Upcaster] = &[
        Upcaster { tag: "moved", from: 1, lift: |_| Ok(json!({"b": 1})) },
        Upcaster {
            tag: "moved",
            from: 2,
            lift: |mut data| {
                data["c"] = json!(2);
                Ok(data)
            },
        },
    ];

    #[test]
    fn an_old_event_is_lifted_step_by_step() {
        assert_eq!(lift(STEPS, "moved", 1, json!({"a": 0})), Ok(json!({"b": 1, "c": 2})));
        assert_eq!(lift(STEPS, "moved", 2, json!({"a": 0})), Ok(json!({"a": 0, "c": 2})));
    }

    #[test]
    fn an_event_of_today_is_left_alone() {
        assert_eq!(lift(STEPS, "moved", 3, json!({"a": 0})), Ok(json!({"a": 0})));
        assert_eq!(lift(STEPS, "planned", 1, json!(7)), Ok(json!(7)));
    }

    #[test]
    fn an_event_from_a_newer_program_is_an_error() {
        assert!(matches!(
            lift(STEPS, "planned", 2, json!({})),
            Err(UpcastError::FromTheFuture { version: 2, known: 1, .. })
        ));
    }
}
