//! Asking an endpoint whether it wants deliveries (CloudEvents WebHook 1.0.1 § 4).

use reqwest::{Method, Response, StatusCode};
use samvirke_schemas::subscriptions::subscription::{answer::Answer, endpoint::Endpoint};

use super::{NoAnswer, Sender, answer, without_answer};

/// The rate asked for, in events a minute: more than one subscription ever gets for long.
const RATE_WANTED_PER_MINUTE: u32 = 6_000;
const ANY: &str = "*";

/// What an endpoint answered when it was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Handshake {
    /// It wants deliveries, at most so many a minute; absent where it sets no limit.
    Agreed { rate_per_minute: Option<u32>, answer: Answer },
    /// It does not, and asking again does not help.
    Refused { reason: String, answer: Answer },
    /// It did not answer; asking again may help.
    Silent { reason: String, answer: Answer },
}

impl Sender {
    /// Asks an endpoint whether it wants deliveries.
    pub async fn ask(&self, endpoint: &Endpoint) -> Handshake {
        let asked = async {
            self.request(Method::OPTIONS, endpoint)?
                .header("WebHook-Request-Origin", &self.settings.origin)
                .header("WebHook-Request-Rate", RATE_WANTED_PER_MINUTE)
                .send()
                .await
                .map_err(|error| self.no_answer(error))
        };
        match asked.await {
            Ok(response) => self.understand(response).await,
            Err(error @ NoAnswer::NotPublic(_)) => {
                Handshake::Refused { reason: error.to_string(), answer: without_answer(&error) }
            }
            Err(
                error @ (NoAnswer::Late(_) | NoAnswer::NoConnection(_) | NoAnswer::BrokeOff(_)),
            ) => Handshake::Silent { reason: error.to_string(), answer: without_answer(&error) },
        }
    }

    async fn understand(&self, response: Response) -> Handshake {
        let status = response.status();
        let header = |name: &str| {
            response.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
        };
        let (origin, rate) = (header("webhook-allowed-origin"), header("webhook-allowed-rate"));
        let answer = answer(response).await;
        if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS {
            return Handshake::Silent { reason: format!("it answered {status}"), answer };
        }
        let refused = |reason: String| Handshake::Refused { reason, answer: answer.clone() };
        if !status.is_success() {
            return refused(format!("it answered {status}"));
        }
        let Some(origin) = origin else {
            return refused("its answer has no WebHook-Allowed-Origin".into());
        };
        let origin = origin.trim();
        if origin != ANY && !origin.eq_ignore_ascii_case(&self.settings.origin) {
            return refused(format!(
                "it allows deliveries from another origin than {}",
                self.settings.origin
            ));
        }
        match rate.as_deref().map(str::trim) {
            // Whoever says nothing takes what was asked for.
            None | Some(ANY) => Handshake::Agreed { rate_per_minute: None, answer },
            Some(text) => match text.parse() {
                Ok(rate) if rate > 0 => Handshake::Agreed { rate_per_minute: Some(rate), answer },
                Ok(_) | Err(_) => refused("its WebHook-Allowed-Rate is not a rate".into()),
            },
        }
    }
}
