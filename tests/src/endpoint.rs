//! The endpoint of a member's system that takes webhooks, as well or as badly as a test wants it to.
//!
//! It speaks HTTP/1.1 over a plain socket, since a server library would not let it misbehave.

#![expect(clippy::unwrap_used, reason = "a broken test should panic")]

use std::{
    collections::VecDeque,
    io,
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use samvirke_schemas::feed::CloudEvent;
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    sync::{Mutex as Held, mpsc},
    task::{JoinHandle, JoinSet},
};

/// How long a request may be waited for.
const HEARD_WITHIN: Duration = Duration::from_secs(30);

/// What it does with a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// Answers with this status.
    Answer(u16),
    /// Answers with this head, after the status line's `HTTP/1.1 `.
    Head(&'static str),
    /// Hangs up without a word.
    HangUp,
    /// Says nothing until the caller has given up, and answers 200 then.
    Late,
    /// Says 200 and breaks off in the middle of the body.
    HalfAnAnswer,
}

/// A request that came.
#[derive(Clone, Debug)]
pub struct ReceivedRequest {
    /// When it had come in full.
    pub at: Instant,
    /// What is done with it.
    pub act: Act,
    pub method: String,
    pub path: String,
    headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl ReceivedRequest {
    pub fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(own, _)| own == name);
        found.map_or("", |(_, value)| value.as_str())
    }

    pub fn event(&self) -> CloudEvent {
        serde_json::from_slice(&self.body).unwrap()
    }
}

pub struct Endpoint {
    address: SocketAddr,
    deliveries: Held<mpsc::UnboundedReceiver<ReceivedRequest>>,
    askings: Held<mpsc::UnboundedReceiver<ReceivedRequest>>,
    receiver: Receiver,
    /// It listens, unless it has gone away.
    task: Option<JoinHandle<()>>,
}

/// How it behaves, and where what it hears goes.
#[derive(Clone)]
struct Receiver {
    manners: Arc<Manners>,
    delivered: mpsc::UnboundedSender<ReceivedRequest>,
    asked: mpsc::UnboundedSender<ReceivedRequest>,
}

#[derive(Debug)]
struct Manners {
    /// What it does next; when there is nothing left, the last is done again.
    to_deliveries: Mutex<VecDeque<Act>>,
    to_asking: Mutex<VecDeque<Act>>,
}

/// What most endpoints say to being asked.
pub const AGREES: Act =
    Act::Head("200 OK\r\nWebHook-Allowed-Origin: samvirke.test\r\nWebHook-Allowed-Rate: *");

impl Endpoint {
    /// One that wants deliveries and takes them.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (delivered, deliveries) = mpsc::unbounded_channel();
        let (asked, askings) = mpsc::unbounded_channel();
        let manners = Arc::new(Manners {
            to_deliveries: Mutex::new([Act::Answer(204)].into()),
            to_asking: Mutex::new([AGREES].into()),
        });
        let receiver = Receiver { manners, delivered, asked };
        let task = Some(tokio::spawn(listen(listener, receiver.clone())));
        let (deliveries, askings) = (Held::new(deliveries), Held::new(askings));
        Self { address, deliveries, askings, receiver, task }
    }

    /// Ends as a process does that is killed: nothing listens, and what was being answered breaks off.
    /// What it has heard stays.
    pub fn goes_away(&mut self) {
        if let Some(task) = self.task.take() {
            task.abort();
        }
    }

    /// Listens again where it did before.
    ///
    /// # Errors
    ///
    /// When somebody else listens there.
    pub async fn comes_back(&mut self) -> io::Result<()> {
        let listener = TcpListener::bind(self.address).await?;
        self.task = Some(tokio::spawn(listen(listener, self.receiver.clone())));
        Ok(())
    }

    /// What it does with the next deliveries, the last for good.
    pub fn to_deliveries(&self, acts: impl IntoIterator<Item = Act>) {
        *self.receiver.manners.to_deliveries.lock().unwrap() = acts.into_iter().collect();
    }

    /// What it does when it is asked, the last for good.
    pub fn to_asking(&self, acts: impl IntoIterator<Item = Act>) {
        *self.receiver.manners.to_asking.lock().unwrap() = acts.into_iter().collect();
    }

    pub fn url(&self) -> String {
        format!("http://{}/hendelser?nokkel=1", self.address)
    }

    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// The next delivery.
    #[track_caller]
    pub fn next(&self) -> impl Future<Output = ReceivedRequest> {
        let location = std::panic::Location::caller();
        async move {
            let mut deliveries = self.deliveries.lock().await;
            match tokio::time::timeout(HEARD_WITHIN, deliveries.recv()).await {
                Ok(heard) => heard.unwrap(),
                Err(_) => panic!("nothing was delivered in time at {location}"),
            }
        }
    }

    /// The next delivery, however long it takes.
    pub async fn heard(&self) -> Option<ReceivedRequest> {
        self.deliveries.lock().await.recv().await
    }

    /// The next times it was asked.
    pub async fn asked(&self) -> ReceivedRequest {
        let mut askings = self.askings.lock().await;
        tokio::time::timeout(HEARD_WITHIN, askings.recv()).await.expect("it is asked").unwrap()
    }

    /// The positions of the next `count` events, where a repetition counts once.
    pub async fn positions(&self, count: usize) -> Vec<String> {
        let mut seen: Vec<String> = Vec::new();
        let mut ids = std::collections::HashMap::new();
        while seen.len() < count {
            let event = self.next().await.event();
            let known = ids.entry(event.position.clone()).or_insert(event.id);
            assert_eq!(*known, event.id, "a repetition has the same id");
            if !seen.contains(&event.position) {
                seen.push(event.position);
            }
        }
        seen
    }

    /// The positions of the events until this one comes, where a repetition counts once.
    pub async fn positions_until(&self, last: u64) -> Vec<String> {
        let last = format!("FEED:{last}");
        let mut seen: Vec<String> = Vec::new();
        while seen.last() != Some(&last) {
            let position = self.next().await.event().position;
            if !seen.contains(&position) {
                seen.push(position);
            }
        }
        seen
    }

    /// What has been delivered and not looked at.
    pub async fn more(&self) -> Option<ReceivedRequest> {
        self.deliveries.lock().await.try_recv().ok()
    }
}

