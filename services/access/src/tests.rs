//! Who may read what.

use samvirke_schemas::{
    networks::rules::PersonId,
    principal::{Principal, Role},
    queries::meeting::{Attendance, Meeting, Minutes},
};
use serde_json::{Value, json};

use crate::{
    CaseAccess, ItemAccess, Sittings, Viewer, WithheldFromCase, meeting_for,
    samples::{
        ASKER, BAERUM, DEPUTY, HOLDER, HURUM, IN_A_GROUP, MEETING, SG, STRANGER, case_access, day,
        delegate, directory, event, home, id, machine, meeting_access, person, planned, principal,
        public, restricted, treated_by_sg, viewer, viewer_at,
    },
};

const NOTHING: WithheldFromCase = WithheldFromCase::Nothing;
const EVERYTHING: WithheldFromCase = WithheldFromCase::Everything;

#[test]
fn those_who_watch_over_the_cooperation_see_everything_in_it_and_nothing_elsewhere() {
    let elsewhere = "grenland".parse().unwrap();
    for role in [Role::Secretariat, Role::Auditor, Role::Archivist, Role::Operator, Role::System] {
        let who = principal(role, None);
        assert!(viewer(&who, None, "2017-10-01").sees_all(), "{role}");
        let there = Viewer::without_directory(&who, None, &elsewhere, day("2017-10-01"));
        assert_eq!(there, Some(public()), "{role}");
    }
    for role in [Role::Delegate, Role::MemberIntegration, Role::Public] {
        assert!(!viewer(&principal(role, Some(BAERUM)), None, "2017-10-01").sees_all(), "{role}");
    }
}

#[test]
fn an_organisation_counts_only_on_the_days_on_which_it_is_a_member() {
    let on = |member, day| {
        viewer(&principal(Role::MemberIntegration, Some(member)), None, day).member().is_some()
    };
    assert!(on(BAERUM, "2017-10-01"));
    assert!(!on(BAERUM, "2009-12-31"), "it was none yet");
    assert!(on(HURUM, "2018-12-31"));
    assert!(!on(HURUM, "2019-01-01"), "it has left");
    assert!(!on(STRANGER, "2017-10-01"));
}

#[test]
fn a_delegate_has_the_seats_that_name_no_holder_and_a_machine_has_none() {
    assert!(delegate(ASKER).sits_in(&id(SG)));
    assert!(!machine(ASKER).sits_in(&id(SG)));
    assert!(!delegate(BAERUM).sits_in(&id(SG)), "its seat names its holder");
    assert!(person(HOLDER).sits_in(&id(SG)));
    assert!(!person(IN_A_GROUP).sits_in(&id(SG)));
    let late = viewer(&principal(Role::Delegate, Some(HURUM)), None, "2019-01-01");
    assert!(!late.sits_in(&id(SG)), "a seat whose member has left counts for nothing");
}

#[test]
fn a_deputy_has_a_seat_only_while_sitting_in_it() {
    let mut sittings = Sittings::default();
    let taken = json!({"seat-taken": {
        "seat": "baerum", "stand_in": {"order": 1}, "at": "2017-10-01T09:00",
    }});
    let closed = json!({"closed": {"at": "2017-10-01T12:00"}});
    for told in [planned(), taken] {
        sittings.take_meeting(&id(MEETING), &event(told));
    }
    let sits = |sittings: &Sittings, on| {
        viewer_at(&Principal::public(), Some(DEPUTY), on, sittings).sits_in(&id(SG))
    };
    assert!(!sits(&Sittings::default(), "2017-10-01"), "being on the list is not sitting in");
    assert!(!sits(&sittings, "2017-09-30"));
    assert!(sits(&sittings, "2017-10-01"));
    assert!(sits(&sittings, "2017-10-02"), "past midnight");
    assert!(!sits(&sittings, "2017-10-03"), "a stay that nobody ended does not last");
    sittings.take_meeting(&id(MEETING), &event(closed));
    assert!(sits(&sittings, "2017-10-01"));
    assert!(!sits(&sittings, "2017-10-02"));
}

#[test]
fn a_case_of_which_nothing_is_known_is_withheld_from_all_but_those_who_see_everything() {
    let secretariat = Viewer::seeing_all(day("2017-10-01"));
    assert_eq!(CaseAccess::withheld(None, &secretariat), NOTHING);
    for viewer in [public(), machine(BAERUM), delegate(ASKER), person(HOLDER)] {
        assert_eq!(CaseAccess::withheld(None, &viewer), EVERYTHING, "{viewer:?}");
    }
    assert_eq!(CaseAccess::withheld(Some(&CaseAccess::default()), &public()), NOTHING);
}

