//! A reader that asks for page after page.

use std::sync::Arc;

use rand::{RngExt, rngs::StdRng};
use samvirke_tests::api::{Api, Caller};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::{
    retry::{every_so_often, is_well},
    shelf::{Got, Shelf, position},
};

/// The most events that a page may have.
const LIMIT_MAX: usize = 40;

pub(super) struct Reader {
    pub(super) api: Arc<Api>,
    pub(super) caller: Caller,
    pub(super) shelf: Arc<Shelf>,
    pub(super) random: StdRng,
}

#[derive(Deserialize)]
struct Page<'a> {
    #[serde(borrow)]
    events: Vec<&'a RawValue>,
    next: String,
}

#[derive(Deserialize)]
struct Event {
    id: String,
    position: String,
}

impl Reader {
    pub(super) async fn run(mut self) {
        let mut after = "FEED:0".to_owned();
        let mut again = every_so_often();
        loop {
            again.tick().await;
            if let Err(broken) = self.page(&mut after).await {
                self.shelf.breaks(broken);
                return;
            }
        }
    }

    async fn page(&mut self, after: &mut String) -> Result<(), String> {
        let limit = self.random.random_range(1..=LIMIT_MAX);
        let path = format!("feed?cooperation=prove&after={after}&limit={limit}&wait=2");
        let Ok(answer) = self.api.tries(&self.caller, &path, &[]).await else { return Ok(()) };
        if !is_well(answer.status().as_u16(), after)? {
            return Ok(());
        }
        // What breaks off is asked for again.
        let Ok(text) = answer.text().await else { return Ok(()) };
        let page: Page<'_> = serde_json::from_str(&text).map_err(|err| err.to_string())?;
        for event in page.events {
            let told: Event = serde_json::from_str(event.get()).map_err(|err| err.to_string())?;
            self.shelf.put(Got {
                position: position(&told.position),
                id: told.id,
                event: event.get().as_bytes().to_vec(),
                kept: true,
                again: false,
            });
        }
        *after = page.next;
        Ok(())
    }
}
