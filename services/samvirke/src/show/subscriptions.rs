//! Subscriptions to the feed: whose they are, where they go, and how deliveries stand.

use samvirke_schemas::{
    feed::{Filters, Reach},
    id::AggregateId,
    queries::{
        subscription::{Deliveries, Subscription},
        subscription_attempts::Attempt,
    },
    subscriptions::subscription::{answer::Answer, terms::Owner},
};

use super::{known::Known, sheet::Sheet, words};

/// Lays a list out.
pub(super) fn lay_out(found: &[Subscription], known: &Known, sheet: &mut Sheet) {
    sheet.heading(&format!("Abonnementer ({})", found.len()));
    let row = |one: &Subscription| {
        let deliveries = &one.deliveries;
        vec![
            one.id.local.to_string(),
            owner(&one.owner, known),
            words::subscription_phase(one.phase).to_owned(),
            text(deliveries.position),
            text(deliveries.pending),
            moment(deliveries.last_success.as_ref()),
            moment(deliveries.last_failure.as_ref()),
        ]
    };
    let heads =
        ["Abonnement", "For", "Tilstand", "Levert til", "Venter", "Sist levert", "Sist feilet"];
    sheet.table(2, &heads, found.iter().map(row).collect());
}

/// Lays one out.
pub(super) fn lay_out_one(one: &Subscription, known: &Known, sheet: &mut Sheet) {
    sheet.heading(&format!("Abonnement {}", one.id));
    let stopped = one.stopped.as_ref().map(|stop| words::stop_reason(stop.reason).to_owned());
    let reason = one.reason.as_ref().map(ToString::to_string).or(stopped);
    sheet.facts(
        2,
        &[
            ("For", owner(&one.owner, known)),
            ("Endepunkt", one.channel.endpoint().to_string()),
            ("Tilstand", words::subscription_phase(one.phase).to_owned()),
            ("Grunn", reason.unwrap_or_default()),
            ("Vil ha", wanted(&one.filters, known)),
        ],
    );
    sheet.heading("Leveringer");
    let Deliveries { position, pending, last_success, last_failure, attempts, next_attempt } =
        &one.deliveries;
    let failed = last_failure
        .as_ref()
        .map(|failed| format!("{} ({})", words::moment(failed.at), answered(&failed.answer)));
    sheet.facts(
        2,
        &[
            ("Levert til", text(*position)),
            ("Venter", text(*pending)),
            ("Sist levert", moment(last_success.as_ref())),
            ("Sist feilet", failed.unwrap_or_default()),
            ("Forsøk på neste", if *attempts > 0 { attempts.to_string() } else { String::new() }),
            ("Nytt forsøk", next_attempt.map(words::moment).unwrap_or_default()),
        ],
    );
}

/// Lays out what was tried, newest first.
pub(super) fn lay_out_attempts(id: &AggregateId, tried: &[Attempt], sheet: &mut Sheet) {
    sheet.heading(&format!("Forsøk for {id} ({})", tried.len()));
    let row = |one: &Attempt| {
        vec![
            words::moment(one.at),
            words::tried(one.what).to_owned(),
            one.tag.clone().unwrap_or_default(),
            text(one.position),
            one.attempt.to_string(),
            if one.succeeded { "tatt imot" } else { "feilet" }.to_owned(),
            answered(&one.answer),
        ]
    };
    let heads = ["Tid", "Hva", "Type", "Posisjon", "Forsøk", "Utfall", "Svar"];
    sheet.table(2, &heads, tried.iter().map(row).collect());
}

fn owner(owner: &Owner, known: &Known) -> String {
    owner.member().map_or_else(|| "sekretariatet".into(), |member| known.member(member))
}

