//! Connecting to NATS and PostgreSQL as the settings say.

use std::time::Duration;

use anyhow::{Context, ensure};
use async_nats::ConnectOptions;
use samvirke_kernel::permissions;
use samvirke_private_servers::Secret;

use crate::configuration::{Configuration, Nats};

/// How long the first connection to NATS may take.
const CONNECT_MAX: Duration = Duration::from_secs(5);

/// Connects to NATS; once connected, the client finds its way back by itself.
pub(crate) async fn nats(settings: &Nats) -> anyhow::Result<async_nats::Client> {
    let url = settings
        .url
        .as_ref()
        .context("say where NATS is: set [nats] url or SAMVIRKE_NATS__URL, or start samvirke up")?;
    let mut options = ConnectOptions::new()
        .name("samvirke")
        .connection_timeout(CONNECT_MAX)
        .event_callback(permissions::note);
    if let Some(password) = &settings.password {
        let user = settings.user.clone().unwrap_or_else(|| "samvirke".into());
        options = options.user_and_password(user, password.expose().to_owned());
    }
    if let Some(file) = &settings.credentials_file {
        options = options.credentials_file(file).await.with_context(|| {
            format!("the NATS credentials in {} cannot be read", file.display())
        })?;
    }
    let servers: Vec<String> = url.split(',').map(|one| one.trim().to_owned()).collect();
    options.connect(servers).await.with_context(|| format!("NATS at {url} cannot be reached"))
}

/// The address of the database.
pub(crate) fn postgres_url(configuration: &Configuration) -> anyhow::Result<&Secret> {
    configuration.postgres.url.as_ref().context(
        "say where PostgreSQL is: set [postgres] url or SAMVIRKE_POSTGRES__URL, or start samvirke up",
    )
}

/// 32 bytes out of 64 hexadecimal digits.
pub(crate) fn seed(secret: &Secret) -> anyhow::Result<[u8; 32]> {
    let digits = secret.expose().as_bytes();
    ensure!(digits.len() == 64, "a key has 64 digits");
    let mut seed = [0; 32];
    for (byte, pair) in seed.iter_mut().zip(digits.chunks(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair)?, 16)?;
    }
    Ok(seed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_64_hexadecimal_digits() {
        let key = Secret::generate();
        assert_eq!(seed(&key).unwrap(), seed(&key).unwrap());
        assert!(seed(&Secret::new("kort")).is_err());
        assert!(seed(&Secret::new("å".repeat(32))).is_err());
    }
}