#[test]
fn a_personnel_case_is_for_the_seats_of_the_body_that_treats_it_and_for_no_machine() {
    let case = case_access(&[restricted(json!({"everything": {}})), treated_by_sg()]);
    assert_eq!(case.withheld_from(&delegate(ASKER)), NOTHING);
    assert_eq!(case.withheld_from(&person(HOLDER)), NOTHING);
    for viewer in [
        public(),
        machine(ASKER),
        machine(BAERUM),
        machine(STRANGER),
        delegate(BAERUM),
        delegate(STRANGER),
        person(DEPUTY),
    ] {
        assert_eq!(case.withheld_from(&viewer), EVERYTHING, "{viewer:?}");
    }
    let taken_back = json!({"plan-changed": {"treatments": []}});
    let case = case_access(&[restricted(json!({"everything": {}})), treated_by_sg(), taken_back]);
    assert_eq!(case.withheld_from(&person(HOLDER)), EVERYTHING, "it treats it no longer");
}

#[test]
fn a_joint_case_is_for_the_members_it_was_sent_to_until_they_are_released() {
    let sent = json!({"sent-to-members": {
        "members": [{"member": BAERUM, "names": {"nb": "Bærum"}}], "text": "Tekst.",
        "settles": {"all-adopt-same-text": {}}, "on": "2017-09-01",
    }});
    let released = json!({"member-released": {"member": BAERUM, "reason": "Går ut."}});
    let invited = json!({"hearing-opened": {
        "invited": [{"party": "a", "names": {"nb": "Asker"}, "member": ASKER}],
        "deadline": "2017-12-01T12:00", "sent_on": "2017-09-01",
    }});
    let everything = restricted(json!({"everything": {}}));
    let case = case_access(&[everything.clone(), sent.clone(), invited]);
    assert_eq!(case.withheld_from(&machine(BAERUM)), NOTHING);
    assert_eq!(case.withheld_from(&machine(ASKER)), NOTHING, "it is heard");
    assert_eq!(case.withheld_from(&machine(HURUM)), EVERYTHING);
    let case = case_access(&[everything, sent, released]);
    assert_eq!(case.withheld_from(&machine(BAERUM)), EVERYTHING);
}

#[test]
fn a_member_that_has_left_the_cooperation_reads_nothing_of_what_it_was_asked() {
    let sent = json!({"sent-to-members": {
        "members": [{"member": HURUM, "names": {"nb": "Hurum"}}], "text": "Tekst.",
        "settles": {"all-adopt-same-text": {}}, "on": "2017-09-01",
    }});
    let case = case_access(&[restricted(json!({"everything": {}})), sent]);
    let who = principal(Role::MemberIntegration, Some(HURUM));
    assert_eq!(case.withheld_from(&viewer(&who, None, "2018-12-31")), NOTHING);
    assert_eq!(case.withheld_from(&viewer(&who, None, "2019-01-01")), EVERYTHING);
}

#[test]
fn an_access_group_names_people_who_take_part() {
    let mut told = restricted(json!({"everything": {}}));
    told["restricted"]["access_groups"] = json!([{"group": "utvalg", "people": [IN_A_GROUP]}]);
    let case = case_access(&[told]);
    assert_eq!(case.withheld_from(&person(IN_A_GROUP)), NOTHING);
    assert_eq!(case.withheld_from(&person(HOLDER)), EVERYTHING);
}

