//! The channels: what each who can have one is told by it, from the beginning on.
//!
//! Webhooks, accounts and mailboxes are real ones. They are read when all has been told, so that what was told
//! and then withheld is replayed, and is not to be found.

use std::{collections::BTreeSet, fs, sync::Mutex, time::Duration};

use async_nats::ConnectOptions;
use futures::{StreamExt, future::join_all};
use mail_parser::MessageParser;
use samvirke_kernel::{clock, publication::Publication};
use samvirke_schemas::feed::{self, CloudEvent};
use samvirke_tests::{
    Act, Endpoint, Mail, Smtp, Up,
    api::{Api, Caller},
};
use serde_json::{Value, json};

use super::{
    history::{LAST, MAILBOXES, TOLD_WITHIN, about, tag, told},
    readers::{FORMER, MEMBER, PARTY, READERS, SEATED},
};

/// The channels, in the order of the table.
pub(crate) const CHANNELS: &[&str] =
    &["feed", "feed-stream", "webhook", "nats-account", "mail-before", "mail"];
/// How long a channel may take to bring everything.
const WITHIN: Duration = Duration::from_secs(60);
/// Whose system is subscribed, as which reader.
const SUBSCRIBED: &[(&str, &str, Option<&str>)] = &[
    ("party", "party's machine", Some(PARTY)),
    ("member", "member's machine", Some(MEMBER)),
    ("seated", "delegate with a seat", Some(SEATED)),
    ("secretariat", "secretariat", None),
];
/// Who has an account. Whoever left has none any longer; the operator revokes it.
const ACCOUNTS: &[(&str, &str)] = &[("party's machine", PARTY), ("member's machine", MEMBER)];

/// What somebody was told by a channel.
pub(crate) struct Reading {
    pub(crate) channel: &'static str,
    /// The column of the table.
    pub(crate) reader: &'static str,
    pub(crate) text: String,
}

/// Everything that is listened with.
pub(crate) struct Channels<'a> {
    up: &'a Up,
    api: &'a Api,
    smtp: Smtp,
    /// Of a member that has left meanwhile.
    former: Endpoint,
    /// Is no more.
    gone: Endpoint,
    /// The mails that were sent before something was withheld.
    sent_before: Mutex<Option<String>>,
}

impl<'a> Channels<'a> {
    /// Waits for a member that will leave, and at an endpoint that is gone.
    pub(crate) async fn new(up: &'a Up, api: &'a Api, smtp: Smtp) -> Self {
        let (former, gone) = (Endpoint::start().await, Endpoint::start().await);
        gone.to_deliveries([Act::Answer(410)]);
        Self { up, api, smtp, former, gone, sent_before: Mutex::default() }
    }

    /// Subscribes while the member that will leave is there.
    pub(crate) async fn subscribe(&self) {
        let former = json!({"member": {"member": FORMER}});
        self.create("former", &former, &self.former, json!({"now": {}})).await;
        self.former.asked().await;
        let secretariat = self.api.secretariat();
        let to = "subscriptions/prove:former/suspend";
        self.api.gives(&secretariat, to, json!({"reason": "Til alt er fortalt."})).await;
        let owner = json!({"member": {"member": PARTY}});
        self.create("gone", &owner, &self.gone, json!({"position": {"after": "FEED:0"}})).await;
    }

    async fn create(&self, name: &str, owner: &Value, endpoint: &Endpoint, from: Value) {
        let create = json!({"owner": owner, "from": from,
            "channel": {"webhook": {"endpoint": endpoint.url()}}});
        let to = format!("subscriptions/prove:{name}/create");
        self.api.gives(&self.api.secretariat(), &to, create).await;
    }

    /// Reads every channel as everybody who can have it.
    pub(crate) async fn read(&self) -> Vec<Reading> {
        told(self.api, &self.api.secretariat(), LAST).await;
        self.nothing_is_to_be_erased().await;
        let mut readings = Vec::new();
        for reader in READERS {
            let caller = reader.caller(self.api);
            let pulled = pull(self.api, &caller).await;
            readings.push(reading("feed", reader.name, &pulled));
            let streamed = self.stream(&caller).await;
            readings.push(reading("feed-stream", reader.name, &streamed));
        }
        readings.extend(self.webhooks().await);
        for (reader, member) in ACCOUNTS {
            let received = self.account(member).await;
            readings.push(reading("nats-account", reader, &received));
        }
        readings.extend(self.mail().await);
        readings
    }

