//! Takes connections, and lets go of none in the middle of an answer.
//!
//! Limits: so many connections at once, so long to send the headers, so long to take nothing of an
//! answer, so long to finish when asked to stop.

use std::{io, sync::Arc, time::Duration};

use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
    service::TowerToHyperService,
};
use tokio::{net::TcpListener, sync::Semaphore};
use tokio_io_timeout::TimeoutStream;
use tokio_util::sync::CancellationToken;

use crate::{Gateway, router};

/// How long a caller may take to send a request's headers, and a kept connection may stay silent.
const HEADERS_TIMEOUT: Duration = Duration::from_secs(30);
/// The most bytes that are buffered of a connection before its headers must be complete.
const HEADERS_BYTES_MAX: usize = 64 * 1024;
/// How much longer than a request may take we wait for the last ones when stopping.
const DRAIN_MARGIN: Duration = Duration::from_secs(2);
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
        let stream = match accepted {
            Ok((stream, _)) => stream,
            Err(error) => {
                tracing::warn!(%error, "no connection could be taken");
                tokio::time::sleep(ACCEPT_PAUSE).await;
                continue;
            }
        };
        let mut http = hyper::server::conn::http1::Builder::new();
        http.timer(TokioTimer::new())
            .header_read_timeout(HEADERS_TIMEOUT)
            .max_buf_size(HEADERS_BYTES_MAX);
        let mut stream = TimeoutStream::new(stream);
        stream.set_write_timeout(Some(limits.write_stall()));
        let stream = TokioIo::new(Box::pin(stream));
        let connection = graceful.watch(http.serve_connection(stream, service.clone()));
        tokio::spawn(async move {
            // A caller that goes away in the middle is no failure of ours.
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection broke off");
            }
            drop(permit);
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