#[test]
fn an_access_group_of_a_body_takes_part_in_what_the_body_treats_on_the_day_of_reading() {
    let mut directory = directory();
    let groups = |people: &[PersonId], from: &str| {
        let groups = json!([{"group": "personalutvalg", "people": people}]);
        event(json!({"access-groups-named": {"groups": groups, "from": from}}))
    };
    directory.take_body(&id(SG), &groups(&[IN_A_GROUP], "2017-09-01"));
    directory.take_body(&id(SG), &groups(&[DEPUTY], "2017-11-01"));
    let reader = |person, on| {
        let who = Principal::public();
        Viewer::new(&who, Some(person), &home(), day(on), &directory, &Sittings::default())
    };
    let everything = restricted(json!({"everything": {}}));
    let treated = case_access(&[everything.clone(), treated_by_sg()]);
    let elsewhere = case_access(&[everything]);
    let named = reader(IN_A_GROUP, "2017-10-01");
    assert_eq!(treated.withheld_from(&named), NOTHING);
    assert_eq!(elsewhere.withheld_from(&named), EVERYTHING, "the body does not treat it");
    assert_eq!(treated.withheld_from(&reader(IN_A_GROUP, "2017-08-31")), EVERYTHING, "not yet");
    assert_eq!(treated.withheld_from(&reader(IN_A_GROUP, "2017-11-01")), EVERYTHING, "no longer");
    assert_eq!(treated.withheld_from(&reader(DEPUTY, "2017-11-01")), NOTHING);
    assert_eq!(treated.withheld_from(&reader(DEPUTY, "2017-10-31")), EVERYTHING);

    let restriction = json!({"restriction": {"legal_basis": {"act": "offentleglova"}}});
    let mut told = vec![planned(), item("skjermet", restriction), item("en", json!({}))];
    assert_eq!(seen(&told, "skjermet", &named), NONE, "a draft is for the seats");
    told.push(notice());
    assert_eq!(seen(&told, "skjermet", &named), AGENDA);
    told.extend([taken_up("skjermet"), concluded("skjermet")]);
    assert_eq!(seen(&told, "skjermet", &named), ALL);
    assert_eq!(seen(&told, "skjermet", &reader(IN_A_GROUP, "2017-11-01")), PUBLIC_TITLE);
    let doors = json!({"doors-closed": {"legal_basis": {"act": "kl"}, "at": "2017-10-01T09:40"}});
    told.extend([taken_up("en"), doors, concluded("en")]);
    assert_eq!(seen(&told, "en", &named), PUBLIC_TITLE, "what was said behind closed doors");

    let ended = json!({"disbanded": {"on": "2017-09-30", "reason": "Over."}});
    directory.take_body(&id(SG), &event(ended));
    let who = Principal::public();
    let late = Viewer::new(
        &who,
        Some(IN_A_GROUP),
        &home(),
        day("2017-10-01"),
        &directory,
        &Sittings::default(),
    );
    assert_eq!(treated.withheld_from(&late), EVERYTHING, "the body is no more");
}

#[test]
fn a_restriction_holds_to_the_end_of_its_last_day() {
    let mut told = restricted(json!({"everything": {}}));
    told["restricted"]["until"] = json!("2017-10-01");
    let case = case_access(&[told]);
    assert_eq!(case.withheld_from(&Viewer::public(day("2017-10-01"))), EVERYTHING);
    assert_eq!(case.withheld_from(&Viewer::public(day("2017-10-02"))), NOTHING);
    let lifted = json!({"restriction-lifted": {"reason": "Over."}});
    let case = case_access(&[restricted(json!({"everything": {}})), lifted]);
    assert_eq!(case.withheld_from(&public()), NOTHING);
}

fn item(id: &str, more: Value) -> Value {
    let mut item = json!({
        "item": id, "kind": "PS", "title": "Tittel", "subject": {"plain-text": {}},
    });
    item.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    json!({"item-put": {"item": item}})
}

fn notice() -> Value {
    let in_force = json!({
        "body": SG, "names": {"nb": "Styringsgruppen"}, "kind": "steering-group",
        "on": "2017-10-01", "rules_version": 1, "seats": [],
        "rules": {
            "seat_rights": ["vote"], "notice_days": 7, "quorum": {"half-of-members": {}},
            "majority": "simple", "casting_vote": true, "authority": "decides",
        },
    });
    json!({"notice-issued": {
        "on": "2017-09-20", "days_before": 11, "body": in_force, "agenda": [],
    }})
}

fn concluded(item: &str) -> Value {
    json!({"item-concluded": {
        "item": item, "outcome": "decided", "text": "Vedtak.", "quorum": {"unknown": {}},
        "public": true, "day": "2017-10-01",
    }})
}

fn taken_up(item: &str) -> Value {
    json!({"item-taken-up": {"item": item, "quorum": {"unknown": {}}, "at": "2017-10-01T09:30"}})
}

fn seen(events: &[Value], item: &str, viewer: &Viewer) -> ItemAccess {
    meeting_access(events).item_for(&item.parse().unwrap(), viewer, &NOTHING)
}

const NONE: ItemAccess = ItemAccess { listed: false, title: false, texts: false, treatment: false };
const PUBLIC_TITLE: ItemAccess = ItemAccess { listed: true, ..NONE };
const AGENDA: ItemAccess = ItemAccess { title: true, ..PUBLIC_TITLE };
const ALL: ItemAccess = ItemAccess { texts: true, treatment: true, ..AGENDA };

