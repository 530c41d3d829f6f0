//! Documents for programs of others, read by parsers of others: Atom and iCalendar.

use axum::{body::Body, http::Request};
use calcard::{
    Entry, Parser,
    icalendar::{ICalendar, ICalendarComponent, ICalendarComponentType, ICalendarProperty},
};
use samvirke_schemas::{
    Tagged,
    feed::{Fact, fact, schema},
};
use serde_json::{Value, json};

use crate::world::{Answer, World};

const DECISIONS: &str = "/v1/decisions.atom?cooperation=vest";
const BODY: &str = "/v1/calendars/bodies/vest:sg.ics";
const MEMBER: &str = "/v1/calendars/members/935478715.ics?cooperation=vest";

/// A world in which the read models tell of one decision and three meetings.
async fn world() -> World {
    let world = World::start().await;
    world.serve("qry.readmodels.cooperation-overview", json!({"Ok": overview()})).await;
    let bodies = json!({"Ok": {"next": null, "items": [{
        "id": "vest:sg", "names": {"nb": "Styringsgruppen"}, "kind": "steering-group",
        "since": "1992-01-01", "disbanded_on": null, "paused": false, "prepares_for": null,
    }]}});
    world.serve("qry.readmodels.bodies", bodies).await;
    let decision = |case: &str, text: Value, withheld: bool| {
        json!({"case": case, "number": "24a/2017", "title": "Videreføring <etter 2018> & mer",
            "body": "vest:sg", "result": "adopted", "text": text, "on": "2017-09-28",
            "treatment": "sg", "meeting": "vest:sg-2017-09-28", "item": "24-2017",
            "unanimous": true, "withheld": withheld})
    };
    let decisions = json!({"Ok": {"next": null, "items": [
        decision("vest:24a-2017", json!("Samarbeidet videreføres.\nTil 2020."), false),
        decision("vest:4-2017", Value::Null, true),
    ]}});
    world.serve("qry.readmodels.decisions", decisions).await;
    let meeting = |id: &str, state: &str, days: Value, moves: u32| {
        json!({"id": id, "body": "vest:sg", "title": null, "state": state, "days": days,
            "venue": {"place": "Svelvik rådhus", "remote": "Teams"}, "moves": moves, "dropped": [],
            "changed_at": "2017-09-01T10:00:00Z", "items": 2, "conflicting_dates": false,
            "minutes_published": false})
    };
    let day = |day: &str| json!({"day": day, "start": format!("{day}T09:00"), "end": format!("{day}T12:00")});
    let calendar = json!({"Ok": {"next": null, "items": [
        meeting("vest:one", "called", json!([day("2017-09-28")]), 1),
        meeting("vest:two", "cancelled", json!([day("2017-10-26")]), 1),
        meeting("vest:three", "planned", json!([day("2017-11-30"), day("2017-12-01")]), 0),
    ]}});
    world.serve("qry.readmodels.calendar", calendar).await;
    world
}

fn overview() -> Value {
    json!({"id": "vest:vest", "version": 3, "names": {"nb": "Vestregionen"},
        "legal_form": "alliance", "purpose": "Samarbeid", "office_municipality": null,
        "agreement": {"title": "Avtale", "version": "1"}, "founded_on": "1992-01-01",
        "phase": "active", "leader": null, "dissolved_on": null, "custody": null,
        "members": [{"member": "935478715", "names": {"nb": "Bærum kommune"},
            "kind": "municipality", "period": {"from": "1992-01-01"}}]})
}

/// Asks with a token, which must make no difference.
async fn fetch(world: &World, path: &str) -> Answer {
    let bearer = format!("Bearer {}", world.secretariat());
    let request = Request::get(path).header("host", "samvirke.example:8080");
    let request = request.header("authorization", bearer).body(Body::empty()).unwrap();
    let answer = world.send(request).await;
    assert_eq!(answer.status, 200, "{:?}", answer.body);
    assert_eq!(answer.header("cache-control"), "public, max-age=60");
    answer
}

