//! Links in mail: one click declines, looking at them does not.

use axum::{body::Body, http::Request};
use serde_json::json;

use crate::world::World;

#[tokio::test]
async fn one_click_declines_without_a_login_and_whatever_its_body() {
    let world = World::start().await;
    world.serve("qry.notify.>", json!({"Ok": {"declined": ["minutes"]}})).await;
    // As RFC 8058 § 3.1 has mail programs send it.
    let click = Request::post("/v1/unsubscribe/abc")
        .header("content-type", "application/x-www-form-urlencoded")
        .body(Body::from("List-Unsubscribe=One-Click"))
        .unwrap();
    let answer = world.send(click).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("content-type"), "text/html; charset=utf-8");
    let heard = world.heard().pop().unwrap();
    assert_eq!(heard.subject, "qry.notify.unsubscribe");
    assert_eq!(heard.message["parameters"], json!({"token": "abc"}));
    assert!(heard.trusted);
}

#[tokio::test]
async fn following_a_link_shows_a_button_and_changes_nothing() {
    let world = World::start().await;
    world.serve("qry.notify.>", json!({"Ok": {}})).await;
    let answer = world.get("/v1/unsubscribe/abc").await;
    assert_eq!(answer.status, 200);
    let page = String::from_utf8(answer.body.to_vec()).unwrap();
    assert!(page.contains("<form method=\"post\">"), "{page}");
    assert!(world.heard().is_empty());
}
