//! Who is answered what, on the rows as they are: also where a row is missing, late or not known to its end.

use samvirke_kernel::{envelope::Recorded, position::Position};
use samvirke_schemas::{
    cases::case,
    meetings::meeting,
    networks,
    principal::{Principal, Role},
    reply::Refused,
};
use serde_json::{Value, json, value::to_raw_value};
use sqlx::{PgPool, Postgres, Transaction};
use uuid::Uuid;

use crate::{
    rig::{Rig, delegate, machine, principal},
    samples::{founded, opened},
};

const BAERUM: &str = "935478715";
const ASKER: &str = "920125298";
const LEFT: &str = "964951373";
const STRANGER: &str = "974761076";
const HOLDER: Uuid = Uuid::from_u128(0xa);
const SECRET: &str = "Varsel";

/// A cooperation with a body, in which Bærum's seat has a holder and Asker's has none.
async fn cooperation(rig: &Rig) {
    let admitted = |member: &str| {
        json!({"member-admitted": {
            "member": member, "names": {"nb": "Kommune"}, "kind": "municipality",
            "from": "1992-01-01",
        }})
    };
    let left = json!({"member-released": {"member": LEFT, "to": "2018-12-31", "reason": "Ut."}});
    let events = [founded(), admitted(BAERUM), admitted(ASKER), admitted(LEFT), left];
    rig.commit::<networks::cooperation::Event>("cooperation", "prove:prove", 1, &events).await;
    let established = json!({"established": {
        "names": {"nb": "Styringsgruppen"}, "kind": "steering-group",
        "rules": {
            "seat_rights": ["vote"], "notice_days": 7, "quorum": {"half-of-members": {}},
            "majority": "simple", "casting_vote": true, "authority": "decides",
        },
        "in_force_from": "1992-01-01",
    }});
    let seat = |seat: &str, member: &str, holder: Option<Uuid>| {
        json!({"seat-filled": {
            "seat": seat, "member": member, "member_kind": "municipality", "office": "mayor",
            "holder": holder, "from": "2015-10-01",
        }})
    };
    let seats = [seat("baerum", BAERUM, Some(HOLDER)), seat("asker", ASKER, None)];
    let events = [&[established], &seats[..]].concat();
    let after = rig.commit::<networks::body::Event>("body", "prove:sg", 1, &events).await;
    // What is told of cases names bodies, and waits for its own stream only.
    let bodies = json!({"cooperation": "prove"});
    rig.ask("bodies", bodies, &Principal::public(), &after).await.unwrap();
}

fn restricted() -> Value {
    json!({"restricted": {
        "legal_basis": {"act": "offentleglova", "provision": "§ 13"}, "scope": {"everything": {}},
    }})
}

fn called_with(item: Value) -> Vec<Value> {
    let in_force = json!({
        "body": "prove:sg", "names": {"nb": "Styringsgruppen"}, "kind": "steering-group",
        "on": "2017-10-01", "rules_version": 1, "seats": [],
        "rules": {
            "seat_rights": ["vote"], "notice_days": 7, "quorum": {"half-of-members": {}},
            "majority": "simple", "casting_vote": true, "authority": "decides",
        },
    });
    vec![
        json!({"planned": {
            "body": "prove:sg", "venue": {"place": "Sandvika"},
            "sittings": [{"start": "2017-10-01T09:00", "end": "2017-10-01T12:00"}],
        }}),
        json!({"item-put": {"item": item}}),
        json!({"notice-issued": {
            "on": "2017-09-20", "days_before": 11, "body": in_force, "agenda": [],
        }}),
    ]
}

/// What nobody can read may be a restriction.
fn unknown(rig: &Rig) -> Recorded {
    let data = to_raw_value(&json!({})).unwrap();
    Recorded { id: rig.uuid(), tag: "restricted-anew".into(), version: 1, data }
}

/// A meeting that is called with one item, about no case.
async fn called(rig: &Rig) -> Position {
    let item = json!({"item": "en", "kind": "RS", "title": SECRET, "subject": {"plain-text": {}}});
    let after = rig.commit::<meeting::Event>("meeting", "prove:m", 1, &called_with(item)).await;
    // The rows of cases wait for their own stream only.
    let case = opened("9/2017", "prove:sg", "Sak", "Sak");
    rig.commit::<case::Event>("case", "prove:9", 1, &[case]).await;
    after
}

async fn title(rig: &Rig, who: &Principal, person: Option<Uuid>, after: &Position) -> String {
    let case = rig.ask_as("case", json!({"id": "prove:1"}), (who, person), after).await.unwrap();
    case["title"].as_str().unwrap().to_owned()
}