#[test]
fn an_agenda_is_public_from_the_notice_on_and_what_was_decided_when_the_item_is_concluded() {
    let mut events = vec![planned(), item("en", json!({}))];
    assert_eq!(seen(&events, "en", &public()), NONE);
    assert_eq!(seen(&events, "en", &machine(ASKER)), NONE);
    assert_eq!(seen(&events, "en", &delegate(ASKER)), ALL, "a body sees its drafts");
    events.push(notice());
    assert_eq!(seen(&events, "en", &public()), AGENDA);
    events.extend([taken_up("en"), concluded("en")]);
    assert_eq!(seen(&events, "en", &public()), ALL);
}

#[test]
fn a_late_item_is_public_when_the_body_has_accepted_it() {
    let mut late = item("sen", json!({}));
    late["item-put"]["late"] = json!(true);
    let mut events = vec![planned(), notice(), late];
    assert_eq!(seen(&events, "sen", &public()), NONE);
    events.push(json!({"late-item-accepted": {"item": "sen"}}));
    assert_eq!(seen(&events, "sen", &public()), AGENDA);
}

#[test]
fn what_is_restricted_or_behind_closed_doors_shows_its_public_title_to_those_without_a_seat() {
    let basis = json!({"act": "kommuneloven (2018)", "provision": "§ 11-5"});
    let restriction = json!({"restriction": {"legal_basis": basis, "until": "2017-10-01"}});
    let doors = json!({"doors-closed": {"legal_basis": basis, "at": "2017-10-01T09:40"}});
    let opened = json!({"doors-opened": {"at": "2017-10-01T10:00"}});
    let events = [
        planned(),
        item("skjermet", restriction),
        item("lukket", json!({})),
        notice(),
        taken_up("lukket"),
        doors,
        concluded("lukket"),
        opened,
        taken_up("skjermet"),
        concluded("skjermet"),
    ];
    for viewer in [public(), machine(ASKER), delegate(BAERUM)] {
        assert_eq!(seen(&events, "skjermet", &viewer), PUBLIC_TITLE, "{viewer:?}");
        assert_eq!(seen(&events, "lukket", &viewer), PUBLIC_TITLE, "{viewer:?}");
    }
    assert_eq!(seen(&events, "lukket", &person(HOLDER)), ALL);
    let later = Viewer::public(day("2017-10-02"));
    assert_eq!(seen(&events, "skjermet", &later), ALL, "the restriction has ended");
    assert_eq!(seen(&events, "lukket", &later), PUBLIC_TITLE, "the doors were closed for good");
    let published = json!({"minutes-published": {
        "draft": 1, "public": [], "withheld": [{"item": "skjermet", "because": "restricted"}],
        "on": "2017-10-01",
    }});
    let events = [&events[..], &[published]].concat();
    assert_eq!(seen(&events, "skjermet", &later), PUBLIC_TITLE, "the minutes leave it out");
}

#[test]
fn an_item_shows_no_more_of_a_case_than_the_case_itself() {
    let access = meeting_access(&[planned(), item("en", json!({})), notice(), concluded("en")]);
    let see = |viewer: &Viewer, case: WithheldFromCase| {
        access.item_for(&"en".parse().unwrap(), viewer, &case)
    };
    for viewer in [public(), delegate(ASKER)] {
        assert_eq!(see(&viewer, EVERYTHING), PUBLIC_TITLE, "{viewer:?}");
        let titled = ItemAccess { title: false, ..ALL };
        assert_eq!(see(&viewer, WithheldFromCase::Title), titled, "{viewer:?}");
        assert_eq!(see(&viewer, NOTHING), ALL, "{viewer:?}");
    }
}

#[test]
fn minutes_are_public_when_they_are_approved() {
    let approved = json!({"minutes-approved": {
        "draft": 1, "approval": {"at-the-end": {}}, "on": "2017-10-01",
    }});
    let access = meeting_access(&[planned(), notice()]);
    assert!(!access.minutes_for(&public()) && !access.attendance_for(&public()));
    assert!(access.minutes_for(&delegate(ASKER)), "a body sees its drafts");
    assert!(!access.minutes_for(&machine(ASKER)));
    let access = meeting_access(&[planned(), notice(), approved]);
    assert!(access.minutes_for(&public()) && access.attendance_for(&public()));
}

