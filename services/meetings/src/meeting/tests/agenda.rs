//! The agenda before and after notice.

use samvirke_kernel::{rejection::Rejection as _, scenario::Scenario};
use samvirke_schemas::{
    id::AggregateId,
    legal_basis::LegalBasis,
    meetings::{
        agenda::{AgendaItem, ItemRestriction, Subject},
        meeting::{Event, Request},
    },
};

use super::world::*;
use crate::meeting::{Meeting, Rejection, agenda::AGENDA_BYTES_MAX, notice::NOTICE_BYTES_MAX};

fn remove(item: &str) -> Request {
    Request::RemoveItem { item: id(item) }
}

fn withdraw(item: &str) -> Request {
    Request::WithdrawItem { item: id(item), reason: prose("Trukket av sekretariatet.") }
}

fn order(items: &[&str]) -> Request {
    Request::ReorderItems { order: items.iter().map(|item| id(item)).collect() }
}

fn consent(objecting: &[&str]) -> Request {
    Request::AskConsent {
        item: id("late"),
        objecting: objecting.iter().map(|seat| id(seat)).collect(),
    }
}

fn late() -> AgendaItem {
    AgendaItem { item: id("late"), ..briefing() }
}

#[test]
fn an_item_is_put_on_the_agenda_once() {
    planned()
        .after(put(future()))
        .when(put(future()))
        .then_nothing()
        .when(put(AgendaItem { title: "Noe annet".parse().unwrap(), ..future() }))
        .then_refused(Rejection::ItemExists { item: id("6-2017") });
}

#[test]
fn r1_a_case_of_another_cooperation_is_not_treated() {
    let case: AggregateId = "annet:6-2017".parse().unwrap();
    let subject = Subject::Case { case: case.clone(), treatment: Some(id("sg")) };
    planned()
        .when(put(AgendaItem { subject, ..future() }))
        .then_refused(Rejection::CaseOfAnotherCooperation { case });
}

#[test]
fn an_agenda_has_a_limit() {
    let full = (0..200).fold(planned(), |scenario, at| {
        scenario.after(put(AgendaItem { item: id(&format!("i-{at}")), ..briefing() }))
    });
    full.when(put(future())).then_refused(Rejection::TooManyItems);
}

/// An item that has more than 4,000 bytes as JSON, in titles of 500 characters.
fn long(at: usize) -> AgendaItem {
    let title = "🏔".repeat(500);
    AgendaItem {
        item: id(&format!("i-{at:03}")),
        title: title.parse().unwrap(),
        public_title: Some(title.parse().unwrap()),
        ..briefing()
    }
}

fn short(at: usize) -> AgendaItem {
    AgendaItem { item: id(&format!("i-{at:03}")), ..briefing() }
}

fn correct_to(item: AgendaItem) -> Request {
    let AgendaItem { item, title, public_title, .. } = item;
    Request::CorrectItem { item, title, public_title, reason: prose("Skrivefeil.") }
}

fn bytes_of(item: &AgendaItem) -> usize {
    serde_json::to_vec(item).unwrap().len() + 1
}

/// How many bytes the agenda has.
fn bytes(meeting: &Scenario<Meeting>) -> usize {
    meeting.state().record().unwrap().agenda.items.iter().map(|item| bytes_of(&item.entry)).sum()
}

/// Puts items for as long as a notice carries them.
fn filled(
    mut meeting: Scenario<Meeting>,
    from: usize,
    item: fn(usize) -> AgendaItem,
) -> Scenario<Meeting> {
    for at in from.. {
        if bytes(&meeting) + bytes_of(&item(at)) > AGENDA_BYTES_MAX {
            break;
        }
        meeting = meeting.after(put(item(at)));
    }
    meeting
}

#[test]
fn an_item_is_refused_with_which_the_agenda_would_not_fit_in_a_notice() {
    let full = filled(planned(), 0, long);
    let bytes = bytes(&full) + bytes_of(&long(999));
    let refused = Rejection::AgendaTooLarge { bytes, bytes_max: AGENDA_BYTES_MAX };
    let said = (refused.code(), refused.rule(), refused.field());
    assert_eq!(said, ("agenda-too-large", "limit", Some("item")));
    // What is removed makes room, and what was taken can be called, however urgent it is.
    full.when(put(long(999)))
        .then_refused(refused)
        .after(remove("i-000"))
        .after(put(long(999)))
        .when(Request::IssueNotice { urgent: Some(prose(&"🏔".repeat(20_000))) })
        .then_accepted()
        // What comes after notice is in none.
        .when(put(long(0)))
        .then_accepted();
}

