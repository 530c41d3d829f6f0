//! The bodies of a cooperation: what each may do, and by which rules it is called and decides.

use samvirke_schemas::{
    id::{AggregateId, LocalId},
    networks::rules::{BodyInForce, Deputy, Rules, Seat},
    queries::body::Body,
};

use super::{known::Known, sheet::Sheet, words};

/// Lays bodies out, one under the other.
pub(super) fn lay_out(bodies: &[Body], known: &Known, sheet: &mut Sheet) {
    sheet.heading(&format!("Organer ({})", bodies.len()));
    for body in bodies {
        let prepared_by = bodies.iter().filter(|other| prepares_for(other) == Some(&body.id));
        let prepared_by: Vec<String> = prepared_by.map(|other| known.body(&other.id)).collect();
        head(body, &prepared_by, known, sheet);
    }
}

/// Lays one body out, with its seats.
pub(super) fn lay_out_one(body: &Body, known: &Known, sheet: &mut Sheet) {
    head(body, &[], known, sheet);
    let versions = body.versions.iter();
    let versions: Vec<String> =
        versions.map(|one| format!("{} fra {}", one.version, words::day(one.from))).collect();
    sheet.facts(2, &[("Versjoner", versions.join(", "))]);
    let Some(standing) = &body.in_force else { return };
    sheet.heading(&format!("Plasser {} ({})", words::day(body.on), standing.seats.len()));
    let seat = |seat: &Seat| {
        let deputies = standing.deputies.iter().filter(|deputy| deputy.seat == seat.seat);
        let deputies: Vec<String> = deputies.map(deputy).collect();
        vec![
            seat.seat.to_string(),
            words::office(seat.office).to_owned(),
            known.member(&seat.member),
            post(standing, &seat.seat).to_owned(),
            deputies.join(", "),
        ]
    };
    let heads = ["Plass", "Verv", "Medlem", "", "Vara"];
    sheet.table(2, &heads, standing.seats.iter().map(seat).collect());
}

fn head(body: &Body, prepared_by: &[String], known: &Known, sheet: &mut Sheet) {
    sheet.heading(&format!("{} ({}, {})", body.names.nb, words::body_kind(body.kind), body.id));
    if let Some(last) = body.disbanded_on {
        sheet.line(2, &format!("Nedlagt, siste dag {}", words::day(last)));
    }
    let Some(standing) = &body.in_force else {
        sheet.line(2, &format!("Fantes ikke {}", words::day(body.on)));
        return;
    };
    if standing.paused {
        sheet.line(2, "Lagt på is");
    }
    let rules = &standing.rules;
    let prepares = standing.prepares_for.as_ref().map(|one| known.body(one)).unwrap_or_default();
    sheet.facts(
        2,
        &[
            ("Myndighet", words::body_authority(rules.authority).to_owned()),
            ("Plasser", seats(standing)),
            ("Leder", named(standing, standing.chair.as_ref(), known)),
            ("Nestleder", named(standing, standing.deputy_chair.as_ref(), known)),
            ("Innkalling", notice(rules)),
            ("Beslutningsdyktig", words::quorum(rules.quorum)),
            ("Flertall", majority(rules)),
            ("Møter", meetings(rules)),
            ("Delegert", delegated(rules)),
            ("Forbereder for", prepares),
            ("Forberedes av", prepared_by.join(", ")),
            ("Grunnlag", rules.legal_basis.as_ref().map(words::legal_basis).unwrap_or_default()),
        ],
    );
}

fn seats(standing: &BodyInForce) -> String {
    match standing.seats.len() {
        0 => "ingen registrert".to_owned(),
        seats => seats.to_string(),
    }
}

fn prepares_for(body: &Body) -> Option<&AggregateId> {
    body.in_force.as_ref()?.prepares_for.as_ref()
}

fn named(standing: &BodyInForce, seat: Option<&LocalId>, known: &Known) -> String {
    let found = seat.and_then(|id| standing.seats.iter().find(|seat| seat.seat == *id));
    found.map(|seat| known.seat(seat)).unwrap_or_default()
}

fn post(standing: &BodyInForce, seat: &LocalId) -> &'static str {
    if standing.chair.as_ref() == Some(seat) {
        "leder"
    } else if standing.deputy_chair.as_ref() == Some(seat) {
        "nestleder"
    } else {
        ""
    }
}

