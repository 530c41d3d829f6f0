//! Webhooks: an endpoint for each member, on a port of its own.

use samvirke_tests::Endpoint;
use tokio::task::JoinSet;

use super::ReceiptSender;
use crate::feed::site::{Site, TYPE, Webhook};

pub(super) async fn open(
    site: &Site,
    count: usize,
    told: &ReceiptSender,
    tasks: &mut JoinSet<()>,
) -> anyhow::Result<Vec<String>> {
    let (mut webhooks, mut names) = (Vec::new(), Vec::new());
    for member in site.members.iter().take(count) {
        let (endpoint, told) = (Endpoint::start().await, told.clone());
        let name = format!("maalt-{count}-{member}");
        names.push(name.clone());
        webhooks.push(Webhook {
            name,
            member: member.clone(),
            endpoint: endpoint.url(),
            tag: TYPE,
        });
        tasks.spawn(async move {
            while let Some(heard) = endpoint.heard().await {
                if told.tell(&heard.body, heard.at).is_err() {
                    return;
                }
            }
        });
    }
    site.subscribe(webhooks).await?;
    for name in &names {
        site.until_active(name).await?;
    }
    Ok(names)
}
