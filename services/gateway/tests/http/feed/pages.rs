//! `GET /v1/feed`.

use async_nats::connection::State;
use chrono::TimeDelta;
use samvirke_private_servers::StreamFiles;
use serde_json::json;

use super::publisher::{
    ASKER, BAERUM, Fed, about_body, instead, long, of, public, sequence, to, withheld,
};
use crate::world::World;

#[tokio::test]
async fn nobody_is_given_what_is_for_another_and_a_member_is_told_a_fact_once() {
    let mut fed = Fed::start().await;
    let decided = public();
    fed.tell(&[to(BAERUM, decided.clone()), decided, about_body(), of("other")]).await;
    let (baerum, asker) = (fed.member(BAERUM), fed.member(ASKER));
    let secretariat = fed.token(&["vest:secretariat"], None, TimeDelta::minutes(5));
    assert_eq!(fed.sequences("", None).await, [2, 3, 4], "the public, in all cooperations");
    assert_eq!(fed.sequences("cooperation=vest", None).await, [2, 3]);
    assert_eq!(fed.sequences("", Some(&baerum)).await, [1, 3]);
    assert_eq!(fed.sequences("cooperation=other", Some(&baerum)).await, [4]);
    assert_eq!(fed.sequences("", Some(&asker)).await, [2, 3]);
    assert_eq!(fed.sequences("", Some(&secretariat)).await, [1, 2, 3]);
}

#[tokio::test]
async fn an_event_is_given_as_it_was_published() {
    let mut fed = Fed::start().await;
    fed.tell(&[about_body()]).await;
    let answer = fed.get("", None).await;
    assert_eq!(answer.header("content-type"), "application/json");
    assert_eq!(answer.header("cache-control"), "no-store");
    let event = &answer.json()["events"][0];
    assert_eq!(event["type"], "no.samvirke.body.resumed.v1");
    assert_eq!(event["position"], "FEED:1");
    assert_eq!(event["data"]["concerns"]["bodies"], json!(["vest:sg"]));
}

#[tokio::test]
async fn every_filter_narrows_and_the_next_position_is_beyond_what_was_passed_over() {
    let mut fed = Fed::start().await;
    let mut later = about_body();
    later.occurred_at = "2017-06-02T10:00:00Z".parse().unwrap();
    later.concerns.cases = ["vest:24-2017".parse().unwrap()].into();
    later.concerns.members = [BAERUM.parse().unwrap()].into();
    fed.tell(&[public(), about_body(), later, to(BAERUM, public()), public()]).await;
    let baerum = fed.member(BAERUM);
    for (filter, wanted) in [
        ("types=body.resumed", vec![2, 3]),
        ("types=body.resumed,cooperation.resumed", vec![1, 2, 3, 4, 5]),
        ("bodies=vest:sg", vec![2, 3]),
        ("bodies=vest:rg", vec![]),
        ("cases=vest:24-2017", vec![3]),
        ("concerning=own", vec![3, 4]),
        ("members=935478715", vec![3, 4]),
        ("members=920125298", vec![]),
        ("since=2017-06-02", vec![3]),
        ("since=2017-06-02&bodies=vest:rg", vec![]),
    ] {
        assert_eq!(fed.sequences(filter, Some(&baerum)).await, wanted, "{filter}");
        let answer = fed.get(filter, Some(&baerum)).await.json();
        assert_eq!(
            (&answer["next"], &answer["more"]),
            (&json!("FEED:5"), &json!(false)),
            "{filter}"
        );
    }
}

#[tokio::test]
async fn pages_follow_each_other_without_gap_or_repetition() {
    let mut fed = Fed::start().await;
    fed.tell(&[public(), public(), public(), public(), public()]).await;
    let mut after = "FEED:0".to_owned();
    for (events, more) in
        [(vec![1, 2], true), (vec![3, 4], true), (vec![5], false), (vec![], false)]
    {
        let query = format!("after={after}&limit=2");
        assert_eq!(fed.sequences(&query, None).await, events);
        let answer = fed.get(&query, None).await.json();
        assert_eq!(answer["more"], more);
        after = answer["next"].as_str().unwrap().to_owned();
    }
}

#[tokio::test]
async fn a_page_of_long_events_ends_before_it_is_too_large_and_the_next_one_goes_on() {
    let mut fed = Fed::start().await;
    let mut last = 0;
    for _ in 0..6 {
        // Some 20 kB each, a hundred at a time.
        last = fed.tell(&vec![long(20_000); 100]).await;
    }
    let (mut after, mut seen, mut pages) = ("FEED:0".to_owned(), 0, 0);
    while seen < last {
        let answer = fed.get(&format!("after={after}&limit=1000"), None).await;
        assert!(answer.body.len() < 9 * 1024 * 1024, "{} bytes", answer.body.len());
        let answer = answer.json();
        for event in answer["events"].as_array().unwrap() {
            seen += 1;
            assert_eq!(sequence(event["position"].as_str().unwrap()), seen);
        }
        assert_eq!(answer["more"], seen < last);
        after = answer["next"].as_str().unwrap().to_owned();
        assert_eq!(sequence(&after), seen);
        pages += 1;
    }
    assert_eq!(pages, 2);
}

