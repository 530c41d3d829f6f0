//! Commands over HTTP: their rate, how long one waits, and where the time goes.

use std::time::Duration;

use samvirke_kernel::committer::Tuning;
use samvirke_tests::api::opening;
use serde_json::json;

use super::{
    clients::Clients,
    kernel, peer,
    site::{REGISTERS, Site},
    spent::Timed,
};
use crate::{
    Effort,
    drive::{Measured, Window, drive, median},
    rig::{Nats, Postgres, raw},
    table::{Table, milliseconds, ratio, say, whole},
};

const CLIENTS: &[usize] = &[1, 16, 64, 256];
/// How long a lone client rests between commands.
const PAUSE: Duration = Duration::from_millis(20);

/// One kind of command with each number of clients, each measured in every round.
struct Side {
    name: &'static str,
    rounds: Vec<Vec<Measured>>,
}

impl Side {
    fn new(name: &'static str, columns: usize) -> Self {
        Self { name, rounds: vec![Vec::new(); columns] }
    }

    fn median(&self, column: usize, of: fn(&Measured) -> f64) -> f64 {
        median(self.rounds[column].iter().map(of).collect())
    }

    fn rate(&self, column: usize) -> f64 {
        self.median(column, |measured| measured.per_second)
    }

    /// `rate (median, 99th percentile)`
    fn cells(&self) -> Vec<Option<String>> {
        let cell = |column| {
            let wait = milliseconds(self.median(column, |measured| measured.median_ms));
            let worst = milliseconds(self.median(column, |measured| measured.p99_ms));
            format!("{} ({wait}, {worst})", whole(self.rate(column)))
        };
        let columns = 0..self.rounds.len();
        columns.map(|column| (!self.rounds[column].is_empty()).then(|| cell(column))).collect()
    }
}

/// The first of [`CLIENTS`], and what comes last.
fn head(columns: usize, last: Option<&str>) -> Vec<String> {
    let clients = CLIENTS.iter().take(columns).map(|clients| format!("{clients} clients"));
    std::iter::once(String::new()).chain(clients).chain(last.map(str::to_owned)).collect()
}

fn table(title: &str, last: Option<&str>, sides: &[&Side]) {
    let title = format!("{title} a second (median, 99th percentile in ms)");
    let columns = sides.first().map_or(0, |side| side.rounds.len());
    let mut table = Table::new(title, head(columns, last));
    for side in sides {
        table.row(side.name, side.cells());
    }
    table.print();
}

fn paused(window: Window) -> Window {
    Window { pause: PAUSE, ..window }
}

async fn tell_spent(site: &Site, before: &Timed, what: &str) {
    let spent = Timed::of(&site.api).await.since(before);
    say(&format!(
        "{what}: of one request on average, the gateway {} ms, NATS {} ms, the service {} ms, the store {} ms",
        milliseconds(spent.gateway),
        milliseconds(spent.nats),
        milliseconds(spent.service),
        milliseconds(spent.store),
    ));
}

/// Networks that are started, each an aggregate of its own in one cooperation.
pub(super) async fn networks(effort: Effort) -> anyhow::Result<()> {
    let site = Site::start().await?;
    let (nats, postgres) = (Nats::start().await?, Postgres::start().await?);
    let peer = peer::Running::start(&postgres, &site.key()?).await?;
    let body = serde_json::to_value(kernel::starting())?["start"].to_string();
    let lone = CLIENTS.len();
    let sides = ["HTTP", "kernel alone", "axum and postgres-es", "raw publishes"];
    let [mut http, mut alone, mut other, mut published] =
        sides.map(|name| Side::new(name, lone + 1));
    for round in 1..=effort.rounds {
        say(&format!("round {round} of {}", effort.rounds));
        for (column, clients) in CLIENTS.iter().copied().chain([1]).enumerate() {
            let window = if column == lone { paused(effort.window) } else { effort.window };
            let start = |target: &'static str| {
                let body = body.clone();
                move |client: usize, turn: u64| {
                    let id = format!("{target}-{round}-{column}-{client}-{turn}");
                    (format!("/v1/networks/bench:{id}/start"), body.clone())
                }
            };
            let before = Timed::of(&site.api).await;
            let callers = Clients::of_secretariat(&site.api, &site.authority, clients).await?;
            http.rounds[column].push(callers.give(window, start("n")).await?);
            if column == lone - 1 {
                tell_spent(&site, &before, &format!("{clients} clients start networks")).await;
                let behind = site.behind().await?;
                say(&format!(
                    "relay and read models have all of it {behind:.2} s after the last answer"
                ));
            }
            alone.rounds[column].push(kernel::start_networks(&nats, clients, window).await?);
            let callers = Clients::of_secretariat(&site.api, &peer.authority, clients).await?;
            other.rounds[column].push(callers.give(window, start("p")).await?);
            if column == lone {
                published.rounds[column].push(publishes(&nats, window).await?);
            }
        }
    }
    table("Networks started", Some("alone, resting"), &[&http, &alone, &other, &published]);
    let most = lone - 1;
    ratio("http-vs-kernel", http.rate(most), alone.rate(most));
    ratio("http-vs-postgres-es-http", http.rate(most), other.rate(most));
    let wait = |side: &Side| side.median(lone, |measured| measured.median_ms);
    ratio("http-lone-vs-raw", wait(&http), wait(&published));
    Ok(())
}