fn text(answer: &Answer) -> &str {
    std::str::from_utf8(&answer.body).unwrap()
}

#[tokio::test]
async fn decisions_are_an_atom_feed() {
    let world = world().await;
    let answer = fetch(&world, DECISIONS).await;
    assert_eq!(answer.header("content-type"), "application/atom+xml; charset=utf-8");
    let feed = feed_rs::parser::parse(&answer.body[..]).unwrap();
    assert_eq!(feed.feed_type, feed_rs::model::FeedType::Atom);
    assert_eq!(feed.title.unwrap().content, "Vedtak: Vestregionen");
    assert_eq!(feed.authors[0].name.as_deref(), Some("Vestregionen"));
    assert_eq!(feed.updated.unwrap().to_rfc3339(), "2017-09-27T22:00:00+00:00");
    let [open, restricted] = &feed.entries[..] else { panic!("{}", text(&answer)) };
    let title = &open.title.as_ref().unwrap().content;
    assert_eq!(title, "24a/2017 Videreføring <etter 2018> & mer");
    let body = open.content.as_ref().unwrap().body.as_ref().unwrap();
    assert_eq!(body, "Samarbeidet videreføres.\nTil 2020.");
    let summary = &open.summary.as_ref().unwrap().content;
    assert_eq!(summary, "Styringsgruppen vedtok saken enstemmig 28.09.2017.");
    assert_eq!(open.links[0].href, "http://samvirke.example:8080/v1/cases/vest:24a-2017");
    assert_eq!(open.categories[0].label.as_deref(), Some("Styringsgruppen"));
    assert!(restricted.content.is_none());
    assert_ne!(open.id, restricted.id);
    let again = feed_rs::parser::parse(&fetch(&world, DECISIONS).await.body[..]).unwrap();
    assert_eq!(again.entries[0].id, open.id, "a decision keeps its id");
}

#[tokio::test]
async fn published_documents_are_made_of_what_the_public_may_read() {
    let world = world().await;
    for path in [DECISIONS, BODY, MEMBER] {
        fetch(&world, path).await;
    }
    let heard = world.heard();
    assert!(heard.len() >= 9);
    for heard in heard {
        assert!(heard.trusted);
        assert_eq!(heard.message["principal"], json!({"subject": "public"}), "{}", heard.subject);
        assert_eq!(heard.message["cooperation"], "vest");
    }
}

fn parsed(answer: &Answer) -> ICalendar {
    let Entry::ICalendar(calendar) = Parser::new(text(answer)).entry() else {
        panic!("this is no calendar: {}", text(answer));
    };
    calendar
}

fn events(calendar: &ICalendar) -> Vec<&ICalendarComponent> {
    let components = calendar.components.iter();
    components.filter(|one| one.component_type == ICalendarComponentType::VEvent).collect()
}

fn value(event: &ICalendarComponent, name: &ICalendarProperty) -> String {
    event.property(name).unwrap().values[0].clone().into_text().unwrap().into_owned()
}

#[tokio::test]
async fn the_meetings_of_a_body_are_a_calendar() {
    let world = world().await;
    let answer = fetch(&world, BODY).await;
    assert_eq!(answer.header("content-type"), "text/calendar; charset=utf-8");
    let calendar = parsed(&answer);
    let events = events(&calendar);
    // One, one, and two days.
    assert_eq!(events.len(), 4);
    assert_eq!(value(events[0], &ICalendarProperty::Summary), "Styringsgruppen");
    let location = value(events[0], &ICalendarProperty::Location);
    assert_eq!(location, "Svelvik rådhus, fjernmøte (Teams)");
    let url = value(events[0], &ICalendarProperty::Url);
    assert_eq!(url, "http://samvirke.example:8080/v1/meetings/vest:one");
    let sequences: Vec<i64> = events
        .iter()
        .map(|event| event.property(&ICalendarProperty::Sequence).unwrap().values[0].as_integer())
        .map(Option::unwrap)
        .collect();
    // Moved once; moved once and cancelled; never moved.
    assert_eq!(sequences, [1, 2, 0, 0]);
    assert!(text(&answer).contains("STATUS:CANCELLED"));
    let asked = world.heard().into_iter().find(|heard| heard.subject.ends_with(".calendar"));
    assert_eq!(asked.unwrap().message["parameters"]["body"], "vest:sg");
}

