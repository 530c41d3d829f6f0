//! What can be told of a line without a server: whether it is a request as it is published.
//!
//! Invariant: every collection of the catalogue is known here; a test says which is not.

use samvirke_kernel::inbox;
use samvirke_schemas::{
    cases, catalogue, contacts,
    excerpt::excerpt,
    local_time::{self, LocalTime},
    meetings, networks,
    reply::Refused,
    subscriptions,
};

use super::line::{Fault, Line};

/// Decodes the body of one command.
type Decode = fn(&str, &str) -> Result<(), Refused>;

/// How the requests of a collection are decoded.
fn decoder(plural: &str) -> Option<Decode> {
    macro_rules! requests {
        ($request:ty) => {
            Some(|command, body| inbox::request::<$request>(command, body).map(drop))
        };
    }
    match plural {
        "cooperations" => requests!(networks::cooperation::Request),
        "bodies" => requests!(networks::body::Request),
        "networks" => requests!(networks::network::Request),
        "registers" => requests!(cases::register::Request),
        "cases" => requests!(cases::case::Request),
        "meetings" => requests!(meetings::meeting::Request),
        "contacts" => requests!(contacts::contact::Request),
        "subscriptions" => requests!(subscriptions::subscription::Request),
        _ => None,
    }
}

/// Checks a line against the published request types.
pub(crate) fn line(line: &Line) -> Result<(), Fault> {
    if let Some(at) = &line.at {
        let local = at.parse::<LocalTime>();
        if let (Err(error), Err(_)) = (local, local_time::instant(at)) {
            return Err(Fault::new("invalid", format!("at: {error}")));
        }
    }
    let plural = line.to.plural.as_str();
    let unknown = || {
        let known: Vec<&str> = catalogue::COLLECTIONS.iter().map(|one| one.plural).collect();
        let reason =
            format!("there is no collection {:?}; there are {}", excerpt(plural), known.join(", "));
        Fault::new("unknown-collection", reason)
    };
    let collection = catalogue::collection(plural).ok_or_else(unknown)?;
    let command = line.to.command.as_str();
    // Not every variant of a request enum is open to callers.
    if !collection.commands.contains(&command) {
        let known = collection.commands.join(", ");
        let reason = format!("{plural} have no command {:?}; there are {known}", excerpt(command));
        return Err(Fault::new("unknown-command", reason));
    }
    let decode = decoder(plural).ok_or_else(unknown)?;
    decode(command, line.body.get()).map_err(fault)
}

