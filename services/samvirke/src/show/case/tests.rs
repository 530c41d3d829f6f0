//! A joint case as it is read on a terminal.

use serde_json::{Value, json};

use super::*;

const TEXT: &str = "Samarbeidet videreføres.";

fn member(number: &str, name: &str, answer: &Value) -> Value {
    let mut member = json!({
        "member": number, "names": {"nb": name}, "asked_on": "2017-09-28", "received_on": null,
        "processed_on": null, "reference": null, "decision": null, "same_text": null,
        "registered": [], "released_on": null
    });
    member.as_object_mut().unwrap().extend(answer.as_object().unwrap().clone());
    member
}

fn joint() -> Value {
    let earlier = json!({"outcome": "adopted-with-changes", "text": "Og evalueres.",
                         "body": "Kommunestyret", "on": "2018-02-06"});
    let decision = json!({"outcome": "adopted", "body": "Kommunestyret", "on": "2018-05-15"});
    let registered = json!([
        {"member": "857566122", "decision": earlier, "registered_by": "secretariat"},
        {"member": "857566122", "decision": decision, "registered_by": "secretariat",
         "reason": "Behandlet på nytt."}]);
    json!({
        "settles": {"all-adopt-same-text": {}}, "text": TEXT, "sent_on": "2017-09-28",
        "answer_by": null, "answered": ["857566122"], "missing": ["935478715"], "differing": [],
        "members": [
            member("857566122", "Lier kommune", &json!({
                "received_on": "2017-10-03", "decision": decision, "same_text": true,
                "reference": {"file": "17/1", "journal_entry": "17/2"},
                "registered": registered})),
            member("935478715", "Bærum kommune", &json!({}))],
        "settlement": {"result": "adopted", "rule": {"all-adopt-same-text": {}}, "text": TEXT,
                       "carried_by": ["857566122"]}
    })
}

fn outcome(treatment: &str, outcome: &str, text: &str, day: &str) -> Value {
    json!([{"treatment": treatment, "body": format!("v:{treatment}"), "outcome": outcome,
            "meeting": format!("v:{treatment}-m"), "item": "i", "text": text, "day": day}])
}

fn case() -> Case {
    let advice = "Rådmannsgruppen legger fram to alternativer.";
    serde_json::from_value(json!({
        "id": "v:24-2017", "version": 9, "kind": "decision", "state": "settled",
        "number": {"register": "2017", "number": "24/2017", "as_written": "024/2017"},
        "title": "Videreføring", "public_title": "Videreføring", "classification": null,
        "about": null, "owner": "v:rg", "opened_on": "2017-09-07", "restriction": null,
        "treatments": [
            {"treatment": "rg", "body": "v:rg", "authority": "recommends", "number": null,
             "state": "held", "outcome": "recommended",
             "outcomes": outcome("rg", "recommended", advice, "2017-09-14")},
            {"treatment": "sg", "body": "v:sg", "authority": "decides",
             "number": {"register": "2017", "treatment": "sg", "number": "24a/2017"},
             "state": "held", "outcome": "decided",
             "outcomes": outcome("sg", "decided", TEXT, "2017-09-28")},
            {"treatment": "gf", "body": "v:gf", "authority": "takes-note", "number": null,
             "state": "due", "outcome": null, "outcomes": []}],
        "recommendations": [{"from": "v:rg", "to": "v:sg", "text": advice},
                            {"from": "v:sg", "to": "v:gf"}],
        "papers": [], "relations": [{"relation": "follows-up", "to": "v:6-2017"}],
        "related_by": [{"relation": "follows-up", "from": "v:32-2017"}],
        "force": {"from": "2018-06-14", "to": null, "reason": null, "replaced_by": null},
        "joint": joint(), "hearing": null, "statements": [],
        "follow_ups": [{"follow_up": "f", "task": "Lage en oversikt.",
            "owner": {"office": {"office": "general-manager"}}, "due": "2017-11-23",
            "treatment": "sg", "assigned_on": "2017-10-02", "state": "done", "reports": [],
            "ended_on": "2017-11-20", "ended_with": "Lagt fram."}],
        "timeline": [
            {"position": "CASES:1", "version": 1, "occurred_at": "2017-09-07T07:00:00Z",
             "recorded_at": "2026-01-01T00:00:00Z", "role": "secretariat", "member": null,
             "provenance": {"source": "000 p.1"}, "event": "opened", "nb": "Saken ble opprettet."},
            {"position": "CASES:2", "version": 2, "occurred_at": "2018-05-15T22:30:00Z",
             "recorded_at": "2026-01-01T00:00:00Z", "role": "member-integration",
             "member": "857566122", "provenance": {"illustrative": true}, "event": "settled",
             "nb": "Medlemmene har vedtatt saken."}],
        "timeline_left_out": 0
    }))
    .unwrap()
}