fn wanted(filters: &Filters, known: &Known) -> String {
    let mut parts = Vec::new();
    if !filters.types.is_empty() {
        parts.push(filters.types.iter().cloned().collect::<Vec<_>>().join(", "));
    }
    let of = |ids: Vec<String>| format!("som gjelder {}", ids.join(" eller "));
    if !filters.bodies.is_empty() {
        parts.push(of(filters.bodies.iter().map(|id| known.body(id)).collect()));
    }
    if !filters.cases.is_empty() {
        parts.push(of(filters.cases.iter().map(ToString::to_string).collect()));
    }
    match filters.concerning {
        Reach::Own => parts.push("bare egne saker".into()),
        Reach::Everything if parts.is_empty() => parts.push("alt".into()),
        Reach::Everything => (),
    }
    parts.join("; ")
}

fn answered(answer: &Answer) -> String {
    let status = answer.status.map(|status| status.to_string());
    let excerpt = answer.excerpt.as_ref().map(ToString::to_string);
    [status, excerpt].into_iter().flatten().collect::<Vec<_>>().join(" ")
}

fn moment(attempt: Option<&Attempt>) -> String {
    attempt.map(|attempt| words::moment(attempt.at)).unwrap_or_default()
}

fn text(known: Option<impl ToString>) -> String {
    known.map(|known| known.to_string()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn stopped() -> Subscription {
        let failure = json!({"at": "2017-09-17T10:00:00Z", "what": "event", "type": "case.decided",
            "position": "FEED:43", "attempt": 14, "succeeded": false, "took_ms": 20,
            "answer": {"status": 503, "excerpt": "Service Unavailable"}});
        let one: Value = json!({
            "id": "vestregionen:baerum", "version": 3,
            "owner": {"member": {"member": "935478715"}},
            "channel": {"webhook": {"endpoint": "https://sak.example/hendelser"}},
            "filters": {"types": ["case.decided"], "cases": ["vestregionen:24-2017"],
                "concerning": "own"},
            "phase": "stopped", "reason": null,
            "stopped": {"reason": "tried-too-often", "failure": {"position": "FEED:43",
                "attempts": 14, "since": "2017-09-14T10:00:00Z", "answer": {"status": 503}}},
            "deliveries": {"position": "FEED:42", "pending": 2, "last_success": null,
                "last_failure": failure, "attempts": 14, "next_attempt": null}});
        serde_json::from_value(one).unwrap()
    }

    #[test]
    fn a_stopped_subscription_says_why_and_how_far_it_came() {
        let mut sheet = Sheet::default();
        lay_out_one(&stopped(), &Known::default(), &mut sheet);
        let wanted = "\
Abonnement vestregionen:baerum
  For        935478715
  Endepunkt  https://sak.example/hendelser
  Tilstand   stoppet
  Grunn      endepunktet har ikke tatt imot så lenge det prøves
  Vil ha     case.decided; som gjelder vestregionen:24-2017; bare egne saker

Leveringer
  Levert til       FEED:42
  Venter           2
  Sist feilet      17.09.2017 12.00 (503 Service Unavailable)
  Forsøk på neste  14";
        assert_eq!(sheet.lines().join("\n"), wanted);
    }

    #[test]
    fn a_list_tells_how_each_stands() {
        let mut sheet = Sheet::default();
        lay_out(&[stopped()], &Known::default(), &mut sheet);
        let wanted = "\
Abonnementer (1)
  Abonnement  For        Tilstand  Levert til  Venter  Sist levert  Sist feilet
  baerum      935478715  stoppet   FEED:42     2                    17.09.2017 12.00";
        assert_eq!(sheet.lines().join("\n"), wanted);
    }

    #[test]
    fn attempts_tell_what_was_answered() {
        let mut sheet = Sheet::default();
        let one = stopped();
        let tried = [one.deliveries.last_failure.unwrap()];
        lay_out_attempts(&one.id, &tried, &mut sheet);
        let wanted = "\
Forsøk for vestregionen:baerum (1)
  Tid               Hva       Type          Posisjon  Forsøk  Utfall  Svar
  17.09.2017 12.00  levering  case.decided  FEED:43   14      feilet  503 Service Unavailable";
        assert_eq!(sheet.lines().join("\n"), wanted);
    }
}