fn fault(refused: Refused) -> Fault {
    match refused {
        Refused::Invalid { field, detail, .. } => {
            Fault::new("invalid", format!("{field}: {detail}"))
        }
        Refused::Rejected { code, rule, detail, .. } => {
            Fault::new(&code, format!("{detail} ({rule})"))
        }
        Refused::OutcomeUnknown {} => Fault::new("unknown", "the outcome is unknown"),
        Refused::Unavailable { detail, .. }
        | Refused::NoRoom { detail, .. }
        | Refused::Damaged { detail, .. }
        | Refused::Broken { detail } => Fault::new("unknown", detail),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str) -> Result<(), Fault> {
        Line::read(text).and_then(|read| line(&read))
    }

    #[test]
    fn every_collection_can_be_checked() {
        for collection in catalogue::COLLECTIONS {
            assert!(decoder(collection.plural).is_some(), "{} cannot", collection.plural);
        }
    }

    #[test]
    fn a_well_formed_line_passes() {
        let text = r#"{"to": "cooperations/a/pause", "body": {"reason": "Valg"},
                       "at": "2017-06-01T09:00", "as": "secretariat", "source": "p. 9"}"#;
        assert_eq!(check(text), Ok(()));
    }

    #[test]
    fn what_is_wrong_is_named() {
        let cases = [
            (r#"{"to": "cooperations/a/pause", "body": {}}"#, "reason"),
            (r#"{"to": "cooperations/a/pause", "body": {"reason": "x", "b": 1}}"#, "b"),
            (r#"{"to": "cooperations/a/pausse", "body": {}}"#, "pausse"),
            (r#"{"to": "cooperation/a/pause", "body": {}}"#, "cooperations"),
            (r#"{"to": "cooperations/a.b/pause", "body": {}}"#, "'.'"),
            (r#"{"to": "cooperations/pause", "body": {}}"#, "<id>"),
            (r#"{"to": "cooperations/a/resume", "body": {}, "at": "2017-02-29T09:00"}"#, "at:"),
            (r#"{"to": "cooperations/a/resume", "body": {}, "at": "2017-03-26T02:30"}"#, "skips"),
            (
                r#"{"to": "cooperations/a/resume", "body": {}, "at": "+10000-01-01T09:00:00Z"}"#,
                "at:",
            ),
            (
                r#"{"to": "cooperations/a/release-member",
                    "body": {"member": "935478715", "to": "2026-1-1", "reason": "x"}}"#,
                "to: a date is written",
            ),
            (r#"{"to": "cooperations/a/resume", "body": {}, "as": "mayor"}"#, "mayor"),
            (r#"{"to": "cooperations/a/resume", "body": {}, "as": "member:935478716"}"#, "member:"),
            (r#"{"to": "cooperations/a/resume", "body": {}, "form": 1}"#, "form"),
            (r#"{"to": "cooperations/a/resume", "body": {}, "key": "å"}"#, "visible"),
            (r#"{"to": "cooperations/a/resume"}"#, "body"),
            ("[]", "one JSON object"),
            (r#"[{"to": "cooperations/a/resume", "body": {}}]"#, "one JSON object"),
            (r#"["cooperations/a/resume", {}, null, null, false, null, null]"#, "one JSON object"),
            (r#"{"to": "cooperations/a/resume", "body": {}},"#, "trailing characters"),
            (r#"{"to": "cooperations/a/resume", "body": {"names": {"nb": "X"}"#, "EOF"),
            (
                r#"{"to": "bodies/mini:gr/elect",
                    "body": {"post": "chair", "seat": "skien-ordforer", "from": "2017-02-29"}}"#,
                "from: the date 2017-02-29 does not exist",
            ),
            (
                r#"{"to": "bodies/mini:gr/elect",
                    "body": {"post": "chair", "seat": "skien-ordforer", "from": "29.02.2017"}}"#,
                "from: a date is written",
            ),
            (
                r#"{"to": "cases/a:oppf/assign-follow-up", "body": {"follow_up": "f1", "task": "t",
                    "owner": {"member": {"member": "935478715"}}, "due": "-9000-01-01"}}"#,
                "due: a date is written",
            ),
            (
                r#"{"to": "cases/a:langt/open", "body": {"kind": "decision", "description":
                    {"title": "HEMMELIG", "public_title": "Skjermet"}, "owner": "a:sg",
                    "register": "2026", "restriction": {"legal_basis": {"act": "offentleglova"},
                    "until": "+10000-01-01", "scope": {"everything": {}}}}}"#,
                "restriction.until: a date is written",
            ),
        ];
        for (text, named) in cases {
            let fault = check(text).expect_err(text);
            assert!(fault.reason.contains(named), "{text}: {}", fault.reason);
        }
    }

    #[test]
    fn of_what_is_wrong_only_the_beginning_is_told() {
        let long = "x".repeat(530_000);
        for text in [
            format!(r#"{{"to": "cooperations/a/pause", "body": {{"{long}": 1}}}}"#),
            format!(r#"{{"to": "cooperations/a/{long}", "body": {{}}}}"#),
            format!(r#"{{"to": "{long}/a/pause", "body": {{}}}}"#),
            format!(r#"{{"to": "{long}A/a/pause", "body": {{}}}}"#),
            format!(r#"{{"to": "cooperations/a/resume", "body": {{}}, "as": "{long}"}}"#),
            format!(r#"{{"to": "cooperations/a/resume", "body": {{}}, "at": "{long}"}}"#),
            format!(r#"{{"to": "cooperations/a/resume", "body": {{}}, "{long}": 1}}"#),
            format!(r#"{{"to": "cases/a:c1/relate", "body": {{"relation": "{long}"}}}}"#),
        ] {
            let fault = check(&text).expect_err(&text[..60]);
            assert!(fault.reason.len() < 3_000, "{}: {}", &text[..60], fault.reason.len());
        }
    }
}