#[tokio::test]
async fn a_position_that_is_not_the_feeds_is_gone_and_the_last_one_is_told() {
    let mut fed = Fed::start().await;
    fed.tell(&[public(), public()]).await;
    for unknown in ["FEED:3", "FEED:99999999999999999999999", "FEED", "FEED:-1", "CASES:1", ""] {
        let problem =
            fed.get(&format!("after={unknown}"), None).await.problem(410, "position-unknown");
        assert_eq!(problem["last_position"], "FEED:2", "{unknown}");
        assert_eq!(problem["field"], "after");
    }
    assert!(fed.sequences("after=FEED:2", None).await.is_empty());
}

#[tokio::test]
async fn an_answer_waits_for_what_is_wanted_and_not_for_anything_else() {
    let mut fed = Fed::start().await;
    let last = fed.tell(&[public()]).await;
    let waiting = |query: String| {
        let request = axum::http::Request::get(format!("/v1/feed?{query}")).header("host", "x");
        let router = fed.world.router();
        tokio::spawn(async move {
            let request = request.body(axum::body::Body::empty()).unwrap();
            let answer = tower::ServiceExt::oneshot(router, request).await.unwrap();
            let body = axum::body::to_bytes(answer.into_body(), usize::MAX).await.unwrap();
            serde_json::from_slice::<serde_json::Value>(&body).unwrap()
        })
    };
    let any = waiting(format!("after=FEED:{last}&wait=60"));
    let body = waiting(format!("after=FEED:{last}&wait=60&types=body.resumed"));
    let never = waiting(format!("after=FEED:{last}&wait=1&types=meeting.moved"));
    let unwanted = fed.tell(&[public()]).await;
    let any = any.await.unwrap();
    assert_eq!(sequence(any["events"][0]["position"].as_str().unwrap()), unwanted);
    assert!(!body.is_finished());
    let wanted = fed.tell(&[about_body()]).await;
    let body = body.await.unwrap();
    assert_eq!(body["events"].as_array().unwrap().len(), 1);
    assert_eq!(body["events"][0]["position"], format!("FEED:{wanted}"));
    let never = never.await.unwrap();
    assert_eq!((&never["events"], &never["more"]), (&json!([]), &json!(false)));
    assert!(sequence(never["next"].as_str().unwrap()) > last, "it does not look there again");
}

#[tokio::test]
async fn what_makes_no_sense_is_refused_by_name() {
    let fed = Fed::start().await;
    let machine = fed.token(&["*:operator"], None, TimeDelta::minutes(5));
    let two = fed.token(&["vest:auditor", "other:auditor"], None, TimeDelta::minutes(5));
    for token in [machine, two] {
        let problem = fed.get("", Some(&token)).await.problem(400, "missing-parameter");
        assert_eq!(problem["field"], "cooperation");
    }
    for (query, field) in [
        ("limit=0", "limit"),
        ("limit=1001", "limit"),
        ("wait=61", "wait"),
        ("types=case.explode", "types"),
        ("concerning=own", "concerning"),
        ("concerning=mine", "concerning"),
        ("since=yesterday", "since"),
        ("since=%2B262142-12-31T23%3A30%2B00%3A00", "since"),
        ("members=1", "members[0]"),
        ("bodies=v.*", "bodies[0]"),
    ] {
        let problem = fed.get(query, None).await.problem(422, "invalid");
        assert_eq!(problem["field"], field, "{query}");
    }
    fed.get("colour=red", None).await.problem(400, "unknown-parameter");
}

#[tokio::test]
async fn one_answer_reads_a_bounded_part_of_a_long_feed() {
    let mut fed = Fed::start().await;
    fed.tell(&[of("quiet")]).await;
    let noise = vec![public(); 1_000];
    for _ in 0..10 {
        fed.tell(&noise).await;
    }
    let last = fed.tell(&[about_body()]).await;
    let first = fed.get("types=body.resumed", None).await.json();
    assert_eq!((&first["events"], &first["more"]), (&json!([]), &json!(true)));
    let next = sequence(first["next"].as_str().unwrap());
    assert!((5_000..last).contains(&next), "{next}");
    assert_eq!(fed.sequences(&format!("types=body.resumed&after=FEED:{next}"), None).await, [last]);
    // Where others are loud, a quiet cooperation is not looked for again and again.
    let quiet = fed.get("cooperation=quiet&after=FEED:1", None).await.json();
    assert_eq!((&quiet["events"], &quiet["more"]), (&json!([]), &json!(false)));
    assert!(sequence(quiet["next"].as_str().unwrap()) > 5_000, "{quiet}");
}

