//! One signed question to a service over NATS, and its answer.
//!
//! What was certainly not done and what may have been done are different faults: only the second
//! asks the caller to find out.

use async_nats::{HeaderMap, connection::State};
use samvirke_kernel::answer::{self, AskError};
use samvirke_schemas::{message::SIGNATURE, reply::Refused};
use serde::Serialize;
use serde_json::value::RawValue;
use tokio::time::Instant;

use crate::{Gateway, fault::Fault, problem::Problem};

impl Gateway {
    /// Asks whoever serves `subject`, until `until`; `late` is the fault when no answer comes.
    pub(crate) async fn ask<M: Serialize>(
        &self,
        subject: String,
        message: &M,
        until: Instant,
        late: Fault,
    ) -> Result<Box<RawValue>, Problem> {
        let nats = &self.0.nats;
        // The client would keep the message and send it on reconnecting, long after the caller
        // left.
        if nats.connection_state() != State::Connected {
            return Err(Fault::Disconnected.into());
        }
        let payload = serde_json::to_vec(message).map_err(|error| Refused::Broken {
            detail: format!("a message cannot be written: {error}"),
        })?;
        let mut headers = HeaderMap::new();
        headers.insert(SIGNATURE, self.0.signer.sign(&payload));
        let begun = Instant::now();
        let answer = answer::ask(nats, subject, headers, payload.into(), until).await;
        metrics::histogram!("samvirke_gateway_ask_seconds").record(begun.elapsed().as_secs_f64());
        match answer {
            Ok(answer) => read(&answer, late),
            Err(error) => Err(match error {
                AskError::NoResponders { .. } => Fault::ServiceAway.into(),
                AskError::TooLarge { bytes_max } => Fault::TooLarge { bytes_max }.into(),
                AskError::InvalidSubject { .. } | AskError::OutOfOrder { .. } => {
                    Refused::Broken { detail: error.to_string() }.into()
                }
                // The connection may have broken after the message was through.
                AskError::Late => late.into(),
            }),
        }
    }
}

fn read(payload: &[u8], unknown: Fault) -> Result<Box<RawValue>, Problem> {
    match serde_json::from_slice::<Result<Box<RawValue>, Refused>>(payload) {
        // What to do then depends on the caller's key, as where no answer came.
        Ok(Err(Refused::OutcomeUnknown {})) => Err(unknown.into()),
        Ok(answer) => answer.map_err(Problem::from),
        Err(error) => {
            let detail = format!("a service's answer cannot be read: {error}");
            Err(Refused::Broken { detail }.into())
        }
    }
}