/// Which bodies and councils treat a case is public (decision 72); who is heard in it says what it is about.
#[tokio::test]
async fn a_restricted_case_is_found_by_the_member_whose_council_treats_it_and_not_by_one_that_is_heard()
 {
    let rig = Rig::new().await.unwrap();
    rig.serve();
    cooperation(&rig).await;
    let sent = json!({"sent-to-members": {
        "members": [{"member": BAERUM, "names": {"nb": "Bærum"}}], "text": SECRET,
        "settles": {"all-adopt-same-text": {}}, "answer_by": "2017-12-15", "on": "2017-10-02",
    }});
    let events = [opened("1/2017", "prove:sg", SECRET, "Personalsak"), restricted(), sent];
    rig.commit::<case::Event>("case", "prove:1", 1, &events).await;
    let heard = json!({"hearing-opened": {
        "invited": [{"party": "baerum", "names": {"nb": "Bærum"}, "member": BAERUM}],
        "deadline": "2031-06-01T09:00", "sent_on": "2017-09-01",
    }});
    let events = [opened("2/2017", "prove:sg", SECRET, "Personalsak"), restricted(), heard];
    let after = rig.commit::<case::Event>("case", "prove:2", 1, &events).await;
    let of_baerum = json!({"cooperation": "prove", "member": BAERUM});
    let all: &[&str] = &["prove:1", "prove:2"];
    for (who, found) in [
        (Principal::public(), &all[..1]),
        (machine(ASKER), &all[..1]),
        (machine(BAERUM), all),
        (principal(Role::Secretariat), all),
    ] {
        let register = rig.ask("case-register", of_baerum.clone(), &who, &after).await.unwrap();
        let items = register["items"].as_array().unwrap();
        let ids: Vec<_> = items.iter().map(|item| item["id"].as_str().unwrap()).collect();
        assert_eq!(ids, found, "{who:?}");
        let case = rig.ask("case", json!({"id": "prove:1"}), &who, &after).await.unwrap();
        assert_eq!(case["joint"]["members"][0]["member"], BAERUM, "{who:?}");
    }
}

#[tokio::test]
async fn a_personnel_case_is_answered_to_the_seats_that_treat_it_and_to_no_machine() {
    let rig = Rig::new().await.unwrap();
    rig.serve();
    cooperation(&rig).await;
    let planned = json!({"treatments-planned": {"treatments": [
        {"treatment": "sg", "body": "prove:sg", "authority": "decides"},
    ]}});
    let events = [opened("1/2017", "prove:sg", SECRET, "Personalsak"), restricted(), planned];
    let after = rig.commit::<case::Event>("case", "prove:1", 1, &events).await;
    let public = Principal::public();
    for (who, person) in [
        (principal(Role::Secretariat), None),
        (delegate(ASKER), None),
        (public.clone(), Some(HOLDER)),
    ] {
        assert_eq!(title(&rig, &who, person, &after).await, SECRET, "{who:?}");
    }
    for (who, person) in [
        (public.clone(), None),
        (public.clone(), Some(Uuid::from_u128(0xb))),
        (machine(ASKER), None),
        (machine(BAERUM), None),
        (machine(LEFT), None),
        (machine(STRANGER), None),
        (delegate(BAERUM), None),
        (delegate(STRANGER), None),
    ] {
        assert_eq!(title(&rig, &who, person, &after).await, "Personalsak", "{who:?}");
        // Nobody learns by searching what they may not read.
        let search = json!({"cooperation": "prove", "text": SECRET});
        let found = rig.ask_as("case-register", search, (&who, person), &after).await.unwrap();
        assert_eq!(found["items"], json!([]), "{who:?}");
    }
    let vacated = json!({"seat-vacated": {
        "seat": "asker", "from": "2015-10-01", "to": "2017-12-31", "reason": "Ny ordfører.",
    }});
    rig.commit::<networks::body::Event>("body", "prove:sg", 4, &[vacated]).await;
    assert_eq!(
        title(&rig, &delegate(ASKER), None, &after).await,
        "Personalsak",
        "the seat is lost"
    );
}