#[test]
fn titles_are_not_corrected_to_more_than_a_notice_carries() {
    let full = filled(filled(planned(), 0, long), 100, short);
    let same_size = AgendaItem { title: "🌲".repeat(500).parse().unwrap(), ..long(0) };
    let full = full.when(correct_to(same_size)).then_accepted().after(correct_to(short(0)));
    let full = filled(full, 500, short);
    let bytes = bytes(&full) - bytes_of(&short(0)) + bytes_of(&long(0));
    let refused = Rejection::TitlesTooLong { bytes, bytes_max: AGENDA_BYTES_MAX };
    assert_eq!((refused.code(), refused.field()), ("titles-too-long", Some("title")));
    full.when(correct_to(long(0))).then_refused(refused);
}

#[test]
fn an_agenda_that_is_too_large_for_a_notice_is_shortened_until_it_is_not() {
    // As an older samvirke took it.
    let items: Vec<_> = (0..199).map(long).collect();
    let put_before = items.iter().map(|item| Event::ItemPut { item: item.clone(), late: false });
    let larger = planned().given(put_before);
    let too_large = Event::NoticeIssued {
        on: day("2017-05-20"),
        days_before: 26,
        urgent: None,
        body: Box::new(steering_group()),
        agenda: items.clone(),
    };
    let notice_bytes = serde_json::to_vec(&too_large).unwrap().len();
    let put_bytes = bytes(&larger) - bytes_of(&long(0)) + bytes_of(&short(500));
    let larger = larger
        .when(notice())
        .then_refused(Rejection::NoticeTooLarge {
            bytes: notice_bytes,
            bytes_max: NOTICE_BYTES_MAX,
        })
        .when(remove("i-000"))
        .then(vec![Event::ItemRemoved { item: id("i-000") }])
        .when(put(short(500)))
        .then_refused(Rejection::AgendaTooLarge { bytes: put_bytes, bytes_max: AGENDA_BYTES_MAX })
        .when(correct_to(short(1)))
        .then_accepted();
    let shortened =
        (2..150).fold(larger, |meeting, at| meeting.after(remove(&format!("i-{at:03}"))));
    shortened.when(notice()).then_accepted();
}

#[test]
fn an_item_is_restricted_however_long_the_agenda_is() {
    let restriction = ItemRestriction {
        legal_basis: LegalBasis { act: "offentleglova".parse().unwrap(), provision: None },
        until: None,
    };
    let full = filled(filled(planned(), 0, long), 100, short);
    full.when(Request::RestrictItem {
        item: id("i-100"),
        public_title: "Personalsak".parse().unwrap(),
        restriction,
        reason: prose("Personopplysninger."),
    })
    .then_accepted();
}

#[test]
fn a_restricted_item_has_a_title_for_the_public() {
    let restricted = |public: Option<&str>| AgendaItem {
        public_title: public.map(|title| title.parse().unwrap()),
        restriction: Some(ItemRestriction {
            legal_basis: LegalBasis {
                act: "offentleglova".parse().unwrap(),
                provision: Some("§ 23".parse().unwrap()),
            },
            until: None,
        }),
        ..future()
    };
    planned()
        .when(put(restricted(None)))
        .then_refused(Rejection::PublicTitleNeeded { item: id("6-2017") })
        .when(put(restricted(Some("Avtale"))))
        .then_accepted();
}

#[test]
fn r29_earlier_minutes_are_an_item_but_never_a_meetings_own() {
    let minutes_of = |meeting: &str| AgendaItem {
        subject: Subject::EarlierMinutes { meeting: meeting.parse().unwrap() },
        ..future()
    };
    planned()
        .when(put(minutes_of("vestregionen:sg-2017-06-15")))
        .then_refused(Rejection::OwnMinutes { item: id("6-2017") })
        .when(put(minutes_of("vestregionen:sg-2017-03-16")))
        .then_accepted();
}

#[test]
fn before_notice_items_come_and_go_and_change_places() {
    planned()
        .after(put(future()))
        .after(put(briefing()))
        .when(order(&["6-2017", "briefing"]))
        .then_nothing()
        .when(order(&["briefing"]))
        .then_refused(Rejection::NotTheSameItems)
        .when(order(&["briefing", "briefing"]))
        .then_refused(Rejection::NotTheSameItems)
        .when(order(&["briefing", "6-2017"]))
        .then(vec![Event::ItemsReordered { order: vec![id("briefing"), id("6-2017")] }])
        .when(order(&["briefing", "6-2017"]))
        .then_nothing()
        .when(remove("nothing"))
        .then_refused(Rejection::NoSuchItem { item: id("nothing") })
        .when(remove("briefing"))
        .then(vec![Event::ItemRemoved { item: id("briefing") }])
        .when(remove("briefing"))
        .then_nothing()
        .when(order(&["6-2017"]))
        .then_nothing();
}

