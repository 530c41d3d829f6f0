//! One event of every type as it is written on the stream, told as meetings.
//!
//! The files are the memory of what was ever written: one that exists is never edited.

use std::{collections::BTreeMap, fs, path::PathBuf};

use samvirke_kernel::Decider as _;
use samvirke_schemas::{
    Tagged as _,
    legal_basis::LegalBasis,
    meetings::{
        agenda::{AgendaItem, Conclusion, ItemRestriction, Subject},
        meeting::{Event, Request},
        minutes::Approval,
        schedule::{ConflictingDate, HeldDay},
        vote::{Method, Recommender},
    },
    networks::rules::Office,
};

use super::world::*;
use crate::meeting::Meeting;

/// A request, and when it was given.
type Step = (&'static str, Request);

fn late(item: &str) -> AgendaItem {
    AgendaItem { item: id(item), subject: Subject::PlainText {}, ..briefing() }
}

fn consent(item: &str, objecting: &[&str]) -> Request {
    let objecting = objecting.iter().map(|seat| id(seat)).collect();
    Request::AskConsent { item: id(item), objecting }
}

/// From the plan to the notice and a change of it.
fn before() -> Vec<Step> {
    let early = "2017-05-20T12:00";
    vec![
        (early, plan()),
        (early, put(future())),
        (early, put(approval_of_agenda())),
        (early, put(briefing())),
        (early, put(late("gone"))),
        (early, Request::RemoveItem { item: id("gone") }),
        (early, Request::ReorderItems { order: vec![id("1"), id("6-2017"), id("briefing")] }),
        ("2017-06-08T15:00", notice()),
        (
            "2017-06-09T09:00",
            Request::Move {
                sittings: vec![sitting("2017-06-15", "10:00", "14:00")],
                venue: venue(),
                reason: prose("Ny tid."),
                urgent: None,
            },
        ),
        ("2017-06-09T10:00", put(late("late"))),
        ("2017-06-09T10:00", put(late("later"))),
        ("2017-06-09T10:00", put(late("withdrawn"))),
        (
            "2017-06-10T10:00",
            Request::WithdrawItem { item: id("withdrawn"), reason: prose("Trukket.") },
        ),
        ("2017-06-12T10:00", Request::ReportAbsence { seat: id("drammen-mayor") }),
        (
            "2017-06-12T11:00",
            Request::NoteConflictingDate {
                date: ConflictingDate {
                    paper: "Innkallingen, tidslinjen".parse().unwrap(),
                    says: day("2016-06-15"),
                },
            },
        ),
    ]
}

/// The meeting itself.
fn during() -> Vec<Step> {
    let at = "2017-06-15T10:00";
    let seats = ["baerum-mayor", "buskerud-mayor", "lier-mayor"].map(holder);
    vec![
        (at, arrive(seats.clone())),
        (at, arrive([deputy("asker-mayor", Some(2))])),
        (at, arrive_other("asker-director", Office::MunicipalDirector)),
        (at, open_by("baerum-mayor")),
        (at, consent("late", &[])),
        (at, consent("later", &["baerum-mayor"])),
        (at, take_up("6-2017")),
        (at, conflict("baerum-mayor")),
        (at, Request::ChangeChair { chair: id("lier-mayor") }),
        (
            at,
            Request::RecordRecommendation {
                item: id("6-2017"),
                proposal: id("rg"),
                from: Recommender::Body { body: "vestregionen:rg".parse().unwrap() },
                text: prose("Vestregionens framtid drøftes."),
            },
        ),
        (
            at,
            Request::Propose {
                item: id("6-2017"),
                proposal: id("p"),
                by: samvirke_schemas::meetings::vote::Proposer::Seat { seat: id("lier-mayor") },
                text: prose("Saken utsettes til høsten."),
            },
        ),
        (at, vote("p", Method::Unanimous {})),
        (
            at,
            Request::AnnulVote {
                item: id("6-2017"),
                proposal: id("p"),
                reason: prose("Feil forslag."),
            },
        ),
        (at, vote("rg", Method::Unanimous {})),
        (at, conclude("6-2017", Conclusion::Decided { text: None })),
        ("2017-06-15T12:00", take_up("briefing")),
        (
            "2017-06-15T12:00",
            Request::CloseDoors {
                legal_basis: LegalBasis {
                    act: "kommuneloven (2018)".parse().unwrap(),
                    provision: Some("§ 11-5".parse().unwrap()),
                },
            },
        ),
        ("2017-06-15T12:10", Request::OpenDoors {}),
        ("2017-06-15T12:20", leave("buskerud-mayor")),
        (
            "2017-06-15T12:20",
            Request::RegisterDepartures { seats: Vec::new(), others: vec![id("asker-director")] },
        ),
        ("2017-06-15T12:30", Request::Adjourn { until: sitting("2017-06-22", "09:00", "10:00") }),
        ("2017-06-22T08:55", arrive(seats)),
        ("2017-06-22T09:00", Request::Resume { chair: id("baerum-mayor") }),
        ("2017-06-22T09:10", conclude("briefing", took_note())),
        ("2017-06-22T09:10", conclude("1", postponed())),
        ("2017-06-22T09:10", conclude("late", postponed())),
        ("2017-06-22T09:30", Request::Close {}),
    ]
}

/// The minutes.
fn after() -> Vec<Step> {
    vec![
        ("2017-06-23T12:00", Request::DraftMinutes { document: None }),
        (
            "2017-11-23T10:05",
            Request::ApproveMinutes {
                draft: 1,
                approval: Approval::AtNextMeeting {
                    meeting: "vestregionen:sg-2017-11-23".parse().unwrap(),
                    item: id("2"),
                },
            },
        ),
        (
            "2017-11-24T12:00",
            Request::AddAddendum { text: prose("Møtet varte til klokken 9.35."), item: None },
        ),
        ("2017-11-24T12:10", Request::PublishMinutes {}),
    ]
}

/// Every event of three meetings: one kept here, one cancelled, one reported from a source.
fn history() -> Vec<Event> {
    let mut events = Vec::new();
    let mut scenario = unplanned();
    for (at, request) in [before(), during(), after()].concat() {
        let decided = scenario.at(at).when(request).events();
        scenario = unplanned().given(events.clone()).given(decided.clone());
        events.extend(decided);
    }
    for request in [
        Request::Cancel { reason: prose("Ingen saker.") },
        Request::ReportHeld {
            body: "vestregionen:sg".parse().unwrap(),
            title: None,
            days: vec![HeldDay { day: day("2014-11-27"), start: None, end: None }],
            venue: None,
            attendance: None,
        },
    ] {
        let start = if matches!(request, Request::Cancel { .. }) { planned() } else { unplanned() };
        events.extend(start.when(request).events());
    }
    for request in [
        Request::CorrectItem {
            item: id("later"),
            title: "Orientering".parse().unwrap(),
            public_title: None,
            reason: prose("Skrivefeil."),
        },
        Request::RestrictItem {
            item: id("later"),
            public_title: "Orientering".parse().unwrap(),
            restriction: ItemRestriction {
                legal_basis: LegalBasis { act: "offentleglova".parse().unwrap(), provision: None },
                until: None,
            },
            reason: prose("Personlige forhold."),
        },
    ] {
        events.extend(planned().after(put(late("later"))).when(request).events());
    }
    events
}

/// The first event of each type.
fn samples() -> BTreeMap<&'static str, Event> {
    let mut samples = BTreeMap::new();
    for event in history() {
        samples.entry(event.tag()).or_insert(event);
    }
    samples
}

