//! Everybody who takes the feed in a round: webhooks, readers of a stream and of pages, and a program on
//! NATS, for members, for the secretariat and for the public.

use std::{
    fs,
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context, ensure};
use rand::{RngExt, SeedableRng, rngs::StdRng};
use samvirke_tests::{
    Up,
    api::{Api, Caller},
};
use serde_json::json;
use tokio::{sync::Notify, task::JoinSet};

use super::{
    account, pull,
    retry::{AGAIN, every_so_often},
    said::{self, Said},
    shelf::Shelf,
    sse,
    wants::{Owner, Wants},
    webhook::Webhook,
    workload,
};
use crate::{quiet, violation::ensure_invariant, workload::MEMBERS};

/// How long receivers may take for what is left, once everything has happened.
const DELIVERED_WITHIN: Duration = Duration::from_secs(120);
/// How long a receiver that was killed is away, at most.
const AWAY_MS_MAX: u64 = 3_000;

const WEBHOOKS: [(&str, Wants); 4] = [
    ("all", Wants::all(Owner::Member(MEMBERS[0]))),
    ("types", Wants { types: &TYPES, ..Wants::all(Owner::Member(MEMBERS[1])) }),
    ("own", Wants { own: true, ..Wants::all(Owner::Member(MEMBERS[2])) }),
    ("secretariat", Wants::all(Owner::Secretariat)),
];
const TYPES: [&str; 3] = ["case.amended", "case.decided", "case.sent-to-members"];

/// How a receiver may get what it gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Manner {
    /// Each event once: the reader itself says where it goes on.
    Once,
    /// At least once, and nothing before what comes before it is stored.
    InTurn,
    /// At least once, where what comes again may come late.
    Batched,
}

/// Somebody who takes the feed.
pub(super) struct Receiver {
    pub(super) name: String,
    pub(super) wants: Wants,
    pub(super) manner: Manner,
    pub(super) shelf: Arc<Shelf>,
}

pub(super) struct Receivers {
    pub(super) all: Vec<Receiver>,
    webhooks: Vec<Webhook>,
    api: Arc<Api>,
    random: StdRng,
    /// Kills the program on NATS.
    fault: Arc<Notify>,
    /// The readers; they end when this goes.
    tasks: JoinSet<()>,
}

impl Receivers {
    /// Lets all of them begin.
    pub(super) async fn start(up: &Up, seed: u64) -> anyhow::Result<Self> {
        let mut own = Self {
            all: Vec::new(),
            webhooks: Vec::new(),
            api: Arc::new(Api::of(up)),
            random: StdRng::seed_from_u64(seed),
            fault: Arc::default(),
            tasks: JoinSet::new(),
        };
        for (name, wants) in WEBHOOKS {
            own.subscribe(name, wants).await?;
        }
        for owner in [Owner::Member(MEMBERS[1]), Owner::Public] {
            own.listen(owner);
        }
        own.pull(Owner::Member(MEMBERS[2]));
        own.receive(up, MEMBERS[0])?;
        Ok(own)
    }

    fn add(&mut self, name: String, wants: Wants, manner: Manner) -> Arc<Shelf> {
        let shelf = Arc::<Shelf>::default();
        self.all.push(Receiver { name, wants, manner, shelf: shelf.clone() });
        shelf
    }

    async fn subscribe(&mut self, name: &str, wants: Wants) -> anyhow::Result<()> {
        let shelf = self.add(format!("webhook {name}"), wants, Manner::InTurn);
        let webhook = Webhook::start(&mut self.random, shelf).await;
        let owner = match wants.owner {
            Owner::Member(member) => json!({"member": {"member": member}}),
            Owner::Secretariat | Owner::Public => json!({"secretariat": {}}),
        };
        let reach = if wants.own { "own" } else { "everything" };
        let create = json!({"owner": owner,
            "channel": {"webhook": {"endpoint": webhook.endpoint.url()}},
            "filters": {"types": wants.types, "concerning": reach},
            "from": {"position": {"after": "FEED:0"}}});
        let to = format!("subscriptions/prove:{name}/create");
        let answer = self.api.send(&self.caller(wants.owner), &to, &[], create).await;
        ensure!(answer.status == 200, "{to}: {}", answer.body);
        self.webhooks.push(webhook);
        Ok(())
    }

    fn listen(&mut self, owner: Owner) {
        let shelf = self.add(format!("stream {owner}"), Wants::all(owner), Manner::Once);
        let (api, caller) = (self.api.clone(), self.caller(owner));
        let reader = sse::Reader { api, caller, shelf, random: self.chance() };
        self.tasks.spawn(reader.run());
    }

