//! Very many connections: from one address readers of the feed, of whom some take nothing of what they are
//! sent; from another callers that never come to the end of their request, and some that have one question.
//!
//! Whoever is turned away comes again at once, as programs do that know no better. Invariant: each address
//! has too much of one thing only, so that what is refused does not depend on who comes first.

use std::{
    cell::Cell,
    net::{IpAddr, SocketAddr},
    time::Duration,
};

use futures::{StreamExt, stream::FuturesUnordered};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
    time::interval,
};

/// More than the feed's share of one caller (256).
const READERS: usize = 300;
/// One in so many takes nothing of what it is sent.
const DEAF_EVERY: usize = 3;
/// More than the connections of one address (512), and not so many more that nobody is told (64).
const SLOW: usize = 540;
const ASKING: usize = 10;
/// How often whoever was turned away comes again.
const AGAIN_EVERY: Duration = Duration::from_millis(500);
/// How long a slow caller takes for one byte.
const BYTE_EVERY: Duration = Duration::from_millis(200);
/// The most that is read of an answer.
const ANSWER_BYTES_MAX: u64 = 64 * 1024;

/// How often the crowd was refused, and why.
#[derive(Debug, Default)]
pub(super) struct Refused {
    pub(super) readers: Cell<u64>,
    pub(super) connections: Cell<u64>,
    /// With another answer than those two.
    pub(super) otherwise: Cell<u64>,
}

/// Where the crowd comes from.
#[derive(Clone, Copy)]
pub(super) struct From {
    pub(super) readers: IpAddr,
    pub(super) connections: IpAddr,
}

/// Floods `gateway` until it is dropped.
pub(super) async fn flood(gateway: SocketAddr, from: From, refused: &Refused) {
    let readers = (0..READERS).map(|number| Member::Reader { deaf: number % DEAF_EVERY == 0 });
    let others = (0..SLOW).map(|_| Member::Slow).chain((0..ASKING).map(|_| Member::Asking));
    let readers = readers.map(|member| member.stays(gateway, from.readers, refused));
    let others = others.map(|member| member.stays(gateway, from.connections, refused));
    let mut crowd: FuturesUnordered<_> = readers.chain(others).collect();
    while crowd.next().await.is_some() {}
}

#[derive(Clone, Copy)]
enum Member {
    Reader { deaf: bool },
    Slow,
    Asking,
}

impl Member {
    async fn stays(self, gateway: SocketAddr, from: IpAddr, refused: &Refused) {
        let mut again = interval(AGAIN_EVERY);
        loop {
            again.tick().await;
            // A connection that is closed without a word was one too many as well.
            let Ok(mut stream) = connect(gateway, from).await else { continue };
            let answer = match self {
                Self::Reader { deaf } => read(&mut stream, deaf).await,
                Self::Slow => dawdle(&mut stream).await,
                Self::Asking => ask(&mut stream).await,
            };
            let Ok(answer) = answer else { continue };
            let counter = match answer.as_str() {
                "" => continue,
                text if text.contains("problem:too-many-readers\"") => &refused.readers,
                text if text.contains("problem:too-many-connections\"") => &refused.connections,
                _ => &refused.otherwise,
            };
            counter.set(counter.get() + 1);
        }
    }
}

async fn connect(gateway: SocketAddr, from: IpAddr) -> std::io::Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    socket.bind((from, 0).into())?;
    socket.connect(gateway).await
}

/// Reads the feed as long as it is given; returns the answer where it is none.
async fn read(stream: &mut TcpStream, deaf: bool) -> std::io::Result<String> {
    stream.write_all(b"GET /v1/feed/stream?after=FEED:0 HTTP/1.1\r\nhost: x\r\n\r\n").await?;
    let mut some = [0; 4 * 1024];
    let count = stream.read(&mut some).await?;
    if !some[..count].starts_with(b"HTTP/1.1 200") {
        return Ok(String::from_utf8_lossy(&some[..count]).into_owned());
    }
    if deaf {
        return std::future::pending().await;
    }
    while stream.read(&mut some).await? > 0 {}
    Ok(String::new())
}

/// Sends a request that has no end, until it is answered all the same.
async fn dawdle(stream: &mut TcpStream) -> std::io::Result<String> {
    stream.write_all(b"GET /livez HTTP/1.1\r\nhost: x\r\nx-slow: ").await?;
    let (mut from, mut to) = stream.split();
    let mut byte = interval(BYTE_EVERY);
    let write = async {
        loop {
            byte.tick().await;
            to.write_all(b"x").await?;
        }
    };
    let mut some = [0; 4 * 1024];
    tokio::select! {
        failed = write => failed,
        count = from.read(&mut some) => Ok(String::from_utf8_lossy(&some[..count?]).into_owned()),
    }
}

/// Asks once; returns the answer where it is a refusal.
async fn ask(stream: &mut TcpStream) -> std::io::Result<String> {
    stream.write_all(b"GET /livez HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await?;
    let mut answer = String::new();
    stream.take(ANSWER_BYTES_MAX).read_to_string(&mut answer).await?;
    Ok(if answer.starts_with("HTTP/1.1 200") { String::new() } else { answer })
}

/// One whole answer, asked for from an address.
pub(super) async fn get(gateway: SocketAddr, from: IpAddr, path: &str) -> std::io::Result<String> {
    let mut stream = connect(gateway, from).await?;
    let request = format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut answer = String::new();
    stream.take(ANSWER_BYTES_MAX).read_to_string(&mut answer).await?;
    Ok(answer)
}
