//! From nothing to a numbered case, and what the API says to those who get it wrong on the way.

use serde_json::{Value, json};

use samvirke_tests::api::{
    Answer, Api, Caller, admitting, an_hour_ago, establishing, founding, opening,
};

use crate::samvirke;

const ASKER: &str = "920125298";

#[tokio::test]
async fn a_cooperation_from_its_founding_to_its_first_case() {
    let mut up = samvirke().unwrap();
    up.is_well().unwrap();
    let api = Api::of(&up);
    let secretariat = api.secretariat();
    from_founding_to_a_case(&api, &secretariat).await;
    a_key_names_one_request(&api, &secretariat).await;
    a_stale_version_is_refused(&api, &secretariat).await;
    what_was_written_is_read(&api, &secretariat).await;
    bad_bodies_are_told_where_they_are_wrong(&api, &secretariat).await;
    bad_addresses_are_refused(&api, &secretariat).await;
    doubtful_tokens_are_refused(&api).await;
}

async fn from_founding_to_a_case(api: &Api, secretariat: &Caller) {
    let operator = api.caller(&["*:operator"], None);
    api.gives(&operator, "cooperations/prove/found", founding()).await;
    api.gives(secretariat, "cooperations/prove/admit-member", admitting(ASKER)).await;
    api.gives(secretariat, "bodies/prove:sg/establish", establishing()).await;
    api.gives(secretariat, "registers/prove:2017/open", json!({"year": 2017})).await;
    let to = "cases/prove:first/open";
    let opened = api.gives(secretariat, to, opening("prove:sg", "Handlingsplan")).await;
    assert_eq!(opened.body["events"][0]["opened"]["number"]["number"], "1/2017", "{}", opened.body);
    assert_eq!(opened.header("etag"), "\"1\"");
    assert!(opened.header("samvirke-position").starts_with("CASES:"));
}

async fn a_key_names_one_request(api: &Api, secretariat: &Caller) {
    let key = [("idempotency-key", "second")];
    let send =
        |title| api.send(secretariat, "cases/prove:second/open", &key, opening("prove:sg", title));
    let (first, again) = (send("Budsjett").await, send("Budsjett").await);
    assert_eq!((first.status, again.status), (200, 200), "{} {}", first.body, again.body);
    for same in ["id", "version", "position"] {
        assert_eq!(first.body[same], again.body[same]);
    }
    assert_eq!((&first.body["repeated"], &again.body["repeated"]), (&json!(false), &json!(true)));
    send("Regnskap").await.is_problem(422, "idempotency-key-reused");
    // The number after is the next one: nothing was taken twice.
    let third = opening("prove:sg", "Regnskap");
    let third = api.gives(secretariat, "cases/prove:third/open", third).await;
    assert_eq!(third.body["events"][0]["opened"]["number"]["number"], "3/2017");
}

async fn a_stale_version_is_refused(api: &Api, secretariat: &Caller) {
    let amend = json!({"title": "Handlingsplan 2017", "public_title": "Handlingsplan 2017"});
    let to = "cases/prove:first/amend";
    let stale = api.send(secretariat, to, &[("if-match", "\"0\"")], amend.clone()).await;
    stale.is_problem(412, "stale-version");
    let unread = api.send(secretariat, to, &[("if-match", "1")], amend.clone()).await;
    unread.is_problem(400, "invalid-if-match");
    let current = api.send(secretariat, to, &[("if-match", "\"1\"")], amend).await;
    assert_eq!((current.status, current.header("etag")), (200, "\"2\""));
}

async fn what_was_written_is_read(api: &Api, secretariat: &Caller) {
    for (version, title) in ["2", "3", "4", "5"].iter().enumerate() {
        let amend = json!({"agreement": {"title": "Avtale", "version": title}});
        let amended = api.gives(secretariat, "cooperations/prove/amend-agreement", amend).await;
        let position = [("samvirke-position", amended.header("samvirke-position"))];
        let seen = api.get(&Caller::public(), "cooperations/prove", &position).await;
        assert_eq!(seen.status, 200, "{}", seen.body);
        assert_eq!(seen.body["agreement"]["version"], *title);
        assert_eq!(seen.body["version"], version + 3);
    }
    // Nothing has such a position, so nobody waits for it.
    let beyond = [("samvirke-position", "NETWORKS:9000000000")];
    for (caller, list) in
        [(&Caller::public(), "cooperations/prove"), (secretariat, "bodies/prove:sg")]
    {
        api.get(caller, list, &beyond).await.is_wrong_at("Samvirke-Position");
    }
}