    fn pull(&mut self, owner: Owner) {
        let shelf = self.add(format!("pages {owner}"), Wants::all(owner), Manner::Once);
        let (api, caller) = (self.api.clone(), self.caller(owner));
        let reader = pull::Reader { api, caller, shelf, random: self.chance() };
        self.tasks.spawn(reader.run());
    }

    fn receive(&mut self, up: &Up, member: &'static str) -> anyhow::Result<()> {
        let file = up.data().join("account.seed");
        let out = file.to_string_lossy();
        let words = ["nats-account", member, "--cooperation", "prove", "--out", &out];
        let given = up.command(&words).output()?;
        ensure!(given.status.success(), "{}", String::from_utf8_lossy(&given.stderr));
        let wants = Wants { both: true, ..Wants::all(Owner::Member(member)) };
        let program = account::Program {
            data: up.data().to_owned(),
            member,
            seed: fs::read_to_string(&file)?.trim().to_owned(),
            shelf: self.add(format!("account {member}"), wants, Manner::Batched),
            random: self.chance(),
            fault: self.fault.clone(),
        };
        self.tasks.spawn(program.run());
        Ok(())
    }

    fn chance(&mut self) -> StdRng {
        StdRng::seed_from_u64(self.random.random())
    }

    fn caller(&self, owner: Owner) -> Caller {
        match owner {
            Owner::Public => Caller::public(),
            Owner::Member(member) => self.api.caller(&["prove:member-integration"], Some(member)),
            Owner::Secretariat => self.api.secretariat(),
        }
    }

    /// Kills a webhook's receiver and the program on NATS, and starts them again after a while.
    pub(super) async fn are_killed(&mut self) -> anyhow::Result<()> {
        self.fault.notify_one();
        let victim = self.random.random_range(0..self.webhooks.len());
        let webhook = &mut self.webhooks[victim];
        webhook.endpoint.goes_away();
        webhook.shelf.misbehave();
        let away = Duration::from_millis(self.random.random_range(AWAY_MS_MAX / 10..=AWAY_MS_MAX));
        let begun = tokio::time::Instant::now() + away;
        let mut again = tokio::time::interval_at(begun, AGAIN);
        let waited = Instant::now();
        loop {
            again.tick().await;
            let Err(error) = webhook.endpoint.comes_back().await else { return Ok(()) };
            // Some connection of this machine's may have the port for a moment.
            ensure!(waited.elapsed() < DELIVERED_WITHIN, "an endpoint cannot come back: {error}");
        }
    }

    /// Waits until everything has been said and everybody has what they should; returns what FEED says.
    pub(super) async fn have_all(&self, up: &Up) -> anyhow::Result<Vec<Said>> {
        let client = quiet::connect(&up.addresses()?.nats).await?;
        let feed =
            quiet::jetstream(&client).get_stream("FEED").await.context("there is no FEED")?;
        let begun = Instant::now();
        let mut look = every_so_often();
        let mut said = Vec::new();
        loop {
            look.tick().await;
            said::read_on(&feed, &mut said).await?;
            let missing = self.missing(&said).await?;
            let Some(missing) = missing else { return Ok(said) };
            ensure_invariant!(
                begun.elapsed() < DELIVERED_WITHIN,
                "{missing}, and nothing more comes"
            );
        }
    }

    /// What somebody still lacks.
    async fn missing(&self, said: &[Said]) -> anyhow::Result<Option<String>> {
        for webhook in &self.webhooks {
            webhook.put_away().await?;
        }
        for (tag, about) in workload::EPILOGUE {
            if !said.iter().any(|said| said.tag == tag && said.about == about) {
                return Ok(Some(format!("FEED lacks {tag} of {about}")));
            }
        }
        for Receiver { name, wants, shelf, .. } in &self.all {
            let broken = shelf.broken();
            ensure_invariant!(broken.is_none(), "{name}: {}", broken.unwrap_or_default());
            let kept = shelf.kept();
            let lacks = |said: &&Said| wants.take(said) && !kept.contains(&said.position);
            if let Some(Said { position, tag, about, .. }) = said.iter().find(lacks) {
                let all = said.iter().filter(lacks).count();
                return Ok(Some(format!(
                    "{name} lacks FEED:{position} ({tag} of {about}), {all} events in all"
                )));
            }
        }
        Ok(None)
    }
}