#[test]
fn every_event_is_written_as_its_golden_file_has_it() {
    let folder =
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../schemas/golden/meetings/meeting");
    let samples = samples();
    for tag in Event::TAGS {
        let sample = samples.get(tag).unwrap_or_else(|| panic!("no sample of {tag}"));
        let file = folder.join(format!("{tag}.v1.json"));
        if !file.exists() && std::env::var_os("GOLDEN_NEW").is_some() {
            fs::create_dir_all(&folder).unwrap();
            fs::write(&file, serde_json::to_string_pretty(sample).unwrap() + "\n").unwrap();
        }
        let text = fs::read_to_string(&file)
            .unwrap_or_else(|err| panic!("{}: {err}; GOLDEN_NEW=1 writes it", file.display()));
        assert_eq!(serde_json::from_str::<Event>(&text).unwrap(), *sample, "{tag}");
        assert_eq!(serde_json::to_string_pretty(sample).unwrap() + "\n", text, "{tag}");
    }
}

#[test]
fn an_event_alone_changes_nothing_and_breaks_nothing() {
    for (tag, event) in samples() {
        let mut meeting = Meeting::default();
        meeting.evolve(&event);
        let begins = matches!(event, Event::Planned { .. } | Event::HeldReported { .. });
        assert_eq!(meeting.record().is_some(), begins, "{tag}");
    }
}

#[test]
fn a_meeting_survives_the_snapshot_at_every_step_of_its_history() {
    let mut meeting = Meeting::default();
    for event in history() {
        meeting.evolve(&event);
        let json = serde_json::to_string(&meeting).unwrap();
        assert_eq!(serde_json::from_str::<Meeting>(&json).unwrap(), meeting);
    }
}
