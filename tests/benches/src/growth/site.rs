//! The installation that grows.

use std::{
    env,
    time::{Duration, Instant},
};

use anyhow::{Context, ensure};
use async_nats::{Client, ConnectOptions};
use samvirke_tests::{
    Server, Up,
    api::{Api, Caller, opening},
};
use serde_json::{Value, json};

use super::{
    LOOKED_AGAIN,
    names::{CASES, named, starting},
};
use crate::{
    drive::{Measured, Window, median},
    http::clients::Clients,
    machine::megabytes,
};

/// How often a lone client asks, or commands.
const TURNS: usize = 60;
/// How often in a row nobody must be behind: what each is behind is looked at once a second.
const SETTLED: usize = 40;

/// What two processes have in memory, in megabytes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Memory {
    pub(super) samvirke: f64,
    pub(super) nats: f64,
}

pub(super) struct Site {
    up: Up,
    api: Api,
}

impl Site {
    pub(super) fn start() -> anyhow::Result<Self> {
        let executable = env::current_exe()?.with_file_name("samvirke");
        let mut up = Up::start_with(&executable, "127.0.0.1:0", &[])
            .context("the bench needs the executable samvirke beside it")?;
        up.is_well()?;
        let api = Api::of(&up);
        Ok(Self { up, api })
    }

    /// Who may do everything. A new token each time: the bench may take longer than one is good for.
    fn caller(&self) -> Caller {
        self.api.caller(&["*:operator", "*:secretariat"], None)
    }

    pub(super) async fn give(&self, to: String, body: Value) {
        self.api.gives(&self.caller(), &to, body).await;
    }

    pub(super) async fn nats(&self) -> anyhow::Result<Client> {
        let nats = self.up.addresses()?.nats;
        let options = ConnectOptions::with_user_and_password(nats.user, nats.password);
        Ok(options.connect(nats.url).await?)
    }

    /// Waits until nobody who follows a stream is behind its end.
    pub(super) async fn caught_up(&self) -> anyhow::Result<()> {
        let mut settled = 0;
        while settled < SETTLED {
            let metrics = self.api.metrics().await;
            let behind = metrics
                .lines()
                .filter(|line| line.starts_with("samvirke_behind_messages{"))
                .filter(|line| !line.ends_with(" 0"))
                .count();
            settled = if behind == 0 { settled + 1 } else { 0 };
            tokio::time::sleep(LOOKED_AGAIN).await;
        }
        Ok(())
    }

    pub(super) fn memory(&self) -> anyhow::Result<Memory> {
        let samvirke = megabytes(self.up.process())?;
        Ok(Memory { samvirke, nats: megabytes(self.up.server(Server::Nats)?)? })
    }

    /// Stops it and starts it again; returns after how many seconds it was ready, and something could be made.
    pub(super) async fn restart(&mut self, cooperations: usize) -> anyhow::Result<(f64, f64)> {
        let ended = self.up.interrupt()?;
        ensure!(ended.success(), "it ended with {ended}");
        let begun = Instant::now();
        self.up.start_again()?;
        let before = begun + Duration::from_secs(3_600);
        let public = Caller::public();
        loop {
            ensure!(Instant::now() < before, "it is not ready within an hour");
            if let Some(ended) = self.up.ended()? {
                anyhow::bail!("it ended: {ended}");
            }
            // The port is another one each time, and is told when it is listened on.
            if self.up.addresses().is_ok() {
                self.api = Api::of(&self.up);
                let asked = self.api.tries(&public, "../readyz", &[]).await;
                if asked.is_ok_and(|answer| answer.status() == 200) {
                    break;
                }
            }
            tokio::time::sleep(LOOKED_AGAIN).await;
        }
        let ready = begun.elapsed().as_secs_f64();
        let of = named(cooperations - 1);
        let to = format!("cases/{of}:new-{cooperations}/open");
        let body = opening(&format!("{of}:sg"), "En ny sak").to_string();
        let key = [("idempotency-key", "5a1b3c7e-0f3d-4c55-9a53-1c8f7f1f3a51")];
        loop {
            ensure!(Instant::now() < before, "nothing new can be made within an hour");
            let given = self.api.tries_to_send(&self.caller(), &to, &key, body.clone()).await;
            match given {
                Ok((200, _)) => break,
                Ok((503 | 429, _)) | Err(_) => tokio::time::sleep(LOOKED_AGAIN).await,
                Ok((status, body)) => {
                    anyhow::bail!("{to}: {status} {}", String::from_utf8_lossy(&body))
                }
            }
        }
        Ok((ready, begun.elapsed().as_secs_f64()))
    }

    /// Builds a read model anew.
    pub(super) async fn rebuild(&self, name: &str) -> anyhow::Result<()> {
        let mut command = self.up.command(&["projections", "rebuild", name]);
        let output = tokio::task::spawn_blocking(move || command.output()).await??;
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        ensure!(output.status.success(), "rebuild: {said}");
        self.caught_up().await
    }

    pub(super) fn callers(&self, cooperations: usize, stage: usize) -> Callers<'_> {
        Callers { site: self, cooperations, stage }
    }
}

/// Who commands and asks at one size.
pub(super) struct Callers<'a> {
    site: &'a Site,
    cooperations: usize,
    stage: usize,
}

impl Callers<'_> {
    async fn connect(&self, count: usize) -> anyhow::Result<Clients> {
        let url = self.site.up.addresses()?.url;
        let authority = url.trim_start_matches("http://");
        Clients::of_secretariat(&self.site.api, authority, count).await
    }

    /// One cooperation after the other, far from each other.
    fn cooperation(&self, turn: usize) -> String {
        named(turn * 7_919 % self.cooperations)
    }

    pub(super) async fn start_networks(
        &self,
        clients: usize,
        window: Window,
    ) -> anyhow::Result<Measured> {
        let (cooperations, stage) = (self.cooperations, self.stage);
        let body = starting().to_string();
        let give = move |client: usize, turn: u64| {
            let of = named((client * 31 + turn as usize) * 7_919 % cooperations);
            let id = format!("{of}:x{stage}-{clients}-{client}-{turn}");
            (format!("/v1/networks/{id}/start"), body.clone())
        };
        self.connect(clients).await?.give(window, give).await
    }

    /// Amends cases that nobody has asked for yet; the median in milliseconds.
    pub(super) async fn amend_cold_cases(&self) -> anyhow::Result<f64> {
        let mut waits = Vec::new();
        for turn in 0..TURNS {
            let case = self.stage * TURNS + turn;
            let of = self.cooperation(turn);
            let to = format!("cases/{of}:c{}/amend", (case + 2) % CASES);
            let title = format!("Enda en utgave, {case}");
            let asked = Instant::now();
            self.site.give(to, json!({"title": title, "public_title": title})).await;
            waits.push(asked.elapsed().as_secs_f64() * 1_000.0);
        }
        Ok(median(waits))
    }

    /// Asks one question of cooperation after cooperation; the median in milliseconds.
    pub(super) async fn ask(&self, path: fn(&str) -> String) -> anyhow::Result<f64> {
        let mut waits = Vec::new();
        let caller = self.site.caller();
        for turn in 0..TURNS {
            let path = path(&self.cooperation(turn));
            let asked = Instant::now();
            let answer = self.site.api.get(&caller, path.trim_start_matches("/v1/"), &[]).await;
            ensure!(answer.status == 200, "{path}: {}", answer.body);
            waits.push(asked.elapsed().as_secs_f64() * 1_000.0);
        }
        Ok(median(waits))
    }
}
