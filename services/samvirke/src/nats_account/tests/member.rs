//! A member's program, written with nothing but plain NATS: connect, subscribe, publish.

use std::time::Duration;

use async_nats::{Client, ConnectOptions, Event, Subscriber, jetstream};
use futures::StreamExt;
use nkeys::KeyPair;
use samvirke_kernel::receiver::Receiver;
use tokio::sync::mpsc;

/// Far more than anything on the same machine takes.
const WITHIN: Duration = Duration::from_secs(20);

pub(crate) struct Member {
    client: Client,
    receiver: Receiver,
    events: mpsc::UnboundedReceiver<Event>,
    live: Option<futures::stream::SelectAll<Subscriber>>,
}

/// A message of the feed.
#[derive(Debug)]
pub(crate) struct Received {
    pub(crate) subject: String,
    pub(crate) position: u64,
    acknowledge_to: String,
}

impl Member {
    pub(crate) async fn connect(url: &str, receiver: Receiver, pair: &KeyPair) -> Self {
        let (tell, events) = mpsc::unbounded_channel();
        let options = options(pair).event_callback(move |event| {
            let tell = tell.clone();
            async move {
                let _nobody_listens = tell.send(event);
            }
        });
        let client = options.connect(url).await.unwrap();
        Self { client, receiver, events, live: None }
    }

    pub(crate) async fn may_connect(url: &str, pair: &KeyPair) -> bool {
        options(pair).connect(url).await.is_ok()
    }

    /// Asks for `count` messages and waits for them.
    pub(crate) async fn receive(&self, count: usize) -> Vec<Received> {
        let received =
            self.pull(count, &format!(r#"{{"batch": {count}, "expires": 15000000000}}"#)).await;
        assert_eq!(received.len(), count);
        received
    }

    /// Asks for what is there. What was stored a moment ago may not be there yet.
    pub(crate) async fn receive_now(&self) -> Vec<Received> {
        self.pull(10, r#"{"batch": 10, "no_wait": true}"#).await
    }

    async fn pull(&self, most: usize, wanted: &str) -> Vec<Received> {
        let inbox = self.client.new_inbox();
        let mut answers = self.client.subscribe(inbox.clone()).await.unwrap();
        let next = self.receiver.next();
        self.client
            .publish_with_reply(next, inbox.clone(), wanted.to_owned().into())
            .await
            .unwrap();
        let mut received = Vec::new();
        // After as many as were asked for, nothing is said.
        while received.len() < most {
            let message = within(answers.next()).await.unwrap();
            if message.subject.as_str() == inbox {
                let status = message.status.expect("only a word about the request comes here");
                assert!([404, 408].contains(&status.as_u16()), "{status}");
                break;
            }
            assert_eq!(message.payload, message.subject.as_str(), "as it was published");
            let acknowledge_to = message.reply.unwrap().to_string();
            let position = acknowledge_to.split('.').nth(5).unwrap().parse().unwrap();
            let subject = message.subject.to_string();
            received.push(Received { subject, position, acknowledge_to });
        }
        received
    }

    /// Acknowledges and waits until that is confirmed.
    pub(crate) async fn acknowledge(&self, received: &Received) {
        let asked = self.client.request(received.acknowledge_to.clone(), "+ACK".into());
        within(asked).await.unwrap();
    }

    /// Listens to what happens from now on.
    pub(crate) async fn listen(&mut self) {
        self.listen_to(&self.receiver.subjects()).await;
    }

    pub(crate) async fn listen_to(&mut self, subjects: &[String]) {
        let mut live = Vec::new();
        for subject in subjects {
            live.push(self.client.subscribe(subject.clone()).await.unwrap());
        }
        self.settled().await;
        self.live = Some(futures::stream::select_all(live));
    }

    /// The subjects of the first `count` messages that are heard.
    pub(crate) async fn heard(&mut self, count: usize) -> Vec<String> {
        let live = self.live.as_mut().unwrap();
        let mut heard = Vec::new();
        while heard.len() < count {
            heard.push(within(live.next()).await.unwrap().subject.to_string());
        }
        heard
    }

    pub(crate) async fn publish(&self, subject: &str) {
        let (subject, inbox) = (subject.to_owned(), self.client.new_inbox());
        self.client.publish_with_reply(subject, inbox, "{}".into()).await.unwrap();
    }

    /// Subscribes, to be told whether it may.
    pub(crate) async fn subscribe(&self, subject: &str) {
        drop(self.client.subscribe(subject.to_owned()).await.unwrap());
    }

    /// What is answered, or why nothing is.
    pub(crate) async fn ask(&self, subject: &str) -> String {
        match within(self.client.request(subject.to_owned(), "{}".into())).await {
            Ok(message) => String::from_utf8_lossy(&message.payload).into_owned(),
            Err(error) => error.to_string(),
        }
    }

    /// What the server says that it refuses.
    pub(crate) async fn refused(&mut self) -> String {
        loop {
            if let Event::ServerError(error) = within(self.events.recv()).await.unwrap() {
                return error.to_string();
            }
        }
    }

    /// Waits until the server has closed the connection.
    pub(crate) async fn is_cut_off(&mut self) {
        while within(self.events.recv()).await.unwrap() != Event::Disconnected {}
    }

    /// How often it has connected.
    pub(crate) fn connections(&self) -> u64 {
        self.client.statistics().connects.load(std::sync::atomic::Ordering::Relaxed)
    }

    pub(crate) async fn leave(mut self) {
        self.client.drain().await.unwrap();
        while within(self.events.recv()).await.unwrap() != Event::Closed {}
    }

    /// Waits until the server has seen all subscriptions.
    async fn settled(&self) {
        let inbox = self.client.new_inbox();
        let mut own = self.client.subscribe(inbox.clone()).await.unwrap();
        // It may not publish to its own inbox, so an empty request to the feed answers instead.
        let empty = r#"{"batch": 1, "no_wait": true}"#;
        let asked = self.client.publish_with_reply(self.receiver.next(), inbox, empty.into());
        asked.await.unwrap();
        within(own.next()).await.unwrap();
    }
}

/// Lets what is not acknowledged come again after a moment.
pub(crate) async fn resend_at_once(owner: &Client, number: &str) {
    let feed = jetstream::new(owner.clone()).get_stream("FEED").await.unwrap();
    let name = format!("member-{number}");
    let place: jetstream::consumer::PullConsumer = feed.get_consumer(&name).await.unwrap();
    let mut config = place.cached_info().config.clone();
    config.ack_wait = Duration::from_millis(100);
    let config: jetstream::consumer::pull::Config =
        jetstream::consumer::FromConsumer::try_from_consumer_config(config).unwrap();
    feed.update_consumer(config).await.unwrap();
}

fn options(pair: &KeyPair) -> ConnectOptions {
    ConnectOptions::with_nkey(pair.seed().unwrap())
}

async fn within<T>(done: impl Future<Output = T>) -> T {
    tokio::time::timeout(WITHIN, done).await.expect("it takes too long")
}
