//! A Samvirke as an operator starts it, with a cooperation of as many members as there are subscribers.

use std::{env, time::Instant};

use anyhow::Context;
use futures::{StreamExt, TryStreamExt, stream};
use samvirke_schemas::organisation::OrganisationNumber;
use samvirke_tests::{
    Up,
    api::{Api, Caller, admitting, founding, recovers},
    organisation_numbers,
};
use serde_json::json;

/// The cooperation.
pub(crate) const COOPERATION: &str = "bench";
/// What is told in each turn.
pub(crate) const TYPE: &str = "cooperation.agreement-amended";
/// The most commands given at once where many are given.
const GIVEN_AT_ONCE: usize = 64;

/// The running executable.
pub(crate) struct Site {
    pub(crate) up: Up,
    pub(crate) api: Api,
    secretariat: Caller,
    pub(crate) members: Vec<OrganisationNumber>,
    /// How often something has been said.
    said: u64,
}

impl Site {
    /// Starts it; `./tests/bench` builds the executable beside this program.
    pub(crate) async fn start(members: usize) -> anyhow::Result<Self> {
        let executable = env::current_exe()?.with_file_name("samvirke");
        let settings = [
            ("SAMVIRKE_FEED__LOOPBACK_ALLOWED", "true"),
            ("SAMVIRKE_FEED__ORIGIN", "samvirke.test"),
        ];
        let mut up = Up::start_with(&executable, "127.0.0.1:0", &settings)
            .context("the bench needs the executable samvirke beside it")?;
        up.is_well()?;
        let api = Api::of(&up);
        let operator = api.caller(&["*:operator"], None);
        api.gives(&operator, &format!("cooperations/{COOPERATION}/found"), founding()).await;
        let secretariat = api.secretariat();
        let members: Vec<_> = organisation_numbers().take(members).collect();
        for member in &members {
            let to = format!("cooperations/{COOPERATION}/admit-member");
            api.gives(&secretariat, &to, admitting(member.as_str())).await;
        }
        Ok(Self { up, api, secretariat, members, said: 0 })
    }

    /// A member's own system.
    pub(crate) fn system(&self, member: &OrganisationNumber) -> Caller {
        let role = format!("{COOPERATION}:member-integration");
        self.api.caller(&[&role], Some(member.as_str()))
    }

    /// Says something to everyone; returns its number and when it was acknowledged.
    pub(crate) async fn say(&mut self) -> (u64, Instant) {
        self.said += 1;
        let agreement = json!({"title": "Vedtekter", "version": self.said.to_string()});
        let to = format!("cooperations/{COOPERATION}/amend-agreement");
        self.api.gives(&self.secretariat, &to, json!({"agreement": agreement})).await;
        (self.said, Instant::now())
    }

    /// Subscribes members to webhooks: each endpoint with a name for the subscription.
    pub(crate) async fn subscribe(
        &self,
        subscriptions: impl IntoIterator<Item = Webhook>,
    ) -> anyhow::Result<()> {
        stream::iter(subscriptions.into_iter().map(anyhow::Ok))
            .try_for_each_concurrent(GIVEN_AT_ONCE, |Webhook { name, member, endpoint, tag }| {
                let to = format!("subscriptions/{COOPERATION}:{name}/create");
                let create = json!({"owner": {"member": {"member": member}},
                    "channel": {"webhook": {"endpoint": endpoint}}, "filters": {"types": [tag]}});
                async move {
                    self.api.gives(&self.secretariat, &to, create).await;
                    Ok(())
                }
            })
            .await
    }

    /// Waits until a subscription's endpoint has agreed and everything from now on is delivered.
    pub(crate) async fn until_active(&self, name: &str) -> anyhow::Result<()> {
        let path = format!("subscriptions/{COOPERATION}:{name}");
        let asked = || self.api.get(&self.secretariat, &path, &[]);
        recovers(asked, |answer| answer.body["phase"] == "active").await;
        Ok(())
    }

    /// Ends the subscriptions with these names.
    pub(crate) async fn unsubscribe(&self, names: impl IntoIterator<Item = String>) {
        stream::iter(names)
            .for_each_concurrent(GIVEN_AT_ONCE, |name| async move {
                let to = format!("subscriptions/{COOPERATION}:{name}/end");
                self.api.gives(&self.secretariat, &to, json!({"reason": "Målt."})).await;
            })
            .await;
    }
}

/// A subscription to be made.
pub(crate) struct Webhook {
    pub(crate) name: String,
    pub(crate) member: OrganisationNumber,
    pub(crate) endpoint: String,
    /// The type of events that it is for.
    pub(crate) tag: &'static str,
}
