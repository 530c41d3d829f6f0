//! A mail server for tests: it speaks SMTP (RFC 5321) without extensions, and misbehaves when told
//! to.

#![expect(clippy::unwrap_used, reason = "a broken test should panic")]

use std::{
    collections::HashMap,
    net::{Ipv4Addr, SocketAddr},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream, tcp::OwnedWriteHalf},
    sync::{Notify, watch},
};

/// What the server does with mail to an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Does {
    /// 451 to the receiver.
    TryLater,
    /// 550 to the receiver.
    Refuse,
    /// Takes the mail and never answers.
    HangAfterData,
    /// Takes the mail and answers only when [`Smtp::go_on`] is called.
    WaitAfterData,
    /// Takes the mail and closes the connection without an answer.
    DropAfterData,
    /// Never answers to the receiver.
    HangBefore,
}

/// A mail as the server got it.
#[derive(Clone, Debug)]
pub struct Mail {
    pub to: String,
    pub raw: Vec<u8>,
    /// Whether the sender was told that it was taken.
    pub acknowledged: bool,
}

#[derive(Default)]
struct Shared {
    does: Mutex<HashMap<String, Does>>,
    mails: Mutex<Vec<Mail>>,
    go_on: Notify,
    /// Connections beyond so many are turned away with 421.
    connections_max: Mutex<Option<usize>>,
    open: AtomicUsize,
    /// The most that were open at once.
    most_open: AtomicUsize,
}

/// The server; it ends with the test's runtime.
pub struct Smtp {
    pub address: SocketAddr,
    shared: Arc<Shared>,
    /// How often somebody is waiting for an answer that does not come.
    hanging: watch::Receiver<u32>,
}

impl Smtp {
    pub async fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::<Shared>::default();
        let (hangs, hanging) = watch::channel(0);
        let accepting = shared.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (shared, hangs) = (accepting.clone(), hangs.clone());
                tokio::spawn(async move {
                    let open = shared.open.fetch_add(1, Ordering::SeqCst) + 1;
                    shared.most_open.fetch_max(open, Ordering::SeqCst);
                    let max = *shared.connections_max.lock().unwrap();
                    // A client that goes away ends its own connection only.
                    let _ended = if max.is_some_and(|max| open > max) {
                        let (_input, mut out) = stream.into_split();
                        out.write_all(b"421 4.7.0 too many connections\r\n").await
                    } else {
                        Session::serve(stream, &shared, &hangs).await
                    };
                    shared.open.fetch_sub(1, Ordering::SeqCst);
                });
            }
        });
        Self { address, shared, hanging }
    }

    /// From now on mail to `address` is treated so; `None` takes it as any other.
    pub fn does(&self, address: &str, does: Option<Does>) {
        let mut all = self.shared.does.lock().unwrap();
        match does {
            Some(does) => all.insert(address.to_owned(), does),
            None => all.remove(address),
        };
    }

    /// Turns away connections beyond so many.
    pub fn allows(&self, connections: usize) {
        *self.shared.connections_max.lock().unwrap() = Some(connections);
    }

    /// The most connections that were open at once.
    pub fn most_open(&self) -> usize {
        self.shared.most_open.load(Ordering::SeqCst)
    }

    /// Lets the server answer where it waits after a mail.
    pub fn go_on(&self) {
        self.shared.go_on.notify_one();
    }

    /// What has arrived so far.
    pub fn mails(&self) -> Vec<Mail> {
        self.shared.mails.lock().unwrap().clone()
    }

    /// What has arrived since the last time.
    pub fn take(&self) -> Vec<Mail> {
        std::mem::take(&mut self.shared.mails.lock().unwrap())
    }

    /// Waits until somebody waits for an answer that does not come, for the `times`th time.
    pub async fn hangs(&self, times: u32) {
        self.hanging.clone().wait_for(|hanging| *hanging >= times).await.unwrap();
    }
}

struct Session<'a> {
    shared: &'a Shared,
    hangs: &'a watch::Sender<u32>,
    out: OwnedWriteHalf,
    to: Option<String>,
}