/// A meeting that was held, with a word in everything that somebody may have said there.
fn held() -> Meeting {
    let vote = json!({
        "method": {"by-person": {"votes": [{"seat": "asker", "choice": "no"}]}},
        "counts": {"yes": 0, "no": 1}, "entitled": 1, "majority": "simple", "result": "lost",
        "by_casting_vote": false, "unanimous": false,
    });
    let treated = |id: &str, state: &str, conclusion: Value| {
        json!({
            "item": id, "kind": "PS", "title": format!("Tittel {id}"), "public_title": null,
            "subject": {"plain-text": {}}, "restriction": null, "state": state,
            "behind_doors": false, "quorum": {"met": {"present": 1, "needed": 1}},
            "conflicts": [{"seat": "asker", "stand_in": null, "legal_basis": null}],
            "proposals": [{
                "proposal": "forslag", "by": {"proposer": {"by": {"seat": {"seat": "asker"}}}},
                "text": format!("Forslag {id}."), "vote": vote,
                "annulled": [{"vote": vote, "reason": format!("Feil {id}.")}],
            }],
            "conclusion": conclusion,
        })
    };
    let concluded = json!({
        "outcome": "decided", "text": "Vedtak lukket.", "to": null, "unanimous": false,
        "day": "2017-10-01",
    });
    event(json!({
        "id": MEETING, "version": 9, "body": SG, "title": null, "state": "closed",
        "days": [{"day": "2017-10-01", "start": null, "end": null}], "venue": null, "moves": [],
        "cancelled": null, "notice": null, "chair": null, "opened_at": null, "closed_at": null,
        "agenda": [treated("apen", "taken-up", json!(null)), treated("lukket", "concluded", concluded)],
        "attendance": {
            "unknown": false,
            "seats": [{"seat": "hurum", "absent": true, "stays": []}],
            "others": [{
                "attendee": "gjest", "office": "municipal-director", "member": ASKER,
                "rights": ["speak"], "from": "2017-10-01T09:00", "to": null,
            }],
        },
        "closed_doors": [], "conflicting_dates": [],
        "minutes": {
            "draft": 2, "document": format!("sha256:{}", "0".repeat(64)), "approved_on": null, "approval": null,
            "published_on": null, "left_out": [{"item": "apen", "because": "closed-doors"}],
            "addenda": [{
                "number": 1, "text": "Tillegg.", "item": null, "public": true, "on": "2017-10-02",
            }],
        },
    }))
}

#[test]
fn of_a_meeting_without_approved_minutes_the_public_is_answered_neither_who_was_there_nor_drafts() {
    let told = [
        planned(),
        item("apen", json!({})),
        item("lukket", json!({})),
        notice(),
        taken_up("lukket"),
        concluded("lukket"),
        taken_up("apen"),
    ];
    let meeting = held();
    let answered = |told: &[Value], viewer: &Viewer| {
        let access = meeting_access(told);
        meeting_for(&meeting, &access, viewer, |_| panic!("no item is about a case"))
    };
    for viewer in [public(), machine(ASKER), delegate(BAERUM), person(DEPUTY)] {
        let shown = answered(&told, &viewer);
        assert!(shown.withheld, "{viewer:?}");
        assert_eq!(shown.attendance, Attendance::default(), "{viewer:?}");
        assert_eq!(shown.minutes, Minutes::default(), "{viewer:?}");
        let open = &shown.agenda[0];
        assert_eq!(open.title.as_ref().unwrap().as_str(), "Tittel apen");
        assert!(open.withheld, "{viewer:?}");
        assert_eq!((&open.quorum, open.conclusion.is_none()), (&None, true), "{viewer:?}");
        assert!(open.proposals.is_empty() && open.conflicts.is_empty(), "{viewer:?}");
        assert_eq!(shown.agenda[1].proposals, meeting.agenda[1].proposals, "it is concluded");
        let text = serde_json::to_string(&shown).unwrap();
        for word in ["gjest", "hurum", "Forslag apen", "Feil apen", "Tillegg", "000000"] {
            assert!(!text.contains(word), "{word} in {text} for {viewer:?}");
        }
    }
    let taking_part = answered(&told, &delegate(ASKER));
    assert_eq!(taking_part, meeting, "a body sees its drafts");

    let approved = json!({"minutes-approved": {
        "draft": 2, "approval": {"at-the-end": {}}, "on": "2017-10-01",
    }});
    let shown = answered(&[&told[..], &[approved]].concat(), &public());
    assert_eq!(
        (shown.attendance, shown.minutes),
        (meeting.attendance.clone(), meeting.minutes.clone())
    );
    assert!(shown.agenda[0].proposals.is_empty(), "nobody has concluded it");
}
