//! Reads server-sent events as browsers do.

use std::time::Duration;

use axum::{
    Router,
    body::{Body, BodyDataStream},
    http::{HeaderMap, Request, StatusCode},
};
use futures::StreamExt;
use serde_json::Value;
use tower::ServiceExt;

/// How long the next event may take.
const EVENT_WITHIN: Duration = Duration::from_secs(20);

/// A stream that is being read.
pub(crate) struct Events {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    body: BodyDataStream,
    text: String,
    /// What a browser would send when it comes back.
    pub(crate) last_id: String,
}

/// An event that was sent.
#[derive(Debug)]
pub(crate) struct Event {
    pub(crate) name: String,
    pub(crate) id: String,
    pub(crate) data: Value,
}

impl Events {
    pub(crate) async fn open(router: Router, path: &str, headers: &[(&str, &str)]) -> Self {
        let request = Request::get(path).header("host", "samvirke.example");
        let request =
            headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        let response = router.oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = body.into_data_stream();
        Self {
            status: parts.status,
            headers: parts.headers,
            body,
            text: String::new(),
            last_id: String::new(),
        }
    }

    /// The next block, as it was written; none at the end.
    pub(crate) async fn block(&mut self) -> Option<String> {
        loop {
            if let Some((block, rest)) = self.text.split_once("\n\n") {
                let (block, rest) = (block.to_owned(), rest.to_owned());
                self.text = rest;
                let id = block.lines().find_map(|line| line.strip_prefix("id: "));
                self.last_id = id.map_or_else(|| self.last_id.clone(), str::to_owned);
                return Some(block);
            }
            let more = tokio::time::timeout(EVENT_WITHIN, self.body.next());
            let more = more.await.expect("the next event comes in time")?.unwrap();
            self.text.push_str(std::str::from_utf8(&more).unwrap());
        }
    }

    /// The next event, past signs of life; none at the end.
    pub(crate) async fn event(&mut self) -> Option<Event> {
        loop {
            let block = self.block().await?;
            let field = |name: &str| {
                block.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
            };
            if let (Some(data), Some(name)) = (field("data"), field("event")) {
                return Some(Event {
                    name: name.to_owned(),
                    id: self.last_id.clone(),
                    data: serde_json::from_str(data).unwrap(),
                });
            }
        }
    }
}
