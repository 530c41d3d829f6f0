//! Given events of the feed, then these lines.

use samvirke_schemas::{
    Tagged,
    feed::{Audience, CloudEvent, Concerns, Fact, Said, fact::version},
    queries::feed::Since,
};
use serde_json::json;
use uuid::Uuid;

use super::*;

fn lines(fact: Value) -> String {
    lines_of(&CloudEvent::new(&said(fact), 1).unwrap())
}

fn lines_of(event: &CloudEvent) -> String {
    let mut sheet = Sheet::default();
    lay_out(event, &mut sheet);
    sheet.lines().join("\n")
}

fn said(fact: Value) -> Said {
    Said {
        audience: Audience::Public,
        about: "vest:24a-2017".parse().unwrap(),
        plural: "cases",
        concerns: Concerns::default(),
        fact: serde_json::from_value(fact).unwrap(),
        origin: Uuid::nil(),
        restates: false,
        replacement: false,
        occurred_at: "2017-09-28T10:00:00Z".parse().unwrap(),
        recorded_at: "2017-09-28T10:00:00Z".parse().unwrap(),
        traceparent: None,
    }
}

fn case() -> Value {
    json!({"id": "vest:24a-2017", "number": "24a/2017", "title": "Videreføring av samarbeidet",
        "kind": "decision", "owner": {"id": "vest:sg", "names": {"nb": "Styringsgruppen"}},
        "withheld": false})
}

#[test]
fn an_event_is_its_day_its_type_its_number_its_title_and_who() {
    let mut matter = case();
    matter["number"] = json!("24/2017");
    let decided = json!({"case.decided": {
        "case": matter, "result": "adopted", "text": "Samarbeidet videreføres.",
        "treatment": {"treatment": "sg", "number": "24a/2017",
            "body": {"id": "vest:sg", "names": {"nb": "Styringsgruppen"}}},
        "held": {"meeting": "vest:sg-2017-09-28", "item": "1", "on": "2017-09-28",
            "unanimous": true},
    }});
    let wanted = "\
28.09.2017  Vedtak: 24a/2017 Videreføring av samarbeidet
            Styringsgruppen: vedtatt, enstemmig, 28.09.2017";
    assert_eq!(lines(decided), wanted);
}

#[test]
fn what_is_withheld_says_so() {
    let mut case = case();
    case["withheld"] = json!(true);
    let opened = lines(json!({"case.closed": {"case": case}}));
    assert_eq!(
        opened,
        "28.09.2017  Sak avsluttet: 24a/2017 Videreføring av samarbeidet (skjermet)"
    );
}

#[test]
fn every_type_that_was_ever_written_is_told_in_norwegian() {
    let golden = concat!(env!("CARGO_MANIFEST_DIR"), "/../../schemas/golden/feed/fact");
    for (tag, version) in
        Fact::TAGS.iter().flat_map(|tag| (1..=version(tag)).map(move |version| (tag, version)))
    {
        let text = std::fs::read_to_string(format!("{golden}/{tag}.v{version}.json")).unwrap();
        let mut fact: Value = serde_json::from_str(&text).unwrap();
        let closed = json!({"case.closed": {"case": case()}});
        let mut event = json!(CloudEvent::new(&said(closed), 1).unwrap());
        event["type"] = json!(format!("no.samvirke.{tag}.v{version}"));
        event["data"] = fact[*tag].take();
        let told = lines_of(&serde_json::from_value(event).unwrap());
        assert!(told.starts_with("28.09.2017  ") && !told.contains(tag), "{told}");
        assert!(told.contains(": "), "{told}");
    }
}

#[test]
fn what_is_not_known_is_told_by_its_type() {
    let mut event = json!({"specversion": "1.0", "id": Uuid::nil(), "source": "/v1/cooperations/v",
        "type": "no.samvirke.case.sung.v1", "subject": "cases/vest:1-2017",
        "time": "2017-09-28T10:00:00Z", "recordedtime": "2017-09-28T10:00:00Z",
        "datacontenttype": "application/json", "dataschema": "urn:x", "position": "FEED:1",
        "audience": "public", "data": {}});
    let mut sheet = Sheet::default();
    lay_out(&serde_json::from_value(event.take()).unwrap(), &mut sheet);
    assert_eq!(sheet.lines(), ["28.09.2017  case.sung: cases/vest:1-2017"]);
}

#[test]
fn a_list_is_one_parameter() {
    let wanted = Wanted {
        cooperation: Some("vest".parse().unwrap()),
        types: ["case.decided".to_owned(), "case.opened".to_owned()].into(),
        since: Some("2017-01-01".parse::<Since>().unwrap()),
        ..Wanted::default()
    };
    let paging = Paging { limit: Some(10), wait: None };
    let url = address("http://localhost", &Parameters { wanted, paging }).unwrap();
    let pairs: Vec<_> = url.query_pairs().map(|(name, value)| format!("{name}={value}")).collect();
    assert!(pairs.contains(&"types=case.decided,case.opened".to_owned()), "{pairs:?}");
    assert!(pairs.contains(&"since=2017-01-01T00:00:00+01:00".to_owned()), "{pairs:?}");
    assert!(
        pairs.contains(&"limit=10".to_owned()) && pairs.contains(&"cooperation=vest".to_owned())
    );
}

#[test]
fn a_member_is_found_by_the_beginning_of_its_name() {
    let member = |number: &str, name: &str| {
        json!({"member": number, "names": {"nb": name}, "kind": "municipality",
            "period": {"from": "1992-01-01"}})
    };
    let overview: Overview = serde_json::from_value(json!({
        "id": "vest:vest", "version": 1, "names": {"nb": "Vestregionen"}, "legal_form": "alliance",
        "purpose": "p", "office_municipality": null, "agreement": {"title": "a", "version": "1"},
        "founded_on": "1992-01-01", "phase": "active", "leader": null, "dissolved_on": null,
        "custody": null,
        "members": [member("935478715", "Bærum kommune"), member("920125298", "Asker"),
            member("935478715", "Bærum kommune"), member("857566122", "Askersund")],
    }))
    .unwrap();
    assert_eq!(named(&overview, "bærum").unwrap().as_str(), "935478715");
    assert_eq!(named(&overview, "Asker").unwrap().as_str(), "920125298");
    assert!(named(&overview, "Lier").unwrap_err().to_string().contains("Lier"));
}
