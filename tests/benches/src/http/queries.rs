//! What is read over HTTP, beside an answer that needs nothing.

use anyhow::ensure;
use bytes::Bytes;

use super::{
    clients::Clients,
    site::{CASES, Site, WORD},
    spent::Timed,
};
use crate::{
    Effort,
    drive::{Measured, median},
    table::{Table, milliseconds, ratio, say, whole},
};

const CLIENTS: usize = 16;
/// How many events of the feed one page has.
const PAGE: usize = 20;

/// A question, and what its answer must hold.
struct Question {
    name: &'static str,
    path: fn(usize, u64, u64) -> String,
    check: fn(&Bytes) -> anyhow::Result<()>,
}

const QUESTIONS: [Question; 7] = [
    Question { name: "livez", path: |_, _, _| "/livez".into(), check: |_| Ok(()) },
    Question {
        name: "one case of 50 events",
        path: |_, _, _| "/v1/cases/bench:long".into(),
        check: |answer| has(answer, "title"),
    },
    Question {
        name: "the register of 1,000 cases",
        path: |_, _, _| "/v1/cases?cooperation=bench".into(),
        check: |answer| has_items(answer),
    },
    Question {
        name: "decisions by words",
        path: |_, _, _| format!("/v1/decisions?cooperation=bench&text={WORD}"),
        check: |answer| has_items(answer),
    },
    Question {
        name: "cases by words",
        path: |_, _, _| "/v1/cases?cooperation=bench&text=veger".into(),
        check: |answer| has_items(answer),
    },
    Question {
        name: "the feed near its end",
        path: |client, turn, end| feed(end - 500 + (client as u64 * 7 + turn) % 400),
        check: |answer| has_events(answer),
    },
    Question {
        name: "the feed from far back",
        path: |client, turn, _| feed((client as u64 * 97 + turn * 20) % 1_000),
        check: |answer| has_events(answer),
    },
];

fn feed(after: u64) -> String {
    format!("/v1/feed?cooperation=bench&after=FEED:{after}&limit={PAGE}&wait=0")
}

// The answers are searched as text: clients that parsed them would be measured with the server.

fn has(answer: &Bytes, field: &str) -> anyhow::Result<()> {
    let answer = std::str::from_utf8(answer)?;
    ensure!(answer.contains(&format!("\"{field}\":")), "there is no {field} in {answer}");
    Ok(())
}

fn has_items(answer: &Bytes) -> anyhow::Result<()> {
    let answer = std::str::from_utf8(answer)?;
    ensure!(answer.contains("\"items\":[{"), "there are no items in {answer}");
    Ok(())
}

fn has_events(answer: &Bytes) -> anyhow::Result<()> {
    let events = std::str::from_utf8(answer)?.matches("\"specversion\":").count();
    ensure!(events == PAGE, "{events} events in a page of {PAGE}");
    Ok(())
}

/// Measures each question, as the secretariat and as the public.
pub(super) async fn measure(effort: Effort) -> anyhow::Result<()> {
    let site = Site::start().await?;
    site.body_and_registers().await;
    site.meetings().await;
    site.cases().await;
    let end = site.end_of_feed().await?;
    say(&format!("{CASES} cases; the feed ends at {end}"));
    let secretariat = Clients::of_secretariat(&site.api, &site.authority, CLIENTS).await?;
    let public = Clients::of_the_public(&site.authority, CLIENTS).await?;
    let mut measured: Vec<[Vec<Measured>; 2]> =
        QUESTIONS.iter().map(|_| [vec![], vec![]]).collect();
    for round in 1..=effort.rounds {
        say(&format!("round {round} of {}", effort.rounds));
        for (question, measured) in QUESTIONS.iter().zip(&mut measured) {
            for (clients, measured) in [&secretariat, &public].into_iter().zip(measured) {
                let before = Timed::of(&site.api).await;
                let path = question.path;
                let asked = clients.ask(effort.window, move |c, t| path(c, t, end), question.check);
                measured.push(asked.await?);
                if round == 1 {
                    let spent = Timed::of(&site.api).await.since(&before);
                    say(&format!(
                        "{}: gateway {} ms, NATS {} ms, read models {} ms",
                        question.name,
                        milliseconds(spent.gateway),
                        milliseconds(spent.nats),
                        milliseconds(spent.service),
                    ));
                }
            }
        }
    }
    tell(&measured);
    Ok(())
}

fn tell(measured: &[[Vec<Measured>; 2]]) {
    let head = ["", "secretariat", "public"].map(str::to_owned);
    let title =
        format!("Questions a second with {CLIENTS} clients (median, 99th percentile in ms)");
    let mut table = Table::new(title, head);
    let of =
        |rounds: &[Measured], of: fn(&Measured) -> f64| median(rounds.iter().map(of).collect());
    let rate = |index: usize, side: usize| of(&measured[index][side], |one| one.per_second);
    for (index, question) in QUESTIONS.iter().enumerate() {
        let cells = [0, 1].map(|side| {
            let rounds = &measured[index][side];
            let (wait, worst) = (of(rounds, |one| one.median_ms), of(rounds, |one| one.p99_ms));
            Some(format!(
                "{} ({}, {})",
                whole(rate(index, side)),
                milliseconds(wait),
                milliseconds(worst)
            ))
        });
        table.row(question.name, cells);
    }
    table.print();
    ratio("case-vs-livez", rate(1, 0), rate(0, 0));
    ratio("register-vs-livez", rate(2, 0), rate(0, 0));
    ratio("feed-old-vs-new", rate(6, 0), rate(5, 0));
}
