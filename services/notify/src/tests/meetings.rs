//! Meetings: the seats are told, with agenda and calendar file.

use samvirke_schemas::{
    contacts::contact::{Frequency, Preferences, Topic},
    feed::Audience,
};
use serde_json::json;

use super::{
    facts::{called, cancelled, minutes, moved, seat_filled, seat_vacated},
    rig::{ASKER, BAERUM, Rig, at, of_member, of_seat, receivers},
};

/// Two seats of the body and their contacts.
async fn seats(rig: &Rig) {
    for (seat, member) in [("baerum", BAERUM), ("asker", ASKER)] {
        rig.say("body.seat-filled", seat_filled(seat, member), "2017-01-03T08:00:00Z").await;
        rig.contact(seat, of_seat(seat)).await;
    }
}

#[tokio::test]
async fn a_notice_has_day_hours_place_agenda_and_a_calendar_file() {
    let rig = Rig::new().await;
    seats(&rig).await;
    rig.contact("postmottak", of_member(BAERUM)).await;
    rig.say("meeting.notice-issued", called(), "2017-09-01T08:00:00Z").await;
    let mails = rig.send("2017-09-01T08:00:01Z").await;
    assert_eq!(receivers(&mails), ["asker", "baerum"]);
    let mail = &mails[0];
    assert_eq!(mail.subject, "Innkalling: møte i Styringsgruppen torsdag 14. september 2017");
    for told in [
        "Tid: torsdag 14. september 2017 kl. 09.00–15.00",
        "Sted: Rådhuset, Sandvika",
        "- PS Godkjenning av innkalling",
        "- PS 24/2017 Videreføring av <Vestregionen>",
        "https://samvirke.example/v1/meetings/vestregionen:sg-2017-09-14",
    ] {
        assert!(mail.text.contains(told), "{told} in {}", mail.text);
    }
    assert!(mail.html.contains("PS 24/2017 Videreføring av &lt;Vestregionen&gt;</li>"));
    for line in [
        "METHOD:PUBLISH",
        "UID:vestregionen.sg-2017-09-14.1@samvirke",
        "SEQUENCE:0",
        "DTSTART;TZID=Europe/Oslo:20170914T090000",
        "LOCATION:Rådhuset\\, Sandvika",
        "SUMMARY:Styringsgruppen",
    ] {
        assert!(mail.calendar_line(line), "{line} in {:?}", mail.calendar);
    }
    assert_eq!(mail.header("Auto-Submitted").unwrap(), "auto-generated");
}

#[tokio::test]
async fn a_moved_meeting_is_the_same_event_with_a_higher_sequence() {
    let rig = Rig::new().await;
    seats(&rig).await;
    rig.say("meeting.notice-issued", called(), "2017-09-01T08:00:00Z").await;
    rig.send("2017-09-01T08:00:01Z").await;

    let later = moved(&["2017-09-21", "2017-09-22"], &["2017-09-14"]);
    rig.say("meeting.moved", later, "2017-09-02T08:00:00Z").await;
    let mails = rig.send("2017-09-02T08:00:01Z").await;
    assert_eq!(receivers(&mails), ["asker", "baerum"]);
    assert!(mails[0].text.contains("Ny tid: torsdag 21. september 2017 kl. 09.00–15.00"));
    assert!(mails[0].text.contains("Sted: Drammen; på nett: Teams"));
    for line in [
        "UID:vestregionen.sg-2017-09-14.1@samvirke",
        "UID:vestregionen.sg-2017-09-14.2@samvirke",
        "SEQUENCE:1",
        "DTSTART;TZID=Europe/Oslo:20170922T090000",
    ] {
        assert!(mails[0].calendar_line(line), "{line} in {:?}", mails[0].calendar);
    }

    let shorter = moved(&["2017-09-28"], &["2017-09-21", "2017-09-22"]);
    rig.say("meeting.moved", shorter, "2017-09-03T08:00:00Z").await;
    let mails = rig.send("2017-09-03T08:00:01Z").await;
    assert!(mails[0].calendar_line("SEQUENCE:2"));
    // The day that is left out is taken off the calendar.
    assert!(mails[0].calendar_line("UID:vestregionen.sg-2017-09-14.2@samvirke"));
    assert!(mails[0].calendar_line("STATUS:CANCELLED"));

    rig.say("meeting.cancelled", cancelled("2017-09-28"), "2017-09-04T08:00:00Z").await;
    let mails = rig.send("2017-09-04T08:00:01Z").await;
    assert!(mails[0].subject.starts_with("Avlyst: møte i Styringsgruppen torsdag 28."));
    assert!(mails[0].calendar_line("SEQUENCE:3"));
    assert!(mails[0].calendar_line("STATUS:CANCELLED"));
}