#[tokio::test]
async fn a_feed_that_is_not_there_yet_is_asked_again_later() {
    let world = World::start().await;
    let answer = world.get("/v1/feed").await;
    answer.problem(503, "unavailable");
    assert_eq!(answer.header("retry-after"), "2");
}

/// The machine of an organisation that is a member of nothing.
const STRANGER: &str = "964951373";

#[tokio::test]
async fn a_page_for_somebody_whose_rights_cannot_be_looked_up_is_refused_and_passes_over_nothing() {
    let mut fed = Fed::start().await;
    fed.tell(&[to(BAERUM, public()), public()]).await;
    fed.lose_sight_of_members().await;
    let page = fed.get("cooperation=vest&after=FEED:0", Some(&fed.member(BAERUM))).await;
    page.problem(503, "rights-unknown");
    assert_eq!(page.header("retry-after"), "2");
    assert_eq!(fed.sequences("cooperation=vest&after=FEED:0", None).await, [2]);
}

#[tokio::test]
async fn a_machine_of_a_member_that_has_left_or_of_a_stranger_is_given_what_is_public() {
    let mut fed = Fed::start().await;
    let told = public();
    fed.tell(&[to(STRANGER, told.clone()), to(BAERUM, told.clone()), told]).await;
    let (baerum, stranger) = (fed.member(BAERUM), fed.member(STRANGER));
    assert_eq!(fed.sequences("cooperation=vest", Some(&baerum)).await, [2]);
    assert_eq!(fed.sequences("cooperation=vest", Some(&stranger)).await, [3]);
    fed.release(BAERUM).await;
    assert_eq!(fed.sequences("cooperation=vest", Some(&baerum)).await, [3]);
}

#[tokio::test]
async fn whoever_wants_its_own_hears_what_the_public_is_told_of_it_when_it_has_left() {
    let mut fed = Fed::start().await;
    let mut released = public();
    released.concerns.members = [BAERUM.parse().unwrap()].into();
    fed.tell(&[public(), to(BAERUM, public()), released]).await;
    let own = "cooperation=vest&concerning=own";
    assert_eq!(fed.sequences(own, Some(&fed.member(BAERUM))).await, [2, 3]);
    fed.release(BAERUM).await;
    assert_eq!(fed.sequences(own, Some(&fed.member(BAERUM))).await, [3]);
}

#[tokio::test]
async fn a_feed_that_has_lost_its_tail_is_not_given_out_by_page_or_as_a_stream() {
    let mut fed = Fed::start().await;
    fed.tell(&[public(), public()]).await;
    assert_eq!(fed.sequences("", None).await, [1, 2]);
    fed.noted(2).await;
    fed.world.nats.stop().await;
    fed.world.connection(State::Disconnected).await;
    let files = StreamFiles::of(&fed.world.nats.directory().join("nats"), "FEED").unwrap();
    files.cut_tail(100).unwrap();
    fed.world.nats.start_again().await.unwrap();
    fed.world.connection(State::Connected).await;
    // At first it may not have been looked at yet.
    loop {
        let answer = fed.get("", None).await;
        assert_eq!(answer.status, 503, "{}", answer.json());
        if answer.json()["detail"].as_str().unwrap().contains("its tail is lost") {
            break;
        }
    }
    let mut events = fed.stream("after=FEED:0", &[]).await;
    assert!(events.event().await.is_none());
}

#[tokio::test]
async fn what_is_withheld_is_given_out_no_more_and_what_takes_its_place_has_its_id() {
    let mut fed = Fed::start().await;
    let secret = about_body();
    let other = public();
    fed.tell(&[secret.clone(), other]).await;
    assert_eq!(fed.sequences("", None).await, [1, 2]);
    fed.tell(&[withheld(&[secret.id()]), instead(&secret)]).await;
    // Whoever waits for the fact that names it knows that it is known here.
    assert!(!fed.sequences("after=FEED:2&wait=20", None).await.is_empty());
    let given = fed.get("", None).await.json();
    assert_eq!(fed.sequences("", None).await, [2, 3, 4]);
    let events = given["events"].as_array().unwrap();
    assert_eq!(events[1]["data"]["events"], json!([secret.id()]));
    assert_eq!(events[2]["id"], json!(secret.id()));
    assert_eq!(events[2]["replacement"], true);
}

#[tokio::test]
async fn what_is_withheld_is_given_out_no_more_when_it_is_long_ago_and_not_yet_erased() {
    let mut fed = Fed::start().await;
    let secret = about_body();
    fed.tell(std::slice::from_ref(&secret)).await;
    fed.tell(&[withheld(&[secret.id()])]).await;
    // More than is kept at hand, so that it is read from the stream.
    let many: Vec<_> = (0..20).map(|_| long(18_000)).collect();
    for _ in 0..100 {
        fed.tell(&many).await;
    }
    let given = fed.sequences("types=body.resumed,case.withheld", None).await;
    assert_eq!(given, [2]);
}