#[tokio::test]
async fn the_adoption_after_a_restricted_hearing_is_a_decision_without_its_text() {
    let rig = Rig::new().await.unwrap();
    rig.serve();
    cooperation(&rig).await;
    let events = [
        opened("1/2017", "prove:sg", SECRET, "Høring"),
        restricted(),
        json!({"hearing-opened": {
            "invited": [{"party": "a", "names": {"nb": "Asker"}, "member": ASKER}],
            "deadline": "2017-12-01T12:00", "sent_on": "2017-09-01",
        }}),
        json!({"adopted-after-hearing": {
            "body": "prove:sg", "text": "Varsel vedtas.", "on": "2018-01-10",
        }}),
    ];
    let after = rig.commit::<case::Event>("case", "prove:1", 1, &events).await;
    let public = Principal::public();
    let decisions = json!({"cooperation": "prove"});
    let found = rig.ask("decisions", decisions.clone(), &public, &after).await.unwrap();
    assert_eq!(found["items"][0]["title"], "Høring");
    assert_eq!(found["items"][0]["text"], Value::Null);
    assert_eq!(found["items"][0]["withheld"], true);
    let search = json!({"cooperation": "prove", "text": "Varsel"});
    let found = rig.ask("decisions", search, &public, &after).await.unwrap();
    assert_eq!(found["items"], json!([]));
    let found = rig.ask("decisions", decisions, &machine(ASKER), &after).await.unwrap();
    assert_eq!(found["items"][0]["text"], "Varsel vedtas.", "it is heard");
}

#[tokio::test]
async fn a_restriction_until_a_year_of_five_digits_holds_in_a_search_too() {
    let rig = Rig::new().await.unwrap();
    rig.serve();
    cooperation(&rig).await;
    let mut restricted = restricted();
    // As it may be stored from before such dates were refused.
    restricted["restricted"]["until"] = json!("+10000-01-01");
    let opened = opened("1/2017", "prove:sg", SECRET, "Personalsak");
    let events = [("opened", &opened), ("restricted", &restricted)];
    let recorded = events.map(|(tag, event)| Recorded {
        id: rig.uuid(),
        tag: tag.into(),
        version: 1,
        data: to_raw_value(&event[tag]).unwrap(),
    });
    let after = rig.commit_recorded("case", "prove:1", 1, recorded.into()).await;
    let public = Principal::public();
    let search = json!({"cooperation": "prove", "text": SECRET});
    let found = rig.ask("case-register", search, &public, &after).await.unwrap();
    assert_eq!(found["items"], json!([]));
    let register = json!({"cooperation": "prove"});
    let found = rig.ask("case-register", register, &public, &after).await.unwrap();
    assert!(!found.to_string().contains(SECRET));
}

#[tokio::test]
async fn an_item_about_a_case_that_is_not_known_shows_nothing_of_it() {
    let rig = Rig::new().await.unwrap();
    rig.serve();
    cooperation(&rig).await;
    // Another case, so that there are rows to look in.
    let events = [opened("2/2017", "prove:sg", "Sak", "Sak")];
    let there = rig.commit::<case::Event>("case", "prove:2", 1, &events).await;
    let register = json!({"cooperation": "prove"});
    rig.ask("case-register", register, &Principal::public(), &there).await.unwrap();
    let item = json!({
        "item": "en", "kind": "PS", "title": SECRET, "subject": {"case": {"case": "prove:9"}},
    });
    let after = rig.commit::<meeting::Event>("meeting", "prove:m", 1, &called_with(item)).await;
    let ask = |who: Principal| {
        let rig = &rig;
        let after = &after;
        async move { rig.ask("meeting", json!({"id": "prove:m"}), &who, after).await.unwrap() }
    };
    for who in [Principal::public(), delegate(ASKER), machine(ASKER)] {
        let meeting = ask(who).await;
        assert_eq!(meeting["agenda"][0]["title"], Value::Null);
        assert_eq!(meeting["agenda"][0]["withheld"], true);
    }
    let secretariat = ask(principal(Role::Secretariat)).await;
    assert_eq!(secretariat["agenda"][0]["title"], SECRET);
}

#[tokio::test]
async fn a_case_of_which_a_commit_is_parked_is_withheld_until_it_is_taken() {
    let rig = Rig::new().await.unwrap();
    rig.serve();
    cooperation(&rig).await;
    let title = "Kjøp av tomt";
    let events = [opened("1/2017", "prove:sg", title, "Eiendomssak")];
    rig.commit::<case::Event>("case", "prove:1", 1, &events).await;
    let after = rig.commit_recorded("case", "prove:1", 2, vec![unknown(&rig)]).await;
    let public = Principal::public();
    for (query, parameters) in [
        ("case", json!({"id": "prove:1"})),
        ("case-register", json!({"cooperation": "prove"})),
        ("case-way", json!({"cooperation": "prove", "number": "1/2017"})),
    ] {
        let shown = rig.ask(query, parameters, &public, &after).await.unwrap().to_string();
        assert!(shown.contains("Eiendomssak") && !shown.contains("tomt"), "{query}: {shown}");
    }
    let search = json!({"cooperation": "prove", "text": "tomt"});
    let found = rig.ask("case-register", search, &public, &after).await.unwrap();
    assert_eq!(found["items"], json!([]));
    let who = principal(Role::Auditor);
    let shown = rig.ask("case", json!({"id": "prove:1"}), &who, &after).await.unwrap();
    assert_eq!(shown["title"], title);
}