    /// Waits until what was withheld stands in the stream no longer, which programs on NATS read.
    async fn nothing_is_to_be_erased(&self) {
        let nats = self.up.addresses().unwrap().nats;
        let options = ConnectOptions::with_user_and_password(nats.user, nats.password);
        let client = options.connect(nats.url).await.unwrap();
        let publication = Publication::reading(client, feed::STREAM).await.unwrap();
        let erased = async {
            while remains(&publication).await {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(WITHIN, erased).await.expect("what is withheld is erased");
    }

    async fn stream(&self, caller: &Caller) -> Vec<Value> {
        let path = "feed/stream?cooperation=prove&after=FEED:0";
        let mut stream = self.api.stream(caller, path).await;
        let mut events = Vec::new();
        let mut rest = Vec::new();
        let reading = async {
            while !is_all(&events) {
                rest.extend_from_slice(&stream.chunk().await.unwrap().unwrap());
                while let Some(end) = rest.windows(2).position(|pair| pair == b"\n\n") {
                    let frame: Vec<u8> = rest.drain(..end + 2).collect();
                    let frame = String::from_utf8(frame).unwrap();
                    let data = frame.lines().find_map(|line| line.strip_prefix("data: "));
                    events.extend(data.map(|data| serde_json::from_str(data).unwrap()));
                }
            }
        };
        tokio::time::timeout(WITHIN, reading).await.expect("the stream tells everything");
        events
    }

    async fn webhooks(&self) -> Vec<Reading> {
        let from = json!({"position": {"after": "FEED:0"}});
        let mut endpoints = Vec::new();
        for (name, reader, member) in SUBSCRIBED {
            let owner = match member {
                Some(member) => json!({"member": {"member": member}}),
                None => json!({"secretariat": {}}),
            };
            let endpoint = Endpoint::start().await;
            self.create(name, &owner, &endpoint, from.clone()).await;
            endpoints.push((*reader, endpoint));
        }
        let to = "subscriptions/prove:former/resume";
        self.api.gives(&self.api.secretariat(), to, json!({"from": from})).await;
        let former = ("former member's machine", &self.former);
        let all = endpoints.iter().map(|(reader, endpoint)| (*reader, endpoint)).chain([former]);
        let delivered = all.map(async |(reader, endpoint)| {
            let mut events = Vec::new();
            while !is_all(&events) {
                events.push(serde_json::from_slice(&endpoint.next().await.body).unwrap());
            }
            reading("webhook", reader, &events)
        });
        join_all(delivered).await
    }

    /// What a program with the member's account receives and acknowledges.
    async fn account(&self, member: &str) -> Vec<Value> {
        let file = self.up.data().join(format!("{member}.seed"));
        let out = file.to_string_lossy();
        let words = ["nats-account", member, "--cooperation", "prove", "--out", &out];
        let given = self.up.command(&words).output().unwrap();
        assert!(given.status.success(), "{}", String::from_utf8_lossy(&given.stderr));
        let seed = fs::read_to_string(&file).unwrap().trim().to_owned();
        let url = self.up.addresses().unwrap().nats.url;
        let client = ConnectOptions::with_nkey(seed).connect(url).await.unwrap();
        let inbox = client.new_inbox();
        let mut messages = client.subscribe(inbox.clone()).await.unwrap();
        let next = format!("$JS.API.CONSUMER.MSG.NEXT.FEED.member-{member}");
        let mut events = Vec::new();
        let receiving = async {
            while !is_all(&events) {
                let wanted = r#"{"batch": 1, "expires": 5000000000}"#;
                client
                    .publish_with_reply(next.clone(), inbox.clone(), wanted.into())
                    .await
                    .unwrap();
                let message = messages.next().await.unwrap();
                let Some(reply) = message.reply.clone() else { continue };
                client.publish(reply, "+ACK".into()).await.unwrap();
                events.push(serde_json::from_slice(&message.payload).unwrap());
            }
        };
        tokio::time::timeout(WITHIN, receiving).await.expect("the account receives everything");
        events
    }

    /// Waits until nothing is left to be sent, and so many of these notices have been.
    pub(crate) async fn all_mail_is_sent(&self, notices: &[(&str, usize)]) {
        let secretariat = self.api.secretariat();
        let address = "notifications?cooperation=prove&limit=200";
        let begun = clock::now();
        loop {
            let answer = self.api.get(&secretariat, address, &[]).await;
            let rows = answer.body["items"].as_array().unwrap();
            let is_sent = |(notice, count): &(&str, usize)| {
                let sent = |row: &&Value| row["notice"] == *notice && row["state"] == "sent";
                rows.iter().filter(sent).count() >= *count
            };
            let waits = rows.iter().any(|row| row["state"] == "waiting");
            if notices.iter().all(is_sent) && !waits {
                break;
            }
            assert!(clock::now() - begun < TOLD_WITHIN, "not everything is sent: {}", answer.body);
        }
        let mails = self.smtp.mails().iter().map(legible).collect::<Vec<_>>().join("\n");
        self.sent_before.lock().unwrap().get_or_insert(mails);
    }

    /// What was sent before something was withheld, and what has been sent since.
    async fn mail(&self) -> Vec<Reading> {
        let last = [("meeting-cancelled", 2), ("agenda-changed", 8), ("delivery-stopped", 2)];
        self.all_mail_is_sent(&last).await;
        let mails = self.smtp.mails();
        for address in MAILBOXES {
            assert!(mails.iter().any(|mail| mail.to == *address), "nothing has come to {address}");
        }
        let all = mails.iter().map(legible).collect::<Vec<_>>().join("\n");
        let before = self.sent_before.lock().unwrap().clone().unwrap_or_default();
        let since = all.strip_prefix(before.as_str()).unwrap().to_owned();
        let reading = |channel, text| Reading { channel, reader: "public", text };
        vec![reading("mail-before", before), reading("mail", since)]
    }
}

/// A mail with all its parts, as a program shows it.
fn legible(mail: &Mail) -> String {
    let read = MessageParser::default().parse(&mail.raw).unwrap();
    let headers = String::from_utf8_lossy(&mail.raw).split("\r\n\r\n").next().unwrap().to_owned();
    let parts = read.parts.iter().map(|part| String::from_utf8_lossy(part.contents()));
    // Lines of a calendar are folded.
    let parts = parts.map(|part| part.replace("\r\n ", "")).collect::<Vec<_>>().join("\n");
    format!("{headers}\n{}\n{parts}", read.subject().unwrap_or_default())
}

/// Whether the feed still holds an event that it has told to forget.
async fn remains(publication: &Publication) -> bool {
    let mut told = BTreeSet::new();
    let mut after = 0;
    let mut remains = false;
    loop {
        let page = publication.page(feed::EVENT_SUBJECTS, after, 100).await.unwrap();
        let Some(last) = page.last() else { return remains };
        after = last.sequence;
        for message in &page {
            let event: CloudEvent = serde_json::from_slice(&message.payload).unwrap();
            let data: Value = serde_json::from_str(event.data.get()).unwrap();
            if ["case.withheld", "meeting.item-withheld"].contains(&event.tag()) {
                let ids: BTreeSet<String> = serde_json::from_value(data["events"].clone()).unwrap();
                remains |= ids.iter().any(|id| told.contains(id));
            }
            told.insert(event.id.to_string());
        }
    }
}

/// All that is given from the beginning on.
pub(crate) async fn pull(api: &Api, caller: &Caller) -> Vec<Value> {
    let mut events = Vec::new();
    for cooperation in ["prove", "annet"] {
        let mut after = "FEED:0".to_owned();
        let mut more = true;
        while more {
            let path = format!("feed?cooperation={cooperation}&after={after}&limit=1000");
            let page = api.get(caller, &path, &[]).await;
            assert_eq!(page.status, 200, "{}", page.body);
            events.extend(page.body["events"].as_array().unwrap().iter().cloned());
            more = page.body["more"] == true;
            page.body["next"].as_str().unwrap().clone_into(&mut after);
        }
    }
    events
}

/// Whether what everybody is told last was told.
fn is_all(events: &[Value]) -> bool {
    let public = LAST.iter().filter(|(tag, _)| *tag != "subscription.stopped");
    public.clone().all(|one| events.iter().any(|event| (tag(event), about(event)) == *one))
}

fn reading(channel: &'static str, reader: &'static str, events: &[Value]) -> Reading {
    let text = events.iter().map(Value::to_string).collect::<Vec<_>>().join("\n");
    Reading { channel, reader, text }
}
