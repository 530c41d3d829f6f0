//! A reader of server-sent events that drops its connection at random and comes back with the last id.

use std::sync::Arc;

use rand::{RngExt, rngs::StdRng};
use samvirke_tests::api::{Api, Caller};
use serde_json::Value;

use super::{
    retry::{every_so_often, is_well},
    shelf::{Got, Shelf, position},
};

/// A reader leaves after so many events at most.
const EVENTS_MAX: usize = 200;

pub(super) struct Reader {
    pub(super) api: Arc<Api>,
    pub(super) caller: Caller,
    pub(super) shelf: Arc<Shelf>,
    pub(super) random: StdRng,
}

impl Reader {
    pub(super) async fn run(mut self) {
        let mut last = "FEED:0".to_owned();
        let mut again = every_so_often();
        loop {
            again.tick().await;
            if let Err(broken) = self.listen(&mut last).await {
                self.shelf.breaks(broken);
                return;
            }
        }
    }

    /// Listens until one of the two ends it.
    async fn listen(&mut self, last: &mut String) -> Result<(), String> {
        let mut left = self.random.random_range(1..=EVENTS_MAX);
        let id = [("last-event-id", last.as_str())];
        let path = "feed/stream?cooperation=prove";
        let Ok(mut stream) = self.api.tries(&self.caller, path, &id).await else { return Ok(()) };
        if !is_well(stream.status().as_u16(), last)? {
            return Ok(());
        }
        let mut bytes = Vec::new();
        while let Ok(Some(more)) = stream.chunk().await {
            bytes.extend_from_slice(&more);
            while let Some(end) = bytes.windows(2).position(|pair| pair == b"\n\n") {
                let frame: Vec<u8> = bytes.drain(..end + 2).collect();
                let Some(got) = read(&frame, last) else { continue };
                self.shelf.put(got);
                left -= 1;
                if left == 0 {
                    self.shelf.misbehave();
                    return Ok(());
                }
            }
        }
        Ok(())
    }
}

/// Reads one frame; none where it holds no event, only the place.
fn read(frame: &[u8], last: &mut String) -> Option<Got> {
    let mut event = Vec::new();
    for line in frame.split(|byte| *byte == b'\n') {
        if let Some(id) = line.strip_prefix(b"id: ") {
            *last = String::from_utf8_lossy(id).into_owned();
        }
        event.extend_from_slice(line.strip_prefix(b"data: ").unwrap_or_default());
    }
    let told: Value = serde_json::from_slice(&event).ok()?;
    let id = told["id"].as_str().unwrap_or_default().to_owned();
    Some(Got { position: position(last), id, event, kept: true, again: false })
}
