//! The way to the mail server: what is refused is kept, what is interrupted is sent again, nothing
//! is lost and nothing is sent twice beyond what SMTP leaves open.

use std::{collections::HashSet, sync::Arc, time::Duration};

use samvirke_kernel::publication::Publication;
use samvirke_schemas::feed;
use samvirke_tests::Does;

use super::{
    facts::{hearing_opened, sent_to_members},
    rig::{BAERUM, Read, Rig, at, of_member, receivers},
};
use crate::{
    bounce::{self, Bounce},
    intake::Intake,
    sender::{self, ATTEMPTS_MAX},
};

const SAID: &str = "2017-09-15T08:00:00Z";

/// Members' contacts, each of which has a mail waiting.
async fn waiting(names: &[&str]) -> Rig {
    let rig = Rig::new().await;
    for name in names {
        rig.contact(name, of_member(BAERUM)).await;
    }
    let sent = sent_to_members(&[BAERUM]);
    rig.say_member(BAERUM, "case.sent-to-members", sent, SAID).await;
    assert_eq!(rig.count("waiting").await, i64::try_from(names.len()).unwrap());
    rig
}

async fn last_answer(rig: &Rig) -> String {
    sqlx::query_scalar("SELECT last_answer FROM outbox ORDER BY sort LIMIT 1")
        .fetch_one(&rig.pool)
        .await
        .unwrap()
}

#[tokio::test]
async fn a_refused_mail_is_kept_with_the_answer_and_hinders_nobody() {
    let rig = waiting(&["ukjent", "kjent"]).await;
    rig.smtp.does("ukjent@example.no", Some(Does::Refuse));
    assert_eq!(receivers(&rig.send(SAID).await), ["kjent"]);
    assert_eq!(rig.count("refused").await, 1);
    let answer = last_answer(&rig).await;
    assert!(answer.contains("550") && answer.contains("unknown"), "{answer}");
    assert!(!answer.contains("ukjent@example.no"), "an address is kept: {answer}");
    assert!(rig.send("2017-09-16T08:00:00Z").await.is_empty(), "5xx is the last word");
}

#[tokio::test]
async fn a_mail_that_is_put_off_is_tried_again_later_and_then_given_up() {
    let rig = waiting(&["treg"]).await;
    rig.smtp.does("treg@example.no", Some(Does::TryLater));
    assert!(rig.send(SAID).await.is_empty());
    assert_eq!(rig.count("waiting").await, 1);
    assert!(last_answer(&rig).await.contains("451"));
    rig.smtp.does("treg@example.no", None);
    assert!(rig.send("2017-09-15T08:00:59Z").await.is_empty(), "too early");
    assert_eq!(receivers(&rig.send("2017-09-15T08:01:00Z").await), ["treg"]);

    let rig = waiting(&["aldri"]).await;
    rig.smtp.does("aldri@example.no", Some(Does::TryLater));
    for day in 0..ATTEMPTS_MAX {
        assert_eq!(rig.count("refused").await, 0);
        rig.round(at(SAID) + chrono::TimeDelta::days(day.into())).await.unwrap();
    }
    assert_eq!(rig.count("refused").await, 1);
}

#[tokio::test]
async fn a_server_that_hangs_costs_the_others_nothing() {
    let mut rig = waiting(&["heng", "en", "to"]).await;
    rig.hurry();
    rig.smtp.does("heng@example.no", Some(Does::HangBefore));
    assert_eq!(receivers(&rig.send(SAID).await), ["en", "to"]);
    rig.smtp.does("heng@example.no", None);
    assert_eq!(receivers(&rig.send("2017-09-15T09:00:00Z").await), ["heng"]);
}

#[tokio::test]
async fn a_mail_whose_answer_is_lost_is_sent_again_as_the_same_mail() {
    for does in [Does::DropAfterData, Does::HangAfterData] {
        let mut rig = waiting(&["a"]).await;
        rig.hurry();
        rig.smtp.does("a@example.no", Some(does));
        let first = rig.send(SAID).await;
        rig.smtp.does("a@example.no", None);
        let second = rig.send("2017-09-15T09:00:00Z").await;
        assert_eq!((first.len(), second.len()), (1, 1), "{does:?}");
        assert_eq!(first[0].message_id, second[0].message_id);
        assert_eq!(first[0].text, second[0].text);
        assert!(rig.send("2017-09-16T08:00:00Z").await.is_empty());
    }
}