fn deputy(deputy: &Deputy) -> String {
    // Who a deputy is as a person is nobody's business here.
    let office = deputy.office.map_or("navngitt vara", words::office);
    format!("{}. {office}", deputy.order)
}

fn notice(rules: &Rules) -> String {
    match rules.notice_days {
        0 => "ingen frist fastsatt".to_owned(),
        1 => "minst 1 dag før møtet".to_owned(),
        days => format!("minst {days} dager før møtet"),
    }
}

fn majority(rules: &Rules) -> String {
    let casting = if rules.casting_vote { "; møteleders stemme avgjør ved likt" } else { "" };
    format!("{}{casting}", words::majority(rules.majority))
}

fn meetings(rules: &Rules) -> String {
    let least = rules.meetings_per_year_min;
    least.map(|least| format!("minst {least} i året")).unwrap_or_default()
}

fn delegated(rules: &Rules) -> String {
    let matters: Vec<&str> = rules.delegated.iter().map(|one| one.matter.as_str()).collect();
    matters.join(", ")
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn body(id: &str, name: &str, kind: &str, more: &Value, rules: &Value) -> Body {
        let mut in_force = json!({
            "body": id, "names": {"nb": name}, "kind": kind, "on": "2017-09-14",
            "rules_version": 1, "rules": rules, "seats": []
        });
        let fields = more.as_object().unwrap().clone();
        in_force.as_object_mut().unwrap().extend(fields);
        serde_json::from_value(json!({
            "id": id, "version": 1, "names": {"nb": name}, "kind": kind, "on": "2017-09-14",
            "in_force": in_force, "versions": [{"version": 1, "from": "2010-01-01"}],
            "disbanded_on": null
        }))
        .unwrap()
    }

    fn two() -> [Body; 2] {
        let directors = body(
            "v:rg",
            "Rådmannsgruppen",
            "municipal-directors-group",
            &json!({"prepares_for": "v:sg"}),
            &json!({"seat_rights": [], "notice_days": 7, "quorum": {"count": {"members": 3}},
                    "majority": "two-thirds", "casting_vote": false, "authority": "advises"}),
        );
        let steering = body(
            "v:sg",
            "Styringsgruppen",
            "steering-group",
            &json!({"chair": "a", "seats": [
                {"seat": "a", "member": "935478715", "office": "mayor"}],
                "deputies": [{"seat": "a", "order": 1, "office": "deputy-mayor"}]}),
            &json!({"seat_rights": [], "notice_days": 0, "quorum": {"half-of-members": {}},
                    "majority": "simple", "casting_vote": true, "authority": "decides"}),
        );
        [directors, steering]
    }

    #[test]
    fn a_body_shows_its_rules_and_who_prepares_for_whom() {
        let bodies = two();
        let mut sheet = Sheet::default();
        lay_out(&bodies, &Known::default(), &mut sheet);
        assert_eq!(
            sheet.lines().join("\n"),
            "\
Organer (2)

Rådmannsgruppen (rådmannsgruppe, v:rg)
  Myndighet          gir råd
  Plasser            ingen registrert
  Innkalling         minst 7 dager før møtet
  Beslutningsdyktig  når minst 3 med stemmerett er til stede
  Flertall           to tredels flertall
  Forbereder for     v:sg

Styringsgruppen (styringsgruppe, v:sg)
  Myndighet          vedtar
  Plasser            1
  Leder              ordfører, 935478715
  Innkalling         ingen frist fastsatt
  Beslutningsdyktig  når minst halvparten av medlemmene er til stede
  Flertall           alminnelig flertall; møteleders stemme avgjør ved likt
  Forberedes av      v:rg"
        );
    }

    #[test]
    fn a_body_alone_shows_its_seats_and_deputies_by_office() {
        let mut sheet = Sheet::default();
        lay_out_one(&two()[1], &Known::default(), &mut sheet);
        let text = sheet.lines().join("\n");
        assert!(
            text.ends_with(
                "\
  Versjoner  1 fra 01.01.2010

Plasser 14.09.2017 (1)
  Plass  Verv      Medlem            Vara
  a      ordfører  935478715  leder  1. varaordfører"
            ),
            "{text}"
        );
    }
}