#[tokio::test]
async fn a_case_is_withheld_where_its_row_is_behind_the_stream() {
    let rig = Rig::new().await.unwrap();
    rig.serve();
    cooperation(&rig).await;
    let opened = opened("1/2017", "prove:sg", SECRET, "Personalsak");
    let there = rig.commit::<case::Event>("case", "prove:1", 1, &[opened]).await;
    let item = json!({
        "item": "en", "kind": "PS", "title": SECRET, "subject": {"case": {"case": "prove:1"}},
    });
    let after = rig.commit::<meeting::Event>("meeting", "prove:m", 1, &called_with(item)).await;
    let public = Principal::public();
    let register = json!({"cooperation": "prove"});
    rig.ask("case-register", register, &public, &there).await.unwrap();
    let title = async || {
        let asked = rig.ask("meeting", json!({"id": "prove:m"}), &public, &after);
        asked.await.unwrap()["agenda"][0]["title"].clone()
    };
    assert_eq!(title().await, SECRET, "nothing restricts it");

    let pool = rig.pool().await;
    let hold = held(&pool, "cases").await;
    rig.commit::<case::Event>("case", "prove:1", 2, &[restricted()]).await;
    assert_eq!(title().await, "Personalsak", "what the row does not know is withheld");
    hold.rollback().await.unwrap();
}

/// Lets nobody write the rows of a table, which stay as they were, until it is rolled back.
pub(crate) async fn held<'a>(pool: &'a PgPool, table: &str) -> Transaction<'a, Postgres> {
    let table: String = sqlx::query_scalar(
        "SELECT quote_ident(schemaname) || '.' || quote_ident(tablename) FROM pg_tables
         WHERE tablename = $1",
    )
    .bind(table)
    .fetch_one(pool)
    .await
    .unwrap();
    let mut hold = pool.begin().await.unwrap();
    let lock = format!("LOCK TABLE {table} IN SHARE MODE");
    sqlx::query(&lock).execute(&mut *hold).await.unwrap();
    hold
}

#[tokio::test]
async fn nobody_is_shown_what_was_public_once_while_a_restriction_has_not_been_taken() {
    let rig = Rig::new().await.unwrap();
    rig.serve();
    cooperation(&rig).await;
    let opened = opened("1/2017", "prove:sg", SECRET, "Personalsak");
    let there = rig.commit::<case::Event>("case", "prove:1", 1, &[opened]).await;
    let (public, secretariat) = (Principal::public(), principal(Role::Secretariat));
    let register = json!({"cooperation": "prove"});
    let shown = rig.ask("case-register", register.clone(), &public, &there).await.unwrap();
    assert!(shown.to_string().contains(SECRET), "nothing restricts it");

    let pool = rig.pool().await;
    let hold = held(&pool, "cases").await;
    rig.commit::<case::Event>("case", "prove:1", 2, &[restricted()]).await;
    let one = json!({"id": "prove:1"});
    for (query, parameters) in [
        ("case", &one),
        ("case-register", &register),
        ("decisions", &register),
        ("case-way", &json!({"cooperation": "prove", "number": "1/2017"})),
        ("receipts", &one),
        ("hearings", &register),
        ("follow-ups", &register),
    ] {
        let refused = rig.ask(query, parameters.clone(), &public, &there).await.unwrap_err();
        assert!(matches!(refused, Refused::Unavailable { .. }), "{query}: {refused:?}");
    }
    // From whoever sees everything nothing is withheld.
    let shown = rig.ask("case", one.clone(), &secretariat, &there).await.unwrap();
    assert_eq!(shown["title"], SECRET);
    hold.rollback().await.unwrap();
    let shown = rig.ask("case", one, &public, &there).await.unwrap();
    assert_eq!(shown["title"], "Personalsak");
}