#[tokio::test]
async fn everyone_is_written_to_in_their_own_language() {
    let rig = Rig::new().await;
    for language in ["nb", "nn", "en"] {
        let filled = seat_filled(language, BAERUM);
        rig.say("body.seat-filled", filled, "2017-01-03T08:00:00Z").await;
        rig.contact_with(language, of_seat(language), language, Preferences::new()).await;
    }
    rig.say("meeting.notice-issued", called(), "2017-09-01T08:00:00Z").await;
    let mails = rig.send("2017-09-01T08:00:01Z").await;
    for (language, subject, time) in [
        (
            "nb",
            "Innkalling: møte i Styringsgruppen torsdag 14. september 2017",
            "Tid: torsdag 14. september 2017 kl. 09.00–15.00",
        ),
        (
            "nn",
            "Innkalling: møte i Styringsgruppa torsdag 14. september 2017",
            "Du blir kalla inn til møte i Styringsgruppa.",
        ),
        (
            "en",
            "Notice: meeting of The steering group Thursday 14 September 2017",
            "Time: Thursday 14 September 2017, 09:00–15:00",
        ),
    ] {
        let mail = mails.iter().find(|mail| mail.to == format!("{language}@example.no")).unwrap();
        assert_eq!(mail.subject, subject);
        assert!(mail.text.contains(time), "{}", mail.text);
        assert!(mail.html.contains(&format!("<html lang=\"{language}\">")));
        assert_eq!(mail.header("Content-Language").unwrap(), language);
    }
}

#[tokio::test]
async fn who_may_know_more_is_written_to_with_what_the_public_may_know_and_nobody_twice() {
    let rig = Rig::new().await;
    seats(&rig).await;
    let mut fuller = called();
    fuller["agenda"][1]["title"] = json!("Hele tittelen");
    let mut public = called();
    public["agenda"][1]["title"] = json!("Sak unntatt offentlighet");
    let now = at("2017-09-01T08:00:00Z");
    let tellings =
        [(Audience::Member(BAERUM.parse().unwrap()), fuller), (Audience::Public, public)];
    rig.publish("meeting.notice-issued", &tellings, now, now).await;
    rig.intake.catch_up(now).await.unwrap();
    let mails = rig.send("2017-09-01T08:00:01Z").await;
    assert_eq!(receivers(&mails), ["asker", "baerum"]);
    for mail in mails {
        assert!(!mail.text.contains("Hele tittelen"), "{}", mail.text);
        assert!(mail.text.contains("Sak unntatt offentlighet"), "{}", mail.text);
    }
}

#[tokio::test]
async fn a_seat_that_is_vacated_is_told_no_longer() {
    let rig = Rig::new().await;
    seats(&rig).await;
    let vacated = seat_vacated("asker", "2017-08-31");
    rig.say("body.seat-vacated", vacated, "2017-08-01T08:00:00Z").await;
    rig.say("meeting.notice-issued", called(), "2017-09-01T08:00:00Z").await;
    let mails = rig.send("2017-09-01T08:00:01Z").await;
    assert_eq!(receivers(&mails), ["baerum"]);
}

#[tokio::test]
async fn minutes_are_told_with_what_came_of_each_item() {
    let rig = Rig::new().await;
    seats(&rig).await;
    rig.say("meeting.minutes-published", minutes(), "2017-09-20T08:00:00Z").await;
    let mails = rig.send("2017-09-20T08:00:01Z").await;
    assert_eq!(receivers(&mails), ["asker", "baerum"]);
    let item = "- PS 24/2017 Videreføring (delvis unntatt offentlighet) – vedtatt";
    assert!(mails[0].text.contains(item), "{}", mails[0].text);
    assert!(mails[0].calendar.is_none());
}

#[tokio::test]
async fn history_is_told_to_nobody() {
    let rig = Rig::new().await;
    seats(&rig).await;
    // Registered ten days after it happened.
    let (happened, recorded) = (at("2017-09-01T08:00:00Z"), at("2017-09-11T08:00:00Z"));
    let telling = [(Audience::Public, called())];
    rig.publish("meeting.notice-issued", &telling, happened, recorded).await;
    // Registered at once, of a meeting that is over.
    let late = at("2017-09-15T08:00:00Z");
    rig.publish("meeting.notice-issued", &telling, late, late).await;
    rig.intake.catch_up(late).await.unwrap();
    assert!(rig.send("2017-09-15T08:00:01Z").await.is_empty());
}

#[tokio::test]
async fn who_became_a_contact_later_is_not_told_what_was_before() {
    let rig = Rig::new().await;
    let filled = seat_filled("baerum", BAERUM);
    rig.say("body.seat-filled", filled, "2016-12-01T08:00:00Z").await;
    let before = at("2017-01-02T07:00:00Z");
    let mut notice = called();
    notice["days"][0] = super::facts::day("2017-02-01");
    rig.publish("meeting.notice-issued", &[(Audience::Public, notice)], before, before).await;
    rig.contact("baerum", of_seat("baerum")).await;
    rig.intake.catch_up(before).await.unwrap();
    assert!(rig.send("2017-01-02T09:00:00Z").await.is_empty());
}