#[test]
fn after_notice_the_agenda_stands_and_an_item_is_withdrawn() {
    called()
        .when(remove("1"))
        .then_refused(Rejection::AlreadyCalled)
        .when(order(&["6-2017", "1", "briefing"]))
        .then_refused(Rejection::AlreadyCalled)
        .when(withdraw("nothing"))
        .then_refused(Rejection::NoSuchItem { item: id("nothing") })
        .when(withdraw("briefing"))
        .then_accepted()
        .when(withdraw("briefing"))
        .then_nothing();
    planned().after(put(future())).when(withdraw("6-2017")).then_refused(Rejection::NotCalled);
    opened(3)
        .after(withdraw("briefing"))
        .when(take_up("briefing"))
        .then_refused(Rejection::AlreadyConcluded { item: id("briefing") });
    treated()
        .when(withdraw("6-2017"))
        .then_refused(Rejection::AlreadyConcluded { item: id("6-2017") });
}

#[test]
fn kommuneloven_11_3_a_late_item_is_marked_and_needs_consent() {
    called().when(put(late())).then(vec![Event::ItemPut { item: late(), late: true }]);
    opened(4)
        .after(put(late()))
        .when(take_up("late"))
        .then_refused(Rejection::NeedsConsent { item: id("late") })
        .when(consent(&[]))
        .then(vec![Event::LateItemAccepted { item: id("late"), objecting: Vec::new() }])
        .when(consent(&[]))
        .then_nothing()
        .when(take_up("late"))
        .then_accepted();
}

#[test]
fn kommuneloven_11_3_the_chair_alone_or_a_third_of_those_present_can_object() {
    // Who objects among how many, and whether the item is let in.
    for (present, objecting, let_in) in [
        (5, vec!["asker-mayor"], true),
        (5, vec!["asker-mayor", "lier-mayor"], false),
        (5, vec!["asker-mayor", "asker-mayor"], true),
        (4, vec!["asker-mayor"], true),
        (3, vec!["asker-mayor"], false),
        (5, vec!["baerum-mayor"], false),
        (5, vec![], true),
    ] {
        let event = only(opened(present).after(put(late())).when(consent(&objecting)).events());
        assert_eq!(
            matches!(event, Event::LateItemAccepted { .. }),
            let_in,
            "{objecting:?} of {present}"
        );
    }
}

#[test]
fn kommuneloven_11_3_an_item_that_was_objected_to_is_not_treated() {
    opened(4)
        .after(put(late()))
        .when(consent(&["drammen-mayor"]))
        .then_refused(Rejection::NotPresent { seat: id("drammen-mayor") })
        .after(consent(&["baerum-mayor"]))
        .when(consent(&["baerum-mayor"]))
        .then_nothing()
        .when(take_up("late"))
        .then_refused(Rejection::ConsentRefused { item: id("late") });
    opened(4)
        .when(Request::AskConsent { item: id("6-2017"), objecting: Vec::new() })
        .then_refused(Rejection::NotLate { item: id("6-2017") });
}

fn correct(title: &str) -> Request {
    Request::CorrectItem {
        item: id("briefing"),
        title: title.parse().unwrap(),
        public_title: None,
        reason: prose("Pekte på en person."),
    }
}

fn restrict(public_title: &str) -> Request {
    Request::RestrictItem {
        item: id("briefing"),
        public_title: public_title.parse().unwrap(),
        restriction: ItemRestriction {
            legal_basis: LegalBasis { act: "offentleglova".parse().unwrap(), provision: None },
            until: None,
        },
        reason: prose("Personlige forhold."),
    }
}

#[test]
fn an_item_without_a_case_can_be_corrected_and_restricted_before_and_after_notice() {
    planned().after(put(briefing())).when(correct("Orientering")).then_accepted();
    let called = || planned().after(put(briefing())).after(notice());
    called()
        .when(correct("Orientering"))
        .then(vec![Event::ItemCorrected {
            item: id("briefing"),
            title: "Orientering".parse().unwrap(),
            public_title: None,
            reason: prose("Pekte på en person."),
        }])
        .after(correct("Orientering"))
        .when(correct("Orientering"))
        .then_nothing();
    called()
        .when(restrict("Orientering"))
        .then_accepted()
        .after(restrict("Orientering"))
        .when(restrict("Orientering"))
        .then_nothing()
        .when(restrict("Personalsak"))
        .then_accepted()
        .when(correct("Uten offentlig tittel"))
        .then_refused(Rejection::PublicTitleNeeded { item: id("briefing") });
}

#[test]
fn only_an_item_that_is_there_can_be_corrected_or_restricted() {
    let refused = Rejection::NoSuchItem { item: id("briefing") };
    planned().when(correct("X")).then_refused(refused.clone());
    planned().when(restrict("X")).then_refused(refused);
}