#[tokio::test]
async fn nobody_is_shown_an_item_that_was_public_once_while_its_restriction_has_not_been_taken() {
    let rig = Rig::new().await.unwrap();
    rig.serve();
    cooperation(&rig).await;
    let after = called(&rig).await;
    let (public, secretariat) = (Principal::public(), principal(Role::Secretariat));
    let one = json!({"id": "prove:m"});
    let shown = rig.ask("meeting", one.clone(), &public, &after).await.unwrap();
    assert_eq!(shown["agenda"][0]["title"], SECRET, "nothing restricts it");

    let pool = rig.pool().await;
    let hold = held(&pool, "meetings").await;
    let restricted = json!({"item-restricted": {
        "item": "en", "public_title": "Personalsak", "reason": "Navn.",
        "restriction": {"legal_basis": {"act": "offentleglova", "provision": "§ 13"}},
    }});
    rig.commit::<meeting::Event>("meeting", "prove:m", 4, &[restricted]).await;
    for (query, parameters) in [("meeting", &one), ("calendar", &json!({"cooperation": "prove"}))] {
        for who in [&public, &machine(ASKER), &delegate(BAERUM)] {
            let refused = rig.ask(query, parameters.clone(), who, &after).await.unwrap_err();
            assert!(matches!(refused, Refused::Unavailable { .. }), "{query}: {refused:?}");
        }
    }
    let shown = rig.ask("meeting", one.clone(), &secretariat, &after).await.unwrap();
    assert_eq!(shown["agenda"][0]["title"], SECRET, "from it nothing is withheld");
    hold.rollback().await.unwrap();
    let shown = rig.ask("meeting", one, &public, &after).await.unwrap();
    assert_eq!(shown["agenda"][0]["title"], "Personalsak");
}

#[tokio::test]
async fn of_a_meeting_of_which_a_commit_is_parked_nothing_on_its_agenda_is_shown() {
    let rig = Rig::new().await.unwrap();
    rig.serve();
    cooperation(&rig).await;
    let after = called(&rig).await;
    let (one, calendar) = (json!({"id": "prove:m"}), json!({"cooperation": "prove"}));
    let public = Principal::public();
    let listed = rig.ask("calendar", calendar.clone(), &public, &after).await.unwrap();
    assert_eq!(listed["items"][0]["items"], 1);

    let after = rig.commit_recorded("meeting", "prove:m", 4, vec![unknown(&rig)]).await;
    for who in [&public, &machine(ASKER), &delegate(ASKER)] {
        let refused = rig.ask("meeting", one.clone(), who, &after).await.unwrap_err();
        assert!(matches!(refused, Refused::Unavailable { .. }), "{refused:?}");
        let listed = rig.ask("calendar", calendar.clone(), who, &after).await.unwrap();
        assert_eq!(listed["items"][0]["items"], 0);
    }
    let auditor = principal(Role::Auditor);
    let shown = rig.ask("meeting", one, &auditor, &after).await.unwrap();
    assert_eq!(shown["agenda"][0]["title"], SECRET);
    let listed = rig.ask("calendar", calendar, &auditor, &after).await.unwrap();
    assert_eq!(listed["items"][0]["items"], 1);
}

#[tokio::test]
async fn an_inbox_shows_no_title_of_a_case_of_which_a_commit_is_late_or_parked() {
    let rig = Rig::new().await.unwrap();
    rig.serve();
    cooperation(&rig).await;
    let sent = json!({"sent-to-members": {
        "members": [{"member": ASKER, "names": {"nb": "Asker"}}], "text": "Planen vedtas.",
        "settles": {"all-adopt-same-text": {}}, "on": "2017-10-02",
    }});
    let events = [opened("1/2017", "prove:sg", SECRET, "Personalsak"), sent];
    let after = rig.commit::<case::Event>("case", "prove:1", 1, &events).await;
    let inbox = async |after: &Position| {
        let parameters = json!({"cooperation": "prove", "member": ASKER});
        rig.ask("inbox", parameters, &machine(ASKER), after).await
    };
    assert_eq!(inbox(&after).await.unwrap()["items"][0]["title"], SECRET);

    let pool = rig.pool().await;
    let hold = held(&pool, "inbox").await;
    let late = rig.commit_recorded("case", "prove:1", 3, vec![unknown(&rig)]).await;
    let refused = inbox(&after).await.unwrap_err();
    assert!(matches!(refused, Refused::Unavailable { .. }), "{refused:?}");
    hold.rollback().await.unwrap();
    let waiting = &inbox(&late).await.unwrap()["items"][0];
    assert_eq!((&waiting["title"], &waiting["withheld"]), (&"Personalsak".into(), &true.into()));
}