fn way() -> case_way::Answer {
    let stop = |steps: u32, id: &str, number: &str, others: Value, collides: Value| {
        json!({"steps": steps, "treatments": [], "joint": null, "case": {
            "id": id, "number": number, "other_numbers": others, "kind": "decision",
            "state": "closed", "title": "En sak", "owner": "v:rg", "opened_on": "2017-09-07",
            "collides_with": collides, "withheld": false}})
    };
    serde_json::from_value(json!({
        "cases": [
            stop(0, "v:24-2017-t", "24/2017", json!([]), json!(["v:24-2017"])),
            stop(0, "v:24-2017", "24/2017", json!(["24a/2017"]), json!([])),
            stop(1, "v:6-2017", "6/2017", json!([]), json!([]))],
        "relations": [], "more": false
    }))
    .unwrap()
}

const SHOWN: &str = "\
Sak 24/2017: Videreføring
  Id         v:24-2017
  Skrevet    024/2017
  Slag       vedtakssak
  Tilstand   avgjort
  Organ      v:rg
  Opprettet  07.09.2017
  Gjelder    fra 14.06.2018

Veien: saker med nummeret, og saker i forhold til dem
     Nummer                 Tittel  Tilstand   Id
     24/2017 (!)            En sak  avsluttet  24-2017-t
  >  24/2017, 24a/2017 (!)  En sak  avsluttet  24-2017
     6/2017                 En sak  avsluttet  6-2017
  (!) Flere saker har fått dette nummeret; alle er beholdt som de er.

Behandling
  1. v:rg innstiller
     14.09.2017: innstilling (møte rg-m)
       Rådmannsgruppen legger fram to alternativer.
  2. v:sg (sak 24a/2017) vedtar
     28.09.2017: vedtak (møte sg-m)
       Samarbeidet videreføres.
  3. v:gf tar til orientering: står for tur

Innstillinger
  v:rg til v:sg:
    som i behandlingen over
  v:sg til v:gf:
    formuleres i møtet

Sendt til medlemmene 28.09.2017
  Avgjøres når  alle medlemmer vedtar samme tekst
  Har svart     1 av 2
  Mangler       Bærum kommune
  Teksten:
    Samarbeidet videreføres.
  Medlem         Mottatt     Arkivsak  Vedtak                  Dag         Lik tekst
  Lier kommune   03.10.2017  17/1      Kommunestyret: vedtatt  15.05.2018  ja
                             jp. 17/2
  Bærum kommune
  Rettet: Lier kommune var vedtatt med endringer 06.02.2018, nytt vedtak 15.05.2018. Behandlet på
    nytt.
  Avgjort 16.05.2018: vedtatt av 1 medlem, med teksten som ble sendt

Forhold til andre saker
  følger opp 6/2017 En sak
  følges opp av v:32-2017

Oppfølging (1)
  Lage en oversikt.
    Ansvar    daglig leder
    Frist     23.11.2017
    Tilstand  utført 20.11.2017: Lagt fram.

";

#[test]
fn r45_the_whole_way_of_a_joint_case_is_shown() {
    let mut sheet = Sheet::default();
    lay_out(&case(), &way(), &Known::default(), false, &mut sheet);
    let end = "Historikken har 2 hendelser, hvorav 1 illustrative; --timeline viser dem.";
    assert_eq!(sheet.lines().join("\n"), format!("{SHOWN}{end}"));
}

#[test]
fn the_timeline_tells_who_and_from_where_and_marks_what_is_illustrative() {
    let mut sheet = Sheet::default();
    lay_out(&case(), &way(), &Known::default(), true, &mut sheet);
    let end = "\
Tidslinje (2)
  Dag         Hendelse                       Hvem                               Kilde
  07.09.2017  Saken ble opprettet.           sekretariatet                      000 p.1
  16.05.2018  Medlemmene har vedtatt saken.  medlemmets fagsystem, 857566122    illustrativ";
    let text = sheet.lines().join("\n");
    let shown = text.strip_prefix(SHOWN).unwrap();
    let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(words(shown), words(end));
}

#[test]
fn r33_the_case_that_had_the_number_first_is_meant_and_r32_a_letter_finds_it_too() {
    let main = |number: &str| main_of(&way(), number.parse().unwrap()).unwrap().to_string();
    assert_eq!((main("24/2017"), main("24a/2017")), ("v:24-2017".into(), "v:24-2017".into()));
    let none = case_way::Answer { cases: Vec::new(), ..way() };
    assert_eq!(main_of(&none, "24/2017".parse().unwrap()), None);
}
