//! Takes connections, and lets go of none in the middle of an answer.
//!
//! Limits: so many connections at once, of them so many from one address, so long to send the headers, so
//! long to take nothing of an answer, so long to finish when asked to stop.

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use axum::{Router, http::Request, middleware};
use hyper::{body::Incoming, service::Service};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
    service::TowerToHyperService,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Semaphore,
};
use tokio_io_timeout::TimeoutStream;
use tokio_util::sync::CancellationToken;

use crate::{
    Gateway,
    address::{Peer, TrustedProxies},
    observe,
    problem::Problem,
    router,
    shares::{Share, Sharer, Shares},
};

/// How long a caller may take to send a request's headers, and a kept connection may stay silent.
const HEADERS_TIMEOUT: Duration = Duration::from_secs(30);
/// The most bytes that are buffered of a connection before its headers must be complete.
const HEADERS_BYTES_MAX: usize = 64 * 1024;
/// How much longer than a request may take we wait for the last ones when stopping.
const DRAIN_MARGIN: Duration = Duration::from_secs(2);
/// How many connections are told at once that they are too many, and for how long one may take to listen.
const TURNED_AWAY_MAX: usize = 64;
const TURNED_AWAY_WITHIN: Duration = Duration::from_secs(2);
/// How long to wait after the system could not hand out a connection, such as for want of file
/// handles.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Serves until `shutdown`, then finishes what was accepted.
///
/// # Errors
///
/// When the listener has no address any more.
pub async fn serve(
    listener: TcpListener,
    gateway: Gateway,
    shutdown: CancellationToken,
) -> io::Result<()> {
    let address = listener.local_addr()?;
    let limits = gateway.0.limits;
    let draining = gateway.0.draining.clone();
    let door = Door::new(&gateway);
    let service = TowerToHyperService::new(router(gateway));
    let connections = Arc::new(Semaphore::new(limits.connections_max));
    let graceful = GracefulShutdown::new();
    tracing::info!(%address, "the gateway listens");
    loop {
        let next = async {
            let permit = Arc::clone(&connections).acquire_owned().await;
            (permit, listener.accept().await)
        };
        let (permit, accepted) = tokio::select! {
            () = shutdown.cancelled() => break,
            accepted = next => accepted,
        };
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::warn!(%error, "no connection could be taken");
                tokio::time::sleep(ACCEPT_PAUSE).await;
                continue;
            }
        };
        let Some(share) = door.admit(peer) else {
            door.turn_away(stream, peer);
            continue;
        };
        let mut http = hyper::server::conn::http1::Builder::new();
        http.timer(TokioTimer::new())
            .header_read_timeout(HEADERS_TIMEOUT)
            .max_buf_size(HEADERS_BYTES_MAX);
        let mut stream = TimeoutStream::new(stream);
        stream.set_write_timeout(Some(limits.write_stall()));
        let stream = TokioIo::new(Box::pin(stream));
        let connection =
            http.serve_connection(stream, Connected { peer, service: service.clone() });
        let connection = graceful.watch(connection);
        tokio::spawn(async move {
            // A caller that goes away in the middle is no failure of ours.
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection broke off");
            }
            drop((permit, share));
        });
    }
    draining.cancel();
    drop(listener);
    let patience = limits.request_timeout() + DRAIN_MARGIN;
    if tokio::time::timeout(patience, graceful.shutdown()).await.is_err() {
        tracing::warn!("some requests were still under way when the gateway stopped");
    }
    tracing::info!("the gateway has stopped");
    Ok(())
}

type Routed = TowerToHyperService<Router>;

/// What serves the requests of one connection: each is told from where it comes.
struct Connected {
    peer: SocketAddr,
    service: Routed,
}

impl Service<Request<Incoming>> for Connected {
    type Response = <Routed as Service<Request<Incoming>>>::Response;
    type Error = <Routed as Service<Request<Incoming>>>::Error;
    type Future = <Routed as Service<Request<Incoming>>>::Future;

    fn call(&self, mut request: Request<Incoming>) -> Self::Future {
        request.extensions_mut().insert(Peer(self.peer));
        self.service.call(request)
    }
}

/// Lets no address have more connections than its share.
struct Door {
    shares: Shares,
    proxies: TrustedProxies,
    /// Answers whoever has too many.
    refusal: Routed,
    /// One permit for each that may be being answered so.
    turned_away: Arc<Semaphore>,
}

impl Door {
    fn new(gateway: &Gateway) -> Self {
        let shares = gateway.0.shares.connections.clone();
        let fault = shares.refusal();
        let refuse = async move || Problem::from(fault.clone());
        let refusal = Router::new()
            .fallback(refuse)
            .layer(middleware::from_fn_with_state(gateway.clone(), observe::observe));
        Self {
            shares,
            proxies: gateway.0.proxies.clone(),
            refusal: TowerToHyperService::new(refusal),
            turned_away: Arc::new(Semaphore::new(TURNED_AWAY_MAX)),
        }
    }

    /// The share of a connection, which a trusted proxy has not got to take; none where it would be one
    /// too many.
    fn admit(&self, peer: SocketAddr) -> Option<Option<Share>> {
        match self.proxies.trust(peer.ip()) {
            true => Some(None),
            false => self.shares.take(Sharer::at(peer.ip())).ok().map(Some),
        }
    }

    /// Tells a caller that it has too many connections, and closes this one. Of very many at once some
    /// are closed without a word.
    fn turn_away(&self, stream: TcpStream, peer: SocketAddr) {
        let Ok(permit) = Arc::clone(&self.turned_away).try_acquire_owned() else { return };
        let mut http = hyper::server::conn::http1::Builder::new();
        http.keep_alive(false);
        let connection = http.serve_connection(
            TokioIo::new(stream),
            Connected { peer, service: self.refusal.clone() },
        );
        tokio::spawn(async move {
            // Whoever says nothing is told nothing.
            let _told = tokio::time::timeout(TURNED_AWAY_WITHIN, connection).await;
            drop(permit);
        });
    }
}