#[tokio::test]
async fn the_meetings_of_a_member_are_a_calendar() {
    let world = world().await;
    let answer = fetch(&world, &format!("{MEMBER}&from=2017-01-01")).await;
    assert_eq!(events(&parsed(&answer)).len(), 4);
    assert!(text(&answer).contains("NAME:Bærum kommune i Vestregionen\r\n"));
    let asked = world.heard().into_iter().find(|heard| heard.subject.ends_with(".calendar"));
    let parameters = asked.unwrap().message["parameters"].clone();
    assert_eq!(
        (&parameters["member"], &parameters["from"]),
        (&json!("935478715"), &json!("2017-01-01"))
    );
}

#[tokio::test]
async fn what_has_not_changed_is_not_sent_again() {
    let world = world().await;
    for path in [DECISIONS, BODY, MEMBER] {
        let etag = fetch(&world, path).await.header("etag").to_owned();
        let request = Request::get(path).header("host", "samvirke.example:8080");
        let request = request.header("if-none-match", &etag).body(Body::empty()).unwrap();
        let answer = world.send(request).await;
        assert_eq!((answer.status.as_u16(), answer.body.len()), (304, 0), "{path}");
        assert_eq!(answer.header("etag"), etag);
    }
}

#[tokio::test]
async fn the_schema_that_an_event_names_is_served() {
    let world = World::start().await;
    for tag in Fact::TAGS {
        // What was published stays so.
        for version in 1..=fact::version(tag) {
            let answer = fetch(&world, &format!("/v1/schemas/feed/{tag}.v{version}.json")).await;
            assert_eq!(answer.header("content-type"), "application/schema+json");
            assert_eq!(answer.json()["$id"], format!("urn:samvirke:feed:{tag}:{version}"));
        }
    }
    let envelope = fetch(&world, "/v1/schemas/feed/cloudevent.json").await.json();
    assert_eq!(envelope["$id"], schema::ENVELOPE);
    let asyncapi = world.get("/v1/asyncapi.json").await;
    let place = asyncapi.header("location").to_owned();
    let asyncapi = fetch(&world, &place).await.json();
    let payload = &asyncapi["components"]["messages"]["case.decided"]["payload"];
    let reference = payload["allOf"][0]["$ref"].as_str().unwrap();
    let beside = place.replace("asyncapi.json", reference.trim_start_matches("./"));
    fetch(&world, &beside).await;
    world.get("/v1/schemas/feed/case.sung.v1.json").await.problem(404, "not-found");
}

#[tokio::test]
async fn what_does_not_exist_is_a_problem() {
    let world = world().await;
    world.get("/v1/calendars/bodies/vest:rg.ics").await.problem(404, "not-found");
    let stranger = "/v1/calendars/members/920125298.ics?cooperation=vest";
    world.get(stranger).await.problem(404, "not-found");
    world.get("/v1/calendars/bodies/vest:sg").await.problem(404, "unknown-path");
    world.get("/v1/calendars/bodies/v.*.ics").await.problem(422, "invalid");
    world.get("/v1/decisions.atom").await.problem(400, "missing-parameter");
    let post = world.post("/v1/decisions.atom", &[], "{}").await;
    post.problem(405, "wrong-method");
    assert_eq!(post.header("allow"), "GET, HEAD");
}