/// Raw publishes with an expectation, one after the other.
async fn publishes(nats: &Nats, window: Window) -> anyhow::Result<Measured> {
    let log = nats.log(Tuning::default()).await?;
    let js = raw(&log);
    let payload = crate::history::payloads(1)?.remove(0);
    let measured = drive(1, window, {
        let log = log.clone();
        move |_, turn| {
            let subject = log.subject("network", &crate::sample::id(turn));
            let (js, payload) = (js.clone(), payload.clone());
            async move {
                let message = async_nats::jetstream::message::PublishMessage::build()
                    .payload(payload)
                    .expected_last_subject_sequence(0);
                js.send_publish(subject, message).await?.await?;
                Ok(1)
            }
        }
    })
    .await?;
    nats.remove(&log).await?;
    Ok(measured)
}

/// Arrivals and departures, each client at a meeting of its own.
pub(super) async fn arrivals(effort: Effort) -> anyhow::Result<()> {
    let site = Site::start().await?;
    site.body_and_registers().await;
    site.meetings().await;
    let mut http = Side::new("HTTP", CLIENTS.len());
    let bodies = [json!([{"seat": "mayor"}]), json!(["mayor"])];
    let bodies = bodies.map(|seats| json!({"seats": seats}).to_string());
    for round in 1..=effort.rounds {
        for (column, clients) in CLIENTS.iter().copied().enumerate() {
            let bodies = bodies.clone();
            let before = Timed::of(&site.api).await;
            let callers = Clients::of_secretariat(&site.api, &site.authority, clients).await?;
            let turned = move |client: usize, turn: u64| {
                // Whoever has arrived leaves, and comes again.
                let commands = ["register-arrivals", "register-departures"];
                let which = usize::from(!turn.is_multiple_of(2));
                let path = format!("/v1/meetings/bench:m{client}/{}", commands[which]);
                (path, bodies[which].clone())
            };
            http.rounds[column].push(callers.give(effort.window, turned).await?);
            if round == 1 {
                tell_spent(&site, &before, &format!("{clients} clients register arrivals")).await;
            }
        }
    }
    table("Arrivals and departures", None, &[&http]);
    Ok(())
}

/// Cases that are opened in one register, and each client in a register of its own.
pub(super) async fn cases(effort: Effort) -> anyhow::Result<()> {
    let site = Site::start().await?;
    site.body_and_registers().await;
    let columns = CLIENTS.iter().filter(|clients| **clients <= REGISTERS).count();
    let (mut one, mut many) =
        (Side::new("one register", columns), Side::new("a register each", columns));
    for round in 1..=effort.rounds {
        say(&format!("round {round} of {}", effort.rounds));
        for (column, clients) in CLIENTS.iter().copied().take(columns).enumerate() {
            let callers = Clients::of_secretariat(&site.api, &site.authority, clients).await?;
            for (side, own) in [(&mut one, false), (&mut many, true)] {
                let before = Timed::of(&site.api).await;
                let open = move |client: usize, turn: u64| {
                    let register = if own { format!("s{client}-2017") } else { "2017".to_owned() };
                    let mut body = opening("bench:sg", "En sak om veger");
                    body["register"] = register.into();
                    let id = format!("c{}-{round}-{column}-{client}-{turn}", u8::from(own));
                    (format!("/v1/cases/bench:{id}/open"), body.to_string())
                };
                side.rounds[column].push(callers.give(effort.window, open).await?);
                if round == 1 {
                    let what = format!("{clients} clients open cases in {}", side.name);
                    tell_spent(&site, &before, &what).await;
                }
            }
        }
    }
    table("Cases opened", None, &[&one, &many]);
    ratio("one-register-vs-many", one.rate(columns - 1), many.rate(columns - 1));
    ratio("register-opens-vs-lone", one.rate(columns - 1), one.rate(0));
    Ok(())
}
