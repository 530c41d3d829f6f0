//! How often somebody is told, and how they are told no more.

use samvirke_schemas::contacts::contact::{Frequency, Preferences, Topic};

use super::{
    facts::{hearing_opened, minutes, seat_filled, sent_to_members},
    rig::{BAERUM, Read, Rig, of_member, of_seat, receivers},
};
use crate::contact::Request;

fn preferring(topic: Topic, frequency: Frequency) -> Preferences {
    [(topic, frequency)].into()
}

async fn seat(rig: &Rig, name: &str, preferences: Preferences) {
    let filled = seat_filled(name, BAERUM);
    rig.say("body.seat-filled", filled, "2017-01-03T08:00:00Z").await;
    rig.contact_with(name, of_seat(name), "nb", preferences).await;
}

#[tokio::test]
async fn at_once_daily_and_never_are_what_they_say() {
    let rig = Rig::new().await;
    seat(&rig, "straks", preferring(Topic::Minutes, Frequency::AtOnce)).await;
    seat(&rig, "daglig", preferring(Topic::Minutes, Frequency::Daily)).await;
    seat(&rig, "aldri", preferring(Topic::Minutes, Frequency::Never)).await;
    rig.say("meeting.minutes-published", minutes(), "2017-09-20T08:00:00Z").await;
    let mails = rig.send("2017-09-20T08:00:01Z").await;
    assert_eq!(receivers(&mails), ["straks"]);
    assert!(rig.send("2017-09-21T04:59:59Z").await.is_empty());
    let mails = rig.send("2017-09-21T05:00:00Z").await;
    assert_eq!(receivers(&mails), ["daglig"]);
    assert!(rig.send("2017-09-22T05:00:00Z").await.is_empty());
}

#[tokio::test]
async fn a_digest_is_one_mail_with_all_of_that_day() {
    let rig = Rig::new().await;
    let daily = [Topic::JointCases, Topic::Hearings].map(|topic| (topic, Frequency::Daily)).into();
    rig.contact_with("baerum", of_member(BAERUM), "nb", daily).await;
    let sent = sent_to_members(&[BAERUM]);
    rig.say_member(BAERUM, "case.sent-to-members", sent, "2017-09-15T08:00:00Z").await;
    let opened = hearing_opened(BAERUM);
    rig.say_member(BAERUM, "hearing.opened", opened, "2017-09-15T09:00:00Z").await;
    let mails = rig.send("2017-09-16T05:00:00Z").await;
    let [digest] = &mails[..] else { panic!("{} mails", mails.len()) };
    assert_eq!(digest.subject, "2 meldinger fra Samvirke");
    assert!(digest.text.contains("## Sak til behandling i kommunestyret"), "{}", digest.text);
    assert!(digest.text.contains("## Høring: 24/2017"), "{}", digest.text);
    assert_eq!((rig.count("gathered").await, rig.count("sent").await), (2, 1));
}

#[tokio::test]
async fn one_click_without_a_login_declines_the_topic() {
    let rig = Rig::new().await;
    seat(&rig, "baerum", Preferences::new()).await;
    rig.say("meeting.minutes-published", minutes(), "2017-09-20T08:00:00Z").await;
    let mails = rig.send("2017-09-20T08:00:01Z").await;
    let token = token(&mails[0]);
    assert_eq!(mails[0].header("List-Unsubscribe-Post").unwrap(), "List-Unsubscribe=One-Click");
    assert!(mails[0].text.contains(&token), "people can follow it too");
    assert_eq!(rig.inbox.unsubscribe(&token).await.unwrap(), [Topic::Minutes]);
    // A second click changes nothing and is no fault.
    rig.inbox.unsubscribe(&token).await.unwrap();
    rig.say("meeting.minutes-published", minutes(), "2017-09-21T08:00:00Z").await;
    assert!(rig.send("2017-09-21T08:00:01Z").await.is_empty());
    assert!(rig.inbox.unsubscribe(&token[1..]).await.is_err());
}

#[tokio::test]
async fn what_is_declined_before_it_is_sent_is_dropped() {
    let rig = Rig::new().await;
    seat(&rig, "baerum", Preferences::new()).await;
    rig.say("meeting.minutes-published", minutes(), "2017-09-20T08:00:00Z").await;
    let id = super::rig::contact_id("baerum");
    let never = Request::Prefer { preferences: preferring(Topic::Minutes, Frequency::Never) };
    rig.give(&id, never, super::rig::at("2017-09-20T08:00:00Z")).await;
    // The contacts are taken as far as their stream.
    rig.intake.catch_up(super::rig::at("2017-09-20T08:00:01Z")).await.unwrap();
    rig.say("meeting.minutes-published", minutes(), "2017-09-20T08:00:01Z").await;
    assert!(rig.send("2017-09-20T08:00:02Z").await.is_empty());
    assert_eq!(rig.count("dropped").await, 1);
}

/// The token in the link that mail programs use.
fn token(mail: &Read) -> String {
    let link = mail.header("List-Unsubscribe").unwrap();
    let link = link.trim_matches(['<', '>']);
    link.strip_prefix("https://samvirke.example/v1/unsubscribe/").unwrap().to_owned()
}
