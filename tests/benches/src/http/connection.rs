//! One connection to a service, kept as a client of the API keeps it: one request after the other.

use anyhow::{Context, ensure};
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::{Request, client::conn::http1, header};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

/// When everything that is said here happened: in the middle of the meetings.
const OCCURRED_AT: &str = "2017-02-10T10:00";

/// A connection, and the token that is shown on it.
pub(crate) struct Connection {
    sender: http1::SendRequest<Full<Bytes>>,
    authority: String,
    authorization: Option<String>,
}

impl Connection {
    /// Connects to `authority` (`127.0.0.1:8080`).
    pub(crate) async fn open(authority: &str, token: Option<&str>) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(authority).await?;
        stream.set_nodelay(true)?;
        let (sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        tokio::spawn(connection);
        let authorization = token.map(|token| format!("Bearer {token}"));
        Ok(Self { sender, authority: authority.to_owned(), authorization })
    }

    /// Gives a command; it must be accepted.
    pub(crate) async fn post(&mut self, path: &str, body: String) -> anyhow::Result<Bytes> {
        let request = self.request("POST", path).header(header::CONTENT_TYPE, "application/json");
        let request = request.header("samvirke-occurred-at", OCCURRED_AT);
        self.answer(request.body(Full::from(body))?).await
    }

    /// Asks a question; it must be answered.
    pub(crate) async fn get(&mut self, path: &str) -> anyhow::Result<Bytes> {
        let request = self.request("GET", path);
        self.answer(request.body(Full::default())?).await
    }

    fn request(&self, method: &str, path: &str) -> hyper::http::request::Builder {
        let mut request = Request::builder().method(method).uri(path);
        request = request.header(header::HOST, &self.authority);
        match &self.authorization {
            Some(authorization) => request.header(header::AUTHORIZATION, authorization),
            None => request,
        }
    }

    async fn answer(&mut self, request: Request<Full<Bytes>>) -> anyhow::Result<Bytes> {
        let path = request.uri().path().to_owned();
        self.sender.ready().await?;
        let answer = self.sender.send_request(request).await.with_context(|| path.clone())?;
        let status = answer.status();
        let body = answer.into_body().collect().await?.to_bytes();
        ensure!(status.is_success(), "{path}: {status} {}", String::from_utf8_lossy(&body));
        Ok(body)
    }
}
