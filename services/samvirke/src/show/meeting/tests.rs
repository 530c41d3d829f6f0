//! A meeting as it is read on a terminal.

use serde_json::json;

use super::*;

fn body() -> BodyInForce {
    let seat = |seat: &str, member: &str, office: &str| json!({"seat": seat, "member": member, "office": office});
    serde_json::from_value(json!({
        "body": "v:sg", "names": {"nb": "Styringsgruppen"}, "kind": "steering-group",
        "on": "2017-09-28", "rules_version": 1,
        "rules": {"seat_rights": ["vote"], "notice_days": 0, "quorum": {"half-of-members": {}},
                  "majority": "simple", "casting_vote": true, "authority": "decides"},
        "seats": [seat("baerum", "935478715", "mayor"), seat("lier", "857566122", "mayor"),
                  seat("drammen", "939214895", "mayor")]
    }))
    .unwrap()
}

fn item() -> serde_json::Value {
    json!({
        "item": "24a-2017", "kind": "PS", "title": "Vestregionens framtid", "public_title": null,
        "subject": {"case": {"case": "v:24-2017", "treatment": "sg"}}, "restriction": null,
        "state": "concluded", "behind_doors": false,
        "quorum": {"met": {"present": 2, "needed": 2}},
        "conflicts": [{"seat": "drammen", "stand_in": null,
                       "legal_basis": {"act": "kommuneloven (2018)", "provision": "§ 11-10"}}],
        "proposals": [
            {"proposal": "a", "by": {"recommendation": {"from": {"body": {"body": "v:rg"}}}},
             "text": "Samarbeidet videreføres.", "annulled": [],
             "vote": {"method": {"show-of-hands": {"counts": {"yes": 1, "no": 1}, "chair": "yes"}},
                      "counts": {"yes": 1, "no": 1, "blank": 0}, "entitled": 2,
                      "majority": "simple", "result": "carried", "by_casting_vote": true,
                      "unanimous": false}},
            {"proposal": "b", "by": {"proposer": {"by": {"seat": {"seat": "lier"}}}},
             "text": "Saken utsettes.", "vote": null, "annulled": []}],
        "conclusion": {"outcome": "decided", "text": "Samarbeidet videreføres.", "to": null,
                       "unanimous": null, "day": "2017-09-28"}
    })
}

fn meeting(agenda: &serde_json::Value) -> Meeting {
    let stay = |stand_in: serde_json::Value| json!([{"stand_in": stand_in, "remote": false, "from": "2017-09-28T09:50", "to": null}]);
    serde_json::from_value(json!({
        "id": "v:sg-2017-09-28", "version": 9, "body": "v:sg", "title": null, "state": "closed",
        "days": [{"day": "2017-09-28", "start": "2017-09-28T10:00", "end": "2017-09-28T13:00"}],
        "venue": {"place": "Asker rådhus"}, "moves": [], "cancelled": null,
        "notice": {"on": "2017-09-20", "days_before": 8, "urgent": null, "rules_version": 1},
        "chair": {"seat": "baerum", "chairs_as": "chair"},
        "opened_at": "2017-09-28T10:00", "closed_at": "2017-09-28T12:50", "agenda": agenda,
        "attendance": {"unknown": false, "seats": [
            {"seat": "baerum", "absent": false, "stays": stay(json!(null))},
            {"seat": "lier", "absent": true, "stays": stay(json!({"office": "deputy-mayor"}))},
            {"seat": "drammen", "absent": true, "stays": []}],
          "others": [{"attendee": "dl", "office": "general-manager", "member": null,
                      "rights": ["attend"], "from": "2017-09-28T09:50", "to": null}]},
        "closed_doors": [], "conflicting_dates": [
            {"paper": "Referat, tidslinjen", "says": "2016-12-25"}],
        "minutes": {"draft": 1, "document": null, "approved_on": "2017-11-23", "approval": null,
                    "published_on": "2017-11-24", "left_out": [], "addenda": []}
    }))
    .unwrap()
}

#[test]
fn a_meeting_shows_x_for_y_the_votes_and_the_conflicting_dates() {
    let mut sheet = Sheet::default();
    lay_out(&meeting(&json!([item()])), Some(&body()), &Known::default(), &mut sheet);
    let wanted = "\
v:sg 28.09.2017 10.00–13.00
  Møte       v:sg-2017-09-28
  Tilstand   hevet; åpnet 28.09.2017 kl. 10.00; hevet 28.09.2017 kl. 12.50
  Sted       Asker rådhus
  Innkalt    20.09.2017, 8 dager før
  Møteleder  ordfører, 935478715 (leder)
  Protokoll  godkjent 23.11.2017, lagt ut 24.11.2017
  (!) Motstridende dato: Referat, tidslinjen oppgir 25.12.2016.

Til stede (2)
  ordfører, 935478715
  varaordfører for ordfører, 857566122

Forfall (1)
  ordfører, 939214895

Andre til stede (1)
  daglig leder

Dagsorden (1)
  1. PS Vestregionens framtid
     Sak v:24-2017
     Inhabil: ordfører, 939214895 (kommuneloven (2018) § 11-10)
     Beslutningsdyktig: 2 til stede, 2 kreves.
     Innstilling fra v:rg (a): som nedenfor
       Votering: vedtatt ved håndsopprekning, 1 mot 1, med møteleders dobbeltstemme
     Forslag fra ordfører, 857566122 (b): Saken utsettes.
     Vedtak:
       Samarbeidet videreføres.";
    assert_eq!(sheet.lines().join("\n"), wanted);
}

#[test]
fn what_is_withheld_is_said_to_be() {
    let mut restricted = item();
    for field in ["title", "conclusion"] {
        restricted[field] = json!(null);
    }
    restricted["restriction"] =
        json!({"legal_basis": {"act": "offentleglova", "provision": "§ 13"}});
    restricted["proposals"][1]["text"] = json!(null);
    let mut sheet = Sheet::default();
    lay_out(&meeting(&json!([restricted])), None, &Known::default(), &mut sheet);
    let text = sheet.lines().join("\n");
    for line in [
        "  1. PS (skjermet)",
        "     Skjermet etter offentleglova § 13.",
        "     Forslag fra lier (b): (skjermet)",
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
}