async fn bad_bodies_are_told_where_they_are_wrong(api: &Api, secretariat: &Caller) {
    let admit = |change: &dyn Fn(&mut serde_json::Value)| {
        let mut body = admitting(ASKER);
        change(&mut body);
        api.send(secretariat, "cooperations/prove/admit-member", &[], body)
    };
    admit(&|body| body["colour"] = json!("red")).await.is_wrong_at("colour");
    admit(&|body| body["from"] = json!(20170101)).await.is_wrong_at("from");
    admit(&|body| body["from"] = json!("2017-02-29")).await.is_wrong_at("from");
    for number in ["12345678", "935478716", "NO935478715", ""] {
        admit(&|body| body["member"] = json!(number)).await.is_wrong_at("member");
    }
    let hearing = |deadline: &str| {
        let invited = json!([{"party": "asker", "names": {"nb": "Asker"}}]);
        let body = json!({"invited": invited, "deadline": deadline});
        api.send(secretariat, "cases/prove:first/open-hearing", &[], body)
    };
    // Summer time skips one hour in March and repeats one in October.
    hearing("2017-03-26T02:30").await.is_wrong_at("deadline");
    hearing("+262142-12-31T23:30+00:00").await.is_wrong_at("deadline");
    // Restricted until a day that no search would compare as a date; and an array in place of an object.
    let mut open = opening("prove:sg", "Hemmelig");
    let open_with =
        |open: &Value| api.send(secretariat, "cases/prove:secret/open", &[], open.clone());
    open["restriction"] = json!({"legal_basis": {"act": "offentleglova"}, "until": "+10000-01-01",
        "scope": {"everything": {}}});
    open_with(&open).await.is_wrong_at("restriction.until");
    open["restriction"] =
        json!({"legal_basis": ["offentleglova", null], "scope": {"everything": {}}});
    open_with(&open).await.is_wrong_at("restriction.legal_basis");
    hearing("2017-10-29T02:30").await.is_wrong_at("deadline");
    hearing("2017-02-29T12:00").await.is_wrong_at("deadline");

    let many: Vec<_> = (0..100_000).map(|_| json!({"office": "mayor"})).collect();
    let huge = json!({"seat": "m", "deputies": many, "from": "2017-01-01"});
    let to = "bodies/prove:sg/name-deputies";
    api.send(secretariat, to, &[], huge).await.is_problem(413, "too-large");
    let many: Vec<_> = (0..10_000).map(|_| json!({"office": "mayor"})).collect();
    let long = json!({"seat": "m", "deputies": many, "from": "2017-01-01"});
    let refused: Answer = api.send(secretariat, to, &[], long).await;
    assert!([409, 422, 404].contains(&refused.status), "{}", refused.body);
    let not_json = api.send_text(secretariat, to, &[], "{\"seat\":".into());
    not_json.await.is_problem(400, "malformed-json");
}

async fn bad_addresses_are_refused(api: &Api, secretariat: &Caller) {
    let unknown = api.send(secretariat, "cooperations/prove/explode", &[], json!({})).await;
    unknown.is_problem(404, "unknown-command");
    // A number is taken by the case that needs it, never by a caller.
    let take = api.send(secretariat, "registers/prove:2017/take", &[], json!({})).await;
    take.is_problem(404, "unknown-command");
    for id in ["prove.first", "prove:*", "%3E", "prove:first:second", "PROVE"] {
        let to = format!("cases/{id}/close");
        api.send(secretariat, &to, &[], json!({})).await.is_problem(422, "invalid-id");
    }
    api.get(secretariat, "cooperations/nobody", &[]).await.is_problem(404, "not-found");
}

async fn doubtful_tokens_are_refused(api: &Api) {
    let (earlier, before) = (an_hour_ago() - chrono::TimeDelta::hours(1), an_hour_ago());
    let expired =
        api.doubtful(|token| (token.iat, token.nbf, token.exp) = (earlier, earlier, before));
    let elsewhere = api.doubtful(|token| token.aud = "another".into());
    // {"alg":"none"} and {"sub":"office-4"}, unsigned.
    let unsigned = Caller::with("eyJhbGciOiJub25lIn0.eyJzdWIiOiJvZmZpY2UtNCJ9.");
    for (caller, code) in [
        (expired, "token-expired"),
        (elsewhere, "token-audience"),
        (unsigned, "token-unsigned"),
        (Caller::with("nothing"), "token-malformed"),
    ] {
        let answer = api.send(&caller, "cases/prove:first/close", &[], json!({})).await;
        answer.is_problem(401, code);
        assert!(answer.header("www-authenticate").starts_with("Bearer"));
    }
    // Without one, the caller is the public.
    let public = api.send(&Caller::public(), "cases/prove:first/close", &[], json!({})).await;
    assert_eq!(public.status, 403, "{}", public.body);
}
