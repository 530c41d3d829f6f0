//! Each check must be able to fail.

use std::sync::Arc;

use serde_json::json;

use super::*;
use crate::feed::{
    shelf::Shelf,
    wants::{Owner, Wants},
};

const ASKER: &str = "920125298";
const BAERUM: &str = "935478715";

fn said(position: u64, subject: &str, restated: Option<&str>, title: &str) -> Said {
    let event = json!({"id": format!("id-{position}"), "position": format!("FEED:{position}"),
        "subject": "cases/prove:1", "data": {"concerns": {"members": [BAERUM]}, "title": title}});
    Said::read(position, subject, restated, event.to_string().as_bytes()).unwrap()
}

/// A case is told to one member with more in it than to everyone, and something to another member.
fn all() -> Vec<Said> {
    vec![
        said(1, "feed.prove.public.case.opened", None, "En sak"),
        said(2, "feed.prove.member.920125298.case.amended", None, "Bare for 920125298"),
        said(3, "feed.prove.public.case.amended", Some(ASKER), "En sak"),
        said(4, "feed.prove.member.935478715.case.decided", None, "Skjermet"),
    ]
}

fn got(position: u64) -> Got {
    let said = &all()[usize::try_from(position).unwrap() - 1];
    let (id, event) = (said.id.clone(), said.event.clone());
    Got { position, id, event, kept: true, again: false }
}

fn asker(manner: Manner, got: impl IntoIterator<Item = Got>) -> anyhow::Result<usize> {
    let shelf = Arc::<Shelf>::default();
    got.into_iter().for_each(|got| shelf.put(got));
    let wants = Wants::all(Owner::Member(ASKER));
    receiver(&Receiver { name: "asker".into(), wants, manner, shelf }, &all())
}

#[test]
fn whoever_has_what_it_should_in_order_is_content() {
    for manner in [Manner::Once, Manner::InTurn, Manner::Batched] {
        assert_eq!(asker(manner, [got(1), got(2)]).unwrap(), 0);
    }
    for manner in [Manner::InTurn, Manner::Batched] {
        assert_eq!(asker(manner, [got(1), got(1), got(2), got(1)]).unwrap(), 2);
    }
}

#[test]
fn an_event_that_was_lost_is_noticed() {
    assert!(asker(Manner::InTurn, [got(1)]).is_err());
    let lost = Got { kept: false, ..got(2) };
    assert!(asker(Manner::InTurn, [got(1), lost.clone()]).is_err());
    assert_eq!(asker(Manner::InTurn, [got(1), lost, got(2)]).unwrap(), 1);
}

#[test]
fn an_event_that_is_not_for_it_is_noticed() {
    for other in [3, 4] {
        assert!(asker(Manner::InTurn, [got(1), got(2), got(other)]).is_err());
    }
}

#[test]
fn events_out_of_order_are_noticed() {
    for manner in [Manner::Once, Manner::InTurn, Manner::Batched] {
        assert!(asker(manner, [got(2), got(1)]).is_err());
    }
    // What a program was killed with comes again when its time is up.
    let late = Got { again: true, ..got(1) };
    assert_eq!(asker(Manner::Batched, [got(2), late]).unwrap(), 0);
    assert!(asker(Manner::Once, [got(1), got(1), got(2)]).is_err());
}

#[test]
fn a_repetition_with_another_id_or_other_words_is_noticed() {
    let renamed = Got { id: "id-9".into(), ..got(1) };
    assert!(asker(Manner::InTurn, [got(1), renamed, got(2)]).is_err());
    let reworded = Got { event: b"{}".to_vec(), ..got(1) };
    assert!(asker(Manner::InTurn, [got(1), reworded, got(2)]).is_err());
}

#[test]
fn what_is_wanted_follows_from_who_wants_it() {
    let positions = |wants: Wants| {
        let taken = all().into_iter().filter(|said| wants.take(said));
        taken.map(|said| said.position).collect::<Vec<_>>()
    };
    let asker = Wants::all(Owner::Member(ASKER));
    assert_eq!(positions(Wants::all(Owner::Public)), [1, 3]);
    assert_eq!(positions(Wants::all(Owner::Secretariat)), [1, 2, 3, 4]);
    assert_eq!(positions(Wants { both: true, ..asker }), [1, 2, 3]);
    assert_eq!(positions(Wants { own: true, ..asker }), [2]);
    assert_eq!(positions(Wants { types: &["case.opened"], ..asker }), [1]);
}

#[test]
fn a_feed_that_says_something_twice_or_to_the_wrong_one_is_noticed() {
    each_is_said_once(&all()).unwrap();
    let again = Said { id: "id-1".into(), ..all()[3].clone() };
    assert!(each_is_said_once(&[all(), vec![again]].concat()).is_err());
    nobody_is_told_too_much(&all()).unwrap();
    let public = Said { to: None, ..all()[3].clone() };
    assert!(nobody_is_told_too_much(&[all(), vec![public]].concat()).is_err());
    let to_another = Said { to: Some(BAERUM.into()), ..all()[1].clone() };
    assert!(nobody_is_told_too_much(&[all(), vec![to_another]].concat()).is_err());
}
