//! What a member reaches on a real nats-server with the accounts of a register, and what it does not.

mod cluster;
mod member;

use std::{collections::BTreeSet, fs, time::Duration};

use async_nats::{Client, ConnectOptions, jetstream};
use chrono::DateTime;
use nkeys::KeyPair;
use samvirke_kernel::receiver::{self, Receiver};
use samvirke_private_servers::{
    Accounts, NatsServer, Secret,
    accounts::{FILE, Login},
    nats::{USER, take_accounts},
    temporary::{self, Temporary},
};

use super::{
    change::Change,
    register::{Entry, Register},
};
use member::Member;

const PASSWORD: &str = "hemmelig";
const BAERUM: &str = "935478715";
const ASKER: &str = "920125298";
/// How long a cluster may take until it makes streams.
const MADE_WITHIN: Duration = Duration::from_secs(20);

/// A server with the feed, an event stream, and the accounts of a register.
struct World {
    server: Temporary<NatsServer>,
    owner: Client,
    register: Register,
}

impl World {
    async fn start() -> Self {
        let server = temporary::nats_with(|settings| {
            settings.accounts = Some(accounts(&Register::default()));
        });
        let server = server.await.unwrap();
        let owner = owner(&server).await;
        make_streams(&owner, 1).await;
        Self { server, owner, register: Register::default() }
    }

    /// Gives an account for the cooperation `v`.
    async fn give(&mut self, number: &str) -> KeyPair {
        let pair = enter(&mut self.register, number);
        let receiver = receiver_of(&self.register, number);
        receiver.ensure_consumer(&self.owner).await.unwrap();
        self.take().await;
        pair
    }

    async fn take(&self) {
        let directory = self.server.directory().join("nats");
        assert!(take_accounts(&directory, &accounts(&self.register)).await.unwrap());
    }

    /// Publishes in the feed, one message on each subject, with the subject as its text.
    async fn publish(&self, subjects: &[&str]) {
        publish(&self.owner, subjects).await;
    }

    async fn connect(&self, number: &str, pair: &KeyPair) -> Member {
        Member::connect(&self.server.url(), receiver_of(&self.register, number), pair).await
    }

    /// How many messages the feed and the event stream have.
    async fn stored(&self) -> u64 {
        let context = jetstream::new(self.owner.clone());
        let mut stored = 0;
        for name in ["FEED", "CASES"] {
            stored += context.get_stream(name).await.unwrap().cached_info().state.last_sequence;
        }
        stored
    }
}

fn accounts(register: &Register) -> Accounts {
    register.accounts(Login::Password { user: USER.into(), password: Secret::new(PASSWORD) })
}

fn enter(register: &mut Register, number: &str) -> KeyPair {
    let pair = KeyPair::new_user();
    let cooperations = ["v".parse().unwrap()].into();
    let entry = Entry { cooperations, key: pair.public_key(), issued_at: DateTime::UNIX_EPOCH };
    register.0.insert(number.parse().unwrap(), entry);
    pair
}

fn receiver_of(register: &Register, number: &str) -> Receiver {
    let mut all = register.receivers();
    all.find(|(one, _)| one.member.as_str() == number).unwrap().0
}

async fn owner(server: &NatsServer) -> Client {
    let options = ConnectOptions::with_user_and_password(USER.into(), PASSWORD.into());
    options.connect(server.url()).await.unwrap()
}

