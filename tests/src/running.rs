//! A service in a process's stead: it can be killed in the middle of anything.

use std::fmt::Display;

use samvirke_kernel::{
    service::Host,
    stream::{StreamError, set_up},
};
use tokio::{
    runtime::{Builder, Runtime},
    sync::Mutex,
};
use tokio_util::sync::CancellationToken;

use crate::Caller;

/// A running service. Dropping it kills it.
#[derive(Debug)]
pub struct Running(Option<Runtime>);

impl Running {
    /// Starts a service on the NATS at `url`, with a runtime and a connection of its own.
    ///
    /// # Errors
    ///
    /// When no runtime can be made.
    ///
    /// # Panics
    ///
    /// In the service's own thread, when the service ends with an error.
    pub fn start<S, F, E>(url: &str, service: S) -> std::io::Result<Self>
    where
        S: FnOnce(Host) -> F + Send + 'static,
        F: Future<Output = Result<(), E>> + Send,
        E: Display,
    {
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        let url = url.to_owned();
        runtime.spawn(async move {
            let client = match async_nats::connect(&url).await {
                Ok(client) => client,
                Err(error) => panic!("NATS at {url} does not answer: {error}"),
            };
            if let Err(error) = set_up(&client).await {
                panic!("the streams cannot be set up: {error}");
            }
            let host = Host::new(client, 1, Caller::verifier(), CancellationToken::new());
            if let Err(error) = service(host).await {
                panic!("the service ended: {error}");
            }
        });
        Ok(Self(Some(runtime)))
    }

    /// Ends it as `kill -9` would: nothing is finished, nothing is told.
    pub fn kill(self) {
        drop(self);
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

/// One set-up at a time, as there is in an installation.
static SETTING_UP: Mutex<()> = Mutex::const_new(());

/// Sets up every stream that services expect, where it is not there yet.
///
/// # Errors
///
/// When the server does not answer.
async fn set_up(client: &async_nats::Client) -> Result<(), StreamError> {
    let _alone = SETTING_UP.lock().await;
    set_up::set_up(client, 1, &set_up::wanted(1), &[]).await.map(drop)
}