#[tokio::test]
async fn a_sender_that_is_killed_loses_nothing_and_repeats_only_what_was_never_answered() {
    for does in [Does::HangBefore, Does::HangAfterData] {
        let rig = Arc::new(waiting(&["a", "b", "c"]).await);
        rig.smtp.does("b@example.no", Some(does));
        let (killed, waits) = (rig.clone(), rig.clone());
        let round = tokio::spawn(async move { killed.round(at(SAID)).await });
        waits.smtp.hangs(1).await;
        round.abort();
        assert!(round.await.unwrap_err().is_cancelled());
        rig.smtp.does("b@example.no", None);
        rig.round(at("2017-09-15T09:00:00Z")).await.unwrap();
        assert_eq!(rig.count("sent").await, 3);
        let mails = rig.smtp.mails();
        let ids: HashSet<String> = mails.iter().map(|mail| Read::of(mail).message_id).collect();
        assert_eq!(ids.len(), 3, "{does:?}: each has arrived, under one id");
        for id in ids {
            let of_one: Vec<_> =
                mails.iter().filter(|mail| Read::of(mail).message_id == id).collect();
            let acknowledged = of_one.iter().filter(|mail| mail.acknowledged).count();
            // What the server acknowledged may have been on its way to the commit when the sender
            // died.
            assert!(of_one.len() <= 2 && acknowledged >= 1, "{does:?}: {}", of_one.len());
        }
    }
}

#[tokio::test]
async fn a_connection_that_fails_drops_no_mail_on_another_in_the_middle() {
    let rig = Arc::new(waiting(&["a", "b"]).await);
    rig.smtp.allows(1);
    for name in ["a@example.no", "b@example.no"] {
        rig.smtp.does(name, Some(Does::WaitAfterData));
    }
    let sends = rig.clone();
    let round = tokio::spawn(async move { sends.round(at(SAID)).await });
    // One is being taken over; the other sender has been turned away by now, or is before the first
    // mail is answered.
    rig.smtp.hangs(1).await;
    while rig.smtp.most_open() < 2 {
        tokio::task::yield_now().await;
    }
    let answered = rig.smtp.mails()[0].to.clone();
    rig.smtp.go_on();
    rig.smtp.go_on();
    let ended = async {
        // Whoever is left over by the one that was turned away is sent on the connection that works.
        while !round.is_finished() {
            rig.smtp.go_on();
            tokio::task::yield_now().await;
        }
        round.await.unwrap()
    };
    let ended = tokio::time::timeout(Duration::from_secs(20), ended).await.unwrap();
    assert!(matches!(ended, Err(sender::RoundError::Away(_))), "{ended:?}");
    let sent = rig.count("sent").await;
    assert!(sent >= 1, "what the server took over is noted");
    rig.smtp.allows(9);
    rig.smtp.does("a@example.no", None);
    rig.smtp.does("b@example.no", None);
    rig.round(at("2017-09-15T09:00:00Z")).await.unwrap();
    let to_first = rig.smtp.mails().iter().filter(|mail| mail.to == answered).count();
    assert_eq!((to_first, rig.smtp.mails().len()), (1, 2), "each is sent once");
}