async fn make_streams(owner: &Client, replicas: usize) {
    for (name, subject) in [("FEED", "feed.>"), ("CASES", "es.cases.>")] {
        let config = jetstream::stream::Config {
            name: name.into(),
            subjects: vec![subject.into()],
            num_replicas: replicas,
            allow_direct: true,
            ..Default::default()
        };
        let context = jetstream::new(owner.clone());
        // A cluster that has just started may not count all its servers yet.
        let made = async {
            while context.create_stream(config.clone()).await.is_err() {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(MADE_WITHIN, made).await.unwrap();
    }
}

async fn publish(owner: &Client, subjects: &[&str]) {
    let context = jetstream::new(owner.clone());
    for subject in subjects {
        let sent = context.publish((*subject).to_owned(), (*subject).to_owned().into());
        sent.await.unwrap().await.unwrap();
    }
}

/// The feed as it goes on: what is for others, then what is public, then what is Bærum's.
const FEED: [&str; 5] = [
    "feed.v.member.920125298.case.sent",
    "feed.other.public.case.decided",
    "feed.v.public.case.decided",
    "feed.other.member.935478715.case.sent",
    "feed.v.member.935478715.case.sent",
];
const FOR_BAERUM: [&str; 2] = ["feed.v.public.case.decided", "feed.v.member.935478715.case.sent"];

#[tokio::test]
async fn a_member_hears_what_is_public_and_its_own_as_it_happens() {
    let mut world = World::start().await;
    world.give(ASKER).await;
    let key = world.give(BAERUM).await;
    let mut baerum = world.connect(BAERUM, &key).await;
    baerum.listen().await;
    world.publish(&FEED).await;
    assert_eq!(baerum.heard(2).await, FOR_BAERUM);
}

#[tokio::test]
async fn a_member_receives_from_the_beginning_what_is_public_and_its_own() {
    let mut world = World::start().await;
    world.publish(&FEED).await;
    let key = world.give(BAERUM).await;
    let baerum = world.connect(BAERUM, &key).await;
    let received = baerum.receive(2).await;
    let subjects: Vec<&str> = received.iter().map(|one| one.subject.as_str()).collect();
    assert_eq!(subjects, FOR_BAERUM, "on the subjects that they have in the feed");
    assert_eq!(received.iter().map(|one| one.position).collect::<Vec<_>>(), [3, 5]);
}

#[tokio::test]
async fn what_happens_while_a_member_is_away_and_what_it_did_not_acknowledge_is_not_lost() {
    let mut world = World::start().await;
    let key = world.give(BAERUM).await;
    world.publish(&["feed.v.public.case.a", "feed.v.public.case.b"]).await;
    let baerum = world.connect(BAERUM, &key).await;
    let received = baerum.receive(2).await;
    baerum.acknowledge(&received[0]).await;
    baerum.leave().await;
    world.publish(&["feed.v.public.case.c"]).await;
    member::resend_at_once(&world.owner, BAERUM).await;

    let baerum = world.connect(BAERUM, &key).await;
    let mut subjects = BTreeSet::new();
    while subjects.len() < 2 {
        let one = baerum.receive(1).await.remove(0);
        baerum.acknowledge(&one).await;
        subjects.insert(one.subject);
    }
    assert!(subjects.into_iter().eq(["feed.v.public.case.b", "feed.v.public.case.c"]));
    let number = BAERUM.parse().unwrap();
    let standing = receiver::status(&world.owner, &number).await.unwrap().unwrap();
    assert_eq!((standing.acknowledged, standing.unacknowledged, standing.behind), (3, 0, 0));
}

/// What a member might try, beside what it may.
fn tries() -> Vec<String> {
    let other = format!("member-{ASKER}");
    [
        "feed.v.public.case.decided",
        "feed.v.member.935478715.case.sent",
        "cmd.cases.v.case.x",
        "qry.case",
        "es.cases.v.case.x",
        "$JS.API.INFO",
        "$JS.API.STREAM.NAMES",
        "$JS.API.STREAM.INFO.CASES",
        "$JS.API.STREAM.INFO.FEED",
        "$JS.API.STREAM.MSG.GET.FEED",
        "$JS.API.DIRECT.GET.CASES",
        "$JS.API.DIRECT.GET.CASES.es.cases.v.case.x",
        "$JS.API.STREAM.CREATE.MINE",
        "$JS.API.STREAM.DELETE.FEED",
        "$JS.API.CONSUMER.CREATE.FEED",
        "$JS.API.CONSUMER.CREATE.FEED.mine",
        "$JS.API.CONSUMER.DURABLE.CREATE.FEED.mine",
        "$JS.API.CONSUMER.INFO.FEED.member-935478715",
        "$JS.API.CONSUMER.DELETE.FEED.member-935478715",
        "$SYS.REQ.ACCOUNT.PING.CONNZ",
    ]
    .into_iter()
    .map(str::to_owned)
    .chain([
        format!("$JS.API.CONSUMER.MSG.NEXT.FEED.{other}"),
        format!("$JS.API.CONSUMER.INFO.FEED.{other}"),
        format!("$JS.ACK.FEED.{other}.1.1.1.1.0"),
    ])
    .collect()
}

#[tokio::test]
async fn whatever_else_a_member_tries_is_refused() {
    let mut world = World::start().await;
    world.give(ASKER).await;
    let key = world.give(BAERUM).await;
    world.publish(&["feed.v.member.920125298.case.sent", "es.cases.v.case.x"]).await;
    let stored = world.stored().await;
    let mut baerum = world.connect(BAERUM, &key).await;
    for subject in tries() {
        baerum.publish(&subject).await;
        let refused = baerum.refused().await;
        assert!(refused.contains(&format!("Publish to \"{subject}\"")), "{subject}: {refused}");
    }
    let others = format!("feed.v.member.{ASKER}.>");
    for subject in [others.as_str(), "feed.>", "feed.other.public.>", "es.>", ">", "$JS.ACK.>"] {
        baerum.subscribe(subject).await;
        let refused = baerum.refused().await;
        assert!(
            refused.contains(&format!("Subscription to \"{subject}\"")),
            "{subject}: {refused}"
        );
    }
    assert_eq!(world.stored().await, stored, "nothing came into the streams");
}

#[tokio::test]
async fn even_without_permissions_its_account_keeps_a_member_from_what_is_others() {
    let mut world = World::start().await;
    world.give(ASKER).await;
    let key = world.give(BAERUM).await;
    world.server.kill().await;
    let file = world.server.directory().join("nats").join(FILE);
    let text = fs::read_to_string(&file).unwrap();
    let open: Vec<&str> = text.lines().filter(|line| !line.contains("permissions:")).collect();
    assert_eq!(open.len(), text.lines().count() - 2);
    fs::write(&file, open.join("\n")).unwrap();
    world.server.start_again().await.unwrap();
    world.owner = owner(&world.server).await;
    world.publish(&FEED).await;
    world.publish(&["es.cases.v.case.x"]).await;
    let stored = world.stored().await;

    let mut baerum = world.connect(BAERUM, &key).await;
    for subject in tries() {
        let answer = baerum.ask(&subject).await;
        let without = answer.contains("no responders") || answer.contains("not enabled");
        // It may know who it is itself.
        assert!(without || subject.starts_with("$SYS."), "{subject}: {answer}");
        assert!(!answer.contains("SAMVIRKE"), "{subject}: {answer}");
    }
    assert_eq!(world.stored().await, stored, "nothing came into the streams");
    baerum.listen_to(&["feed.>".to_owned()]).await;
    world.publish(&FEED).await;
    assert_eq!(baerum.heard(2).await, FOR_BAERUM);
}

#[tokio::test]
async fn a_revoked_account_is_cut_off_and_the_others_go_on() {
    let mut world = World::start().await;
    let (key, others) = (world.give(BAERUM).await, world.give(ASKER).await);
    let mut baerum = world.connect(BAERUM, &key).await;
    let mut asker = world.connect(ASKER, &others).await;
    asker.listen().await;
    let change = Change::revoke(&world.register, &BAERUM.parse().unwrap()).unwrap();
    world.register = change.after;
    world.take().await;
    baerum.is_cut_off().await;
    assert!(!Member::may_connect(&world.server.url(), &key).await);
    world.publish(&["feed.v.public.case.decided"]).await;
    assert_eq!(asker.heard(1).await, ["feed.v.public.case.decided"]);
    asker.receive(1).await;
    assert_eq!(asker.connections(), 1, "the connection was not dropped");
    assert_eq!(world.owner.statistics().connects.load(std::sync::atomic::Ordering::Relaxed), 1);
}

#[tokio::test]
async fn a_new_key_ends_the_old_one_and_keeps_the_place() {
    let mut world = World::start().await;
    world.publish(&["feed.v.public.case.a", "feed.v.public.case.b"]).await;
    let old = world.give(BAERUM).await;
    let mut baerum = world.connect(BAERUM, &old).await;
    let first = baerum.receive(1).await;
    baerum.acknowledge(&first[0]).await;
    let new = enter(&mut world.register, BAERUM);
    world.take().await;
    baerum.is_cut_off().await;
    assert!(!Member::may_connect(&world.server.url(), &old).await);
    let baerum = world.connect(BAERUM, &new).await;
    assert_eq!(baerum.receive(1).await[0].subject, "feed.v.public.case.b");
}

#[tokio::test]
async fn a_member_that_joins_another_cooperation_receives_it_from_then_on() {
    let mut world = World::start().await;
    let key = world.give(BAERUM).await;
    let mut wider = receiver_of(&world.register, BAERUM);
    wider.cooperations.insert("other".parse().unwrap());
    let change = Change::give(&world.register, wider.clone()).unwrap();
    assert!(change.seed.is_none(), "the key stays");
    world.register = change.after;
    wider.ensure_consumer(&world.owner).await.unwrap();
    world.take().await;
    world.publish(&FEED).await;
    let baerum = world.connect(BAERUM, &key).await;
    let received = baerum.receive(4).await;
    assert_eq!(received[0].subject, "feed.other.public.case.decided");
}
