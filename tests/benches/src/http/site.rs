//! A Samvirke as an operator starts it, with what the commands and questions are about.

use std::{
    env,
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant},
};

use anyhow::Context;
use async_nats::{ConnectOptions, jetstream};
use futures::{StreamExt, stream};
use samvirke_tests::{
    Up,
    api::{Api, Caller, admitting, establishing, founding, opening, recovers},
    organisation_numbers,
};
use serde_json::{Value, json};

/// The registers of case numbers, one for each client that opens cases.
pub(crate) const REGISTERS: usize = 64;
/// The meetings, one for each client that registers arrivals.
pub(crate) const MEETINGS: usize = 256;
/// The cases that the register shows, and that are searched.
pub(crate) const CASES: usize = 1_000;
/// The events of the case that is read.
pub(crate) const EVENTS: usize = 50;
/// A word that stands in some of the decisions.
pub(crate) const WORD: &str = "sykkelveg";
/// How many commands are given at once to prepare all this.
const AT_ONCE: usize = 32;
/// How often it is looked whether the feed tells of something.
const LOOKED_AGAIN: Duration = Duration::from_millis(20);

/// The running executable.
pub(crate) struct Site {
    _up: Up,
    pub(crate) api: Api,
    pub(crate) authority: String,
    secretariat: Caller,
    feed: jetstream::stream::Stream,
    /// How often it was asked how far everything has come.
    markers: AtomicU64,
}

impl Site {
    /// Starts it with one cooperation; `./tests/bench` builds the executable beside this program.
    pub(crate) async fn start() -> anyhow::Result<Self> {
        let executable = env::current_exe()?.with_file_name("samvirke");
        let mut up = Up::start_with(&executable, "127.0.0.1:0", &[])
            .context("the bench needs the executable samvirke beside it")?;
        up.is_well()?;
        let api = Api::of(&up);
        let operator = api.caller(&["*:operator"], None);
        api.gives(&operator, "cooperations/bench/found", founding()).await;
        let addresses = up.addresses()?;
        let authority = addresses.url.trim_start_matches("http://").to_owned();
        let nats = addresses.nats;
        let options = ConnectOptions::with_user_and_password(nats.user, nats.password);
        let client = options.connect(nats.url).await?;
        let feed = jetstream::new(client).get_stream("FEED").await?;
        let secretariat = api.secretariat();
        let markers = AtomicU64::new(0);
        Ok(Self { _up: up, api, authority, secretariat, feed, markers })
    }

    /// The public half of the key that its tokens are signed with, in base64url.
    pub(crate) fn key(&self) -> anyhow::Result<String> {
        let key = self.api.jwks()["keys"][0]["x"].take();
        Ok(key.as_str().context("the issuer has a key")?.to_owned())
    }

    async fn give(&self, to: String, body: Value) {
        self.api.gives(&self.secretariat, &to, body).await;
    }

    /// Gives many commands, some at once, in no order.
    async fn give_all(&self, commands: impl Iterator<Item = (String, Value)>) {
        let given = stream::iter(commands);
        given.for_each_concurrent(AT_ONCE, |(to, body)| self.give(to, body)).await;
    }

    /// A body with one seat, and registers of case numbers.
    pub(crate) async fn body_and_registers(&self) {
        let member = organisation_numbers().next().expect("there are numbers");
        self.give("cooperations/bench/admit-member".into(), admitting(member.as_str())).await;
        self.give("bodies/bench:sg/establish".into(), establishing()).await;
        let seat =
            json!({"seat": "mayor", "member": member, "office": "mayor", "from": "2001-01-01"});
        self.give("bodies/bench:sg/fill-seat".into(), seat).await;
        let registers = (0..REGISTERS).map(|number| {
            let (key, names) = (format!("s{number}"), json!({"nb": format!("Serie {number}")}));
            let series = json!({"year": 2017, "series": {"key": key, "names": names}});
            (format!("registers/bench:s{number}-2017/open"), series)
        });
        self.give_all(registers).await;
        self.give("registers/bench:2017/open".into(), json!({"year": 2017})).await;
    }

