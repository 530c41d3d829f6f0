//! Server-sent events: a connection for each member.

use std::time::Instant;

use tokio::task::JoinSet;

use super::ReceiptSender;
use crate::feed::site::{COOPERATION, Site, TYPE};

pub(super) async fn open(site: &Site, count: usize, told: &ReceiptSender, tasks: &mut JoinSet<()>) {
    for member in site.members.iter().take(count) {
        let path = format!("feed/stream?cooperation={COOPERATION}&types={TYPE}");
        let (mut stream, told) = (site.api.stream(&site.system(member), &path).await, told.clone());
        tasks.spawn(async move {
            let mut text = Vec::new();
            while let Ok(Some(chunk)) = stream.chunk().await {
                let at = Instant::now();
                text.extend_from_slice(&chunk);
                while let Some(end) = text.windows(2).position(|two| two == b"\n\n") {
                    let frame: Vec<u8> = text.drain(..end + 2).collect();
                    let data = frame.split(|byte| *byte == b'\n');
                    let data = data.filter_map(|line| line.strip_prefix(b"data: ")).next();
                    if data.is_some_and(|data| told.tell(data, at).is_err()) {
                        return;
                    }
                }
            }
        });
    }
}
