//! Rounds one after the other, each with a Samvirke of its own.
//!
//! Invariant: the first promise that is broken ends it, and what is left of that round is kept.

use std::{env, fmt::Display};

use samvirke_tests::Up;

use crate::{import::free_port, say};

/// Plays each of `rounds`, under a heading; `play` is told the round's number from 1 on, and says how it
/// went.
///
/// # Errors
///
/// That of the first round that failed.
pub(crate) async fn play_all<R: Display>(
    heading: &str,
    rounds: &[R],
    play: impl AsyncFn(u32, &R) -> anyhow::Result<String>,
) -> anyhow::Result<()> {
    say(heading);
    for (number, round) in (1_u32..).zip(rounds) {
        match play(number, round).await {
            Ok(row) => say(&row),
            Err(error) => {
                say(&format!("{} passed, 1 failed", number - 1));
                return Err(error.context(format!("round {number}, {round}")));
            }
        }
    }
    say(&format!("{} passed, 0 failed", rounds.len()));
    Ok(())
}

/// Plays on a `samvirke up` of its own, configured by `environment`.
///
/// # Errors
///
/// That of `play`; everything is then kept, and told where.
pub(crate) async fn on_its_own<T>(
    environment: &[(&str, &str)],
    play: impl AsyncFnOnce(&mut Up) -> anyhow::Result<T>,
) -> anyhow::Result<T> {
    // `tests/faults` builds both, side by side.
    let samvirke = env::current_exe()?.with_file_name("samvirke");
    let http = format!("127.0.0.1:{}", free_port()?);
    let mut up = Up::start_with(&samvirke, &http, environment)?;
    match play(&mut up).await {
        Ok(played) => Ok(played),
        Err(error) => {
            let kept = up.keep();
            Err(error.context(format!("everything is kept in {}", kept.display())))
        }
    }
}