    /// Meetings that are noticed and where nobody has arrived.
    pub(crate) async fn meetings(&self) {
        let sitting = json!({"start": "2017-02-10T09:00", "end": "2017-02-10T12:00"});
        let plan = json!({"body": "bench:sg", "title": "Møte", "sittings": [sitting],
            "venue": {"place": "Rådhuset"}});
        let at = |number: usize| format!("meetings/bench:m{number}");
        self.give_all((0..MEETINGS).map(|m| (format!("{}/plan", at(m)), plan.clone()))).await;
        let item =
            json!({"item": "1", "kind": "PS", "title": "Sak", "subject": {"plain-text": {}}});
        let put = (0..MEETINGS).map(|m| (format!("{}/put-item", at(m)), json!({"item": item})));
        self.give_all(put).await;
        self.give_all((0..MEETINGS).map(|m| (format!("{}/issue-notice", at(m)), json!({})))).await;
    }

    /// Cases that have been decided, a tenth of them with [`WORD`], and one with a long history.
    pub(crate) async fn cases(&self) {
        let id = |number: usize| format!("cases/bench:c{number}");
        let open = |number| opening("bench:sg", &format!("Sak nummer {number} om veger"));
        self.give_all((0..CASES).map(|c| (format!("{}/open", id(c)), open(c)))).await;
        let plan = json!({"treatments": [
            {"treatment": "sg", "body": "bench:sg", "authority": "decides"}]});
        self.give_all((0..CASES).map(|c| (format!("{}/plan-treatments", id(c)), plan.clone())))
            .await;
        let decided = |number: usize| {
            let about = if number.is_multiple_of(10) { WORD } else { "kollektivtrafikk" };
            json!({"of": {"id": {"treatment": "sg"}}, "meeting": "bench:m0", "item": "1",
                "outcome": "decided", "day": "2016-12-10", "unanimous": true,
                "text": format!("Planen for {about} vedtas.")})
        };
        self.give_all((0..CASES).map(|c| (format!("{}/record-outcome", id(c)), decided(c)))).await;
        self.give("cases/bench:long/open".into(), opening("bench:sg", "En lang sak")).await;
        for number in 1..EVENTS {
            let title = format!("En lang sak, utgave {number}");
            let amended = json!({"title": title, "public_title": title});
            self.give("cases/bench:long/amend".into(), amended).await;
        }
    }

    /// How many seconds it takes until the relay and the read models have all that has been acknowledged.
    pub(crate) async fn behind(&self) -> anyhow::Result<f64> {
        let asked = Instant::now();
        let last = json!({"names": {"nb": "Det siste"}, "theme": "Klima", "purpose": "Felles tiltak.",
            "established": "2017"});
        let name = format!("last-{}", self.markers.fetch_add(1, Ordering::Relaxed));
        let to = format!("networks/bench:{name}/start");
        let given = self.api.gives(&self.secretariat, &to, last).await;
        let position = given.header("samvirke-position").to_owned();
        let seen = [("samvirke-position", position.as_str())];
        recovers(
            || self.api.get(&self.secretariat, "networks?cooperation=bench&limit=1", &seen),
            |answer| answer.status == 200,
        )
        .await;
        while !self.last_of_feed().await?.1.contains(&name) {
            tokio::time::sleep(LOOKED_AGAIN).await;
        }
        Ok(asked.elapsed().as_secs_f64())
    }

    /// The feed's last message, and where it is.
    async fn last_of_feed(&self) -> anyhow::Result<(u64, String)> {
        let mut feed = self.feed.clone();
        let last = feed.info().await?.state.last_sequence;
        let message = feed.get_raw_message(last).await?;
        Ok((last, String::from_utf8_lossy(&message.payload).into_owned()))
    }

    /// Where the feed ends, once it tells of everything.
    pub(crate) async fn end_of_feed(&self) -> anyhow::Result<u64> {
        self.behind().await?;
        Ok(self.last_of_feed().await?.0)
    }
}