impl<'a> Session<'a> {
    async fn serve(
        stream: TcpStream,
        shared: &'a Shared,
        hangs: &'a watch::Sender<u32>,
    ) -> std::io::Result<()> {
        let (input, out) = stream.into_split();
        let mut session = Session { shared, hangs, out, to: None };
        let mut input = BufReader::new(input);
        session.say("220 mx.example ESMTP").await?;
        let mut line = Vec::new();
        loop {
            line.clear();
            if input.read_until(b'\n', &mut line).await? == 0 {
                return Ok(());
            }
            let command = String::from_utf8_lossy(&line).trim_end().to_owned();
            let verb = command.split([' ', ':']).next().unwrap_or_default().to_ascii_uppercase();
            match verb.as_str() {
                "EHLO" => session.say("250-mx.example\r\n250 8BITMIME").await?,
                "RCPT" => session.receiver(&command).await?,
                "DATA" if session.to.is_none() => session.say("503 no receiver").await?,
                "DATA" => {
                    session.say("354 go on").await?;
                    let raw = read_data(&mut input).await?;
                    if !session.data(raw).await? {
                        return Ok(());
                    }
                }
                "QUIT" => {
                    session.say("221 bye").await?;
                    return Ok(());
                }
                "MAIL" | "NOOP" | "RSET" | "HELO" => {
                    session.to = None;
                    session.say("250 ok").await?;
                }
                _ => session.say("500 what?").await?,
            }
        }
    }

    async fn receiver(&mut self, command: &str) -> std::io::Result<()> {
        let address = command.split(['<', '>']).nth(1).unwrap_or_default().to_owned();
        match self.treatment(&address) {
            Some(Does::TryLater) => self.say(&format!("451 4.7.1 <{address}> greylisted")).await,
            Some(Does::Refuse) => self.say(&format!("550 5.1.1 <{address}> unknown")).await,
            Some(Does::HangBefore) => self.hang().await,
            Some(Does::HangAfterData | Does::WaitAfterData | Does::DropAfterData) | None => {
                self.to = Some(address);
                self.say("250 ok").await
            }
        }
    }

    /// Takes a mail; says whether the connection goes on.
    async fn data(&mut self, raw: Vec<u8>) -> std::io::Result<bool> {
        let to = self.to.take().unwrap_or_default();
        let does = self.treatment(&to);
        let acknowledged = matches!(does, None | Some(Does::WaitAfterData));
        self.shared.mails.lock().unwrap().push(Mail { to, raw, acknowledged });
        match does {
            None => self.say("250 2.0.0 taken").await.map(|()| true),
            Some(Does::WaitAfterData) => {
                self.hangs.send_modify(|hanging| *hanging += 1);
                self.shared.go_on.notified().await;
                self.say("250 2.0.0 taken").await.map(|()| true)
            }
            Some(Does::HangAfterData) => self.hang().await.map(|()| false),
            Some(Does::DropAfterData | Does::TryLater | Does::Refuse | Does::HangBefore) => {
                Ok(false)
            }
        }
    }

    fn treatment(&self, address: &str) -> Option<Does> {
        self.shared.does.lock().unwrap().get(address).copied()
    }

    async fn hang(&mut self) -> std::io::Result<()> {
        self.hangs.send_modify(|hanging| *hanging += 1);
        // Until the client gives up.
        std::future::pending().await
    }

    async fn say(&mut self, answer: &str) -> std::io::Result<()> {
        self.out.write_all(format!("{answer}\r\n").as_bytes()).await
    }
}

/// Reads up to the line with a dot, and undoes what keeps other dots apart from it.
async fn read_data(input: &mut (impl AsyncBufReadExt + Unpin)) -> std::io::Result<Vec<u8>> {
    let mut raw = Vec::new();
    loop {
        let mut line = Vec::new();
        if input.read_until(b'\n', &mut line).await? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        if line == b".\r\n" {
            return Ok(raw);
        }
        raw.extend_from_slice(line.strip_prefix(b".").unwrap_or(&line));
    }
}