#[tokio::test]
async fn a_mail_holds_what_the_public_may_know_when_it_is_sent_and_nothing_of_what_a_member_is_told()
 {
    const SECRET: &str = "hemmelig";
    let rig = Rig::new().await;
    seats(&rig).await;
    rig.contact("postmottak", of_member(BAERUM)).await;
    let case = |title: &str, withheld: bool| {
        let mut case = super::facts::case();
        (case["title"], case["withheld"]) = (json!(title), json!(withheld));
        case
    };
    let with = |mut fact: serde_json::Value, title: &str, withheld: bool| {
        fact["case"] = case(title, withheld);
        fact
    };
    let now = "2017-09-01T08:00:00Z";
    rig.say("case.closed", json!({"case": case("Personalsak", true)}), now).await;
    // What the member is told holds the whole title and text.
    let mut sent = with(super::facts::sent_to_members(&[BAERUM]), SECRET, false);
    sent["text"] = json!(SECRET);
    rig.say_member(BAERUM, "case.sent-to-members", sent, now).await;
    let opened = with(super::facts::hearing_opened(BAERUM), SECRET, false);
    rig.say_member(BAERUM, "hearing.opened", opened, now).await;
    let mut extended = with(super::facts::hearing_extended(), SECRET, false);
    extended["reason"] = json!(SECRET);
    rig.say_member(BAERUM, "hearing.extended", extended, now).await;
    let owner = json!({"member": {"member": BAERUM}});
    let mut due = with(super::facts::task("2017-09-03", &owner), SECRET, false);
    due["task"]["task"] = json!(SECRET);
    rig.say_member(BAERUM, "follow-up.assigned", due, now).await;
    let mut whole = called();
    whole["agenda"][0]["title"] = json!(SECRET);
    rig.say_member(BAERUM, "meeting.notice-issued", whole, now).await;
    rig.say("meeting.notice-issued", called(), now).await;

    // Every reminder falls due too.
    for moment in ["2017-09-01T08:00:01Z", "2017-10-25T11:00:00Z", "2018-01-01T08:00:00Z"] {
        for mail in rig.send(moment).await {
            let all = format!("{} {} {} {:?}", mail.subject, mail.text, mail.html, mail.calendar);
            assert!(!all.contains(SECRET), "{all}");
            assert!(all.contains("Personalsak") || all.contains("Godkjenning"), "{all}");
        }
    }
    let kept: Vec<String> =
        sqlx::query_scalar("SELECT notice::text FROM outbox").fetch_all(&rig.pool).await.unwrap();
    assert!(kept.len() >= 6, "{kept:?}");
    assert!(kept.iter().all(|notice| !notice.contains(SECRET)), "{kept:?}");
}

#[tokio::test]
async fn a_title_that_is_withheld_before_a_digest_is_sent_is_not_in_it() {
    let rig = Rig::new().await;
    let daily = [(Topic::Minutes, Frequency::Daily)].into();
    rig.say("body.seat-filled", seat_filled("baerum", BAERUM), "2017-01-03T08:00:00Z").await;
    rig.contact_with("baerum", of_seat("baerum"), "nb", daily).await;
    let mut secret = minutes();
    secret["items"][0]["item"]["title"] = json!("NNs sykefravær");
    rig.say("meeting.minutes-published", secret, "2017-09-20T08:00:00Z").await;
    let mut item = minutes()["items"][0]["item"].clone();
    (item["title"], item["withheld"]) = (json!("Personalsak"), json!(true));
    let changed = json!({"meeting": minutes()["meeting"], "days": minutes()["days"], "item": item,
        "legal_basis": {"act": "offentleglova"}});
    rig.say("meeting.item-restricted", changed, "2017-09-20T09:00:00Z").await;
    let mails = rig.send("2017-09-21T05:00:00Z").await;
    assert!(mails[0].text.contains("Personalsak"), "{}", mails[0].text);
    assert!(mails.iter().all(|mail| !mail.text.contains("sykefravær")), "{}", mails[0].text);
}

#[tokio::test]
async fn seats_that_were_called_are_told_when_an_item_is_called_otherwise() {
    let rig = Rig::new().await;
    seats(&rig).await;
    rig.say("meeting.notice-issued", called(), "2017-09-01T08:00:00Z").await;
    rig.send("2017-09-01T08:00:01Z").await;
    let mut item = called()["agenda"][0].clone();
    item["title"] = json!("Personalsak");
    let changed = json!({"meeting": called()["meeting"], "days": called()["days"], "item": item});
    rig.say("meeting.item-corrected", changed, "2017-09-02T08:00:00Z").await;
    let mails = rig.send("2017-09-02T08:00:01Z").await;
    assert_eq!(receivers(&mails), ["asker", "baerum"]);
    assert!(mails[0].subject.starts_with("Endret saksliste: møte i Styringsgruppen"));
    assert!(mails[0].text.contains("- PS Personalsak"), "{}", mails[0].text);
}