#[tokio::test]
async fn no_more_connections_are_open_than_are_set() {
    let names: Vec<String> = (0..12).map(|number| format!("n{number}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut rig = waiting(&names).await;
    let server =
        crate::settings::MailServer { connections_max: 2, ..super::rig::mail_server(&rig.smtp) };
    rig.mailer = Arc::new(crate::mailer::Mailer::new(&server).unwrap());
    assert_eq!(rig.round(at(SAID)).await.unwrap(), 12);
    assert!((1..=2).contains(&rig.smtp.most_open()), "{}", rig.smtp.most_open());
}

#[tokio::test]
async fn two_senders_at_once_send_each_mail_once() {
    let names: Vec<String> = (0..20).map(|number| format!("n{number}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let rig = waiting(&names).await;
    let (one, other) = tokio::join!(rig.round(at(SAID)), rig.round(at(SAID)));
    assert_eq!(one.unwrap() + other.unwrap(), 20);
    let to: HashSet<String> = rig.smtp.mails().into_iter().map(|mail| mail.to).collect();
    assert_eq!((to.len(), rig.smtp.mails().len()), (20, 20));
}

#[tokio::test]
async fn while_the_mail_server_is_away_nothing_is_counted_against_a_mail() {
    let rig = waiting(&["a"]).await;
    let mut server = super::rig::mail_server(&rig.smtp);
    // A port that nobody listens on: it was free a moment ago.
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    server.port = Some(free);
    let away = crate::mailer::Mailer::new(&server).unwrap();
    let ended = sender::round(&rig.pool, &away, &rig.sender, at(SAID)).await;
    assert!(matches!(ended, Err(sender::RoundError::Away(_))));
    assert_eq!(receivers(&rig.send(SAID).await), ["a"]);
}

#[tokio::test]
async fn two_services_at_once_and_a_feed_taken_again_tell_each_fact_once() {
    let rig = Rig::new().await;
    rig.contact("baerum", of_member(BAERUM)).await;
    let other = Intake {
        pool: rig.pool.clone(),
        publication: Publication::make(rig.client.clone(), feed::STREAM, feed::SUBJECTS, 1)
            .await
            .unwrap(),
        settings: rig.intake.settings.clone(),
        contacts: rig.log.clone(),
        progress: rig.intake.progress.clone(),
        put: tokio::sync::watch::channel(()).0,
    };
    for _ in 0..10 {
        let audience = feed::Audience::Member(BAERUM.parse().unwrap());
        let opened = [(audience, hearing_opened(BAERUM))];
        rig.publish("hearing.opened", &opened, at("2017-09-01T08:00:00Z"), at(SAID)).await;
    }
    let now = at(SAID);
    // One of them may be fenced off; then the other has taken it.
    let _one_may_lose = tokio::join!(rig.intake.catch_up(now), other.catch_up(now));
    rig.intake.catch_up(now).await.unwrap();
    assert_eq!(rig.count("waiting").await, 0, "registered two weeks afterwards");

    for _ in 0..10 {
        let audience = feed::Audience::Member(BAERUM.parse().unwrap());
        rig.publish("hearing.opened", &[(audience, hearing_opened(BAERUM))], now, now).await;
    }
    let _one_may_lose = tokio::join!(rig.intake.catch_up(now), other.catch_up(now));
    rig.intake.catch_up(now).await.unwrap();
    assert_eq!(rig.count("waiting").await, 10);

    // The database has forgotten how far it was, as after a restored backup.
    sqlx::query("UPDATE checkpoint SET sequence = 0 WHERE stream = 'FEED'")
        .execute(&rig.pool)
        .await
        .unwrap();
    rig.intake.catch_up(now).await.unwrap();
    assert_eq!(rig.count("waiting").await, 10);
}

#[tokio::test]
async fn mail_that_comes_back_is_shown_and_the_address_is_spared_until_it_is_changed() {
    let rig = waiting(&["baerum"]).await;
    let mails = rig.send(SAID).await;
    let id = mails[0].message_id.split('@').next().unwrap().parse().unwrap();
    let reason = "5.1.1 unknown".to_owned();
    let bounce = Bounce { notification: id, failed: true, reason };
    assert!(bounce::note(&rig.pool, &bounce, at("2017-09-15T09:00:00Z")).await.unwrap());
    assert_eq!(rig.count("bounced").await, 1);
    let opened = hearing_opened(BAERUM);
    rig.say_member(BAERUM, "hearing.opened", opened, "2017-09-15T10:00:00Z").await;
    assert!(rig.send("2017-09-15T10:00:01Z").await.is_empty());
    assert_eq!(rig.count("bounced").await, 2);

    let operator =
        crate::operate::Operator::connect(rig.world.database.url.expose()).await.unwrap();
    assert_eq!(operator.retry().await.unwrap(), 0, "there is no other address yet");
    super::contacts::change(&rig, "baerum", "ny").await;
    assert_eq!(operator.retry().await.unwrap(), 2);
    // Retried with the clock's own time.
    rig.round(samvirke_kernel::clock::now()).await.unwrap();
    assert_eq!(rig.smtp.take().iter().filter(|mail| mail.to == "ny@example.no").count(), 2);
    let unknown = Bounce { notification: uuid::Uuid::nil(), ..bounce };
    assert!(!bounce::note(&rig.pool, &unknown, at(SAID)).await.unwrap());
}