impl Drop for Endpoint {
    fn drop(&mut self) {
        self.goes_away();
    }
}

/// Takes connections; with it goes whatever it was doing on them.
async fn listen(listener: TcpListener, receiver: Receiver) {
    let mut serving = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        let receiver = receiver.clone();
        serving.spawn(async move {
            // Whoever hangs up in the middle is no failure here.
            let _hung_up = serve(stream, &receiver).await;
        });
        while serving.try_join_next().is_some() {}
    }
}

fn next_act(acts: &Mutex<VecDeque<Act>>) -> Act {
    let mut acts = acts.lock().unwrap();
    if acts.len() > 1 { acts.pop_front().unwrap() } else { acts[0].clone() }
}

async fn serve(stream: TcpStream, receiver: &Receiver) -> io::Result<()> {
    let mut stream = BufReader::new(stream);
    while let Some(heard) = read(&mut stream, &receiver.manners).await? {
        let told = if heard.method == "OPTIONS" { &receiver.asked } else { &receiver.delivered };
        let act = heard.act.clone();
        let head = match &act {
            Act::Answer(status) => format!("{status} X"),
            Act::Head(head) => (*head).to_owned(),
            Act::HangUp => {
                let _nobody_looks = told.send(heard);
                return Ok(());
            }
            Act::Late => {
                let _nobody_looks = told.send(heard);
                // The caller hangs up when it has waited long enough.
                let mut nothing = [0; 1];
                let _gone = stream.read(&mut nothing).await;
                stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await?;
                return Ok(());
            }
            Act::HalfAnAnswer => {
                let _nobody_looks = told.send(heard);
                stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\nhalf").await?;
                return Ok(());
            }
        };
        let answer = format!("HTTP/1.1 {head}\r\ncontent-length: 4\r\n\r\nsvar");
        let answer = match head.starts_with("204") {
            true => format!("HTTP/1.1 {head}\r\n\r\n"),
            false => answer,
        };
        stream.write_all(answer.as_bytes()).await?;
        stream.flush().await?;
        let _nobody_looks = told.send(heard);
    }
    Ok(())
}

/// Reads one request; nothing where the caller has hung up.
async fn read(
    stream: &mut BufReader<TcpStream>,
    manners: &Manners,
) -> io::Result<Option<ReceivedRequest>> {
    let mut line = String::new();
    if stream.read_line(&mut line).await? == 0 {
        return Ok(None);
    }
    let mut words = line.split_whitespace().map(ToOwned::to_owned);
    let (method, path) = (words.next().unwrap(), words.next().unwrap());
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).await?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let named = |(name, value): &(String, String)| {
        (name == "content-length").then(|| value.parse().unwrap_or(0))
    };
    let mut body = vec![0; headers.iter().find_map(named).unwrap_or(0)];
    stream.read_exact(&mut body).await?;
    let act = next_act(match method.as_str() {
        "OPTIONS" => &manners.to_asking,
        _ => &manners.to_deliveries,
    });
    Ok(Some(ReceivedRequest { at: Instant::now(), act, method, path, headers, body }))
}
