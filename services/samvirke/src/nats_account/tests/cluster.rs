//! The same in a cluster: whichever server a member connects to, and whichever leads its place.

use samvirke_private_servers::{nats::take_accounts, temporary};

use super::*;

/// How long until a message is published once more.
const HEARD_WITHIN: Duration = Duration::from_millis(500);

#[tokio::test]
async fn a_member_receives_from_every_server_of_a_cluster_that_took_its_account_in() {
    let cluster = temporary::nats_cluster_with(3, |settings| {
        settings.accounts = Some(accounts(&Register::default()));
    });
    let cluster = cluster.await.unwrap();
    let owner = owner(&cluster.nodes[0]).await;
    make_streams(&owner, 3).await;
    let mut register = Register::default();
    let key = enter(&mut register, BAERUM);
    receiver_of(&register, BAERUM).ensure_consumer(&owner).await.unwrap();
    for index in 1..=cluster.nodes.len() {
        let directory = cluster.directory().join(format!("node-{index}"));
        assert!(take_accounts(&directory, &accounts(&register)).await.unwrap());
    }
    let mut members = Vec::new();
    for node in &cluster.nodes {
        let member = Member::connect(&node.url(), receiver_of(&register, BAERUM), &key).await;
        members.push(member);
    }
    publish(&owner, &FEED).await;
    for (member, subject) in members.iter().zip(FOR_BAERUM) {
        let received = member.receive(1).await;
        assert_eq!(received[0].subject, subject);
        member.acknowledge(&received[0]).await;
    }
    for member in &members {
        assert_eq!(member.receive_now().await.len(), 0, "received and acknowledged elsewhere");
    }
    for member in &mut members {
        member.listen().await;
        let live = "feed.v.public.case.live";
        // Which server has told which other that somebody listens is not known here, so once is not
        // always enough.
        let heard = loop {
            publish(&owner, &[live]).await;
            if let Ok(heard) = tokio::time::timeout(HEARD_WITHIN, member.heard(1)).await {
                break heard;
            }
        };
        assert_eq!(heard, [live]);
    }
}
