//! When a delivery that failed is tried again.

use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::settings::Settings;

/// Each delay is so many times the one before.
const FACTOR: u64 = 4;
/// A delay is up to so much shorter or longer, so that those who failed together do not come together.
const JITTER: f64 = 0.2;

/// The delay after the `attempt`th failure, the first being 1. `chance` lies from 0 to 1.
///
/// What the endpoint asks for is respected where it is longer, up to the limit.
pub fn delay(settings: &Settings, attempt: u32, asked: Option<Duration>, chance: f64) -> Duration {
    let factor = FACTOR.saturating_pow(attempt.saturating_sub(1));
    let ours = settings.retry_first_ms.saturating_mul(factor).min(settings.retry_longest_ms);
    let ours = Duration::from_millis(ours).mul_f64(1.0 - JITTER + 2.0 * JITTER * chance);
    let asked = asked.unwrap_or_default().min(Duration::from_millis(settings.retry_after_max_ms));
    ours.max(asked)
}

/// Reads `Retry-After`: seconds, or a date (RFC 9110 § 10.2.3).
pub(super) fn retry_after(text: &str, now: DateTime<Utc>) -> Option<Duration> {
    let text = text.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = DateTime::parse_from_rfc2822(text).ok()?;
    Some((date.to_utc() - now).to_std().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVEN: f64 = 0.5;

    #[test]
    fn delays_grow_to_the_longest_and_reach_over_days() {
        let settings = Settings::default();
        let all: Vec<u64> = (1..settings.attempts_max)
            .map(|attempt| delay(&settings, attempt, None, EVEN).as_secs())
            .collect();
        assert_eq!(all[..8], [5, 20, 80, 320, 1_280, 5_120, 20_480, 43_200]);
        let days = all.iter().sum::<u64>() as f64 / 86_400.0;
        assert!((2.5..4.0).contains(&days), "{days} days");
    }

    #[test]
    fn those_who_failed_together_do_not_come_together() {
        let settings = Settings::default();
        let at = |chance| delay(&settings, 3, None, chance).as_secs();
        assert_eq!((at(0.0), at(1.0)), (64, 96));
    }

    #[test]
    fn an_endpoint_may_ask_for_more_patience_up_to_a_limit() {
        let settings = Settings::default();
        let asked = |seconds| delay(&settings, 1, Some(Duration::from_secs(seconds)), EVEN);
        assert_eq!(asked(1).as_secs(), 5);
        assert_eq!(asked(600).as_secs(), 600);
        assert_eq!(asked(u64::MAX).as_secs(), 24 * 60 * 60);
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let now = "1994-11-06T08:49:00Z".parse().unwrap();
        let read = |text| retry_after(text, now).map(|delay| delay.as_secs());
        assert_eq!(read("120"), Some(120));
        assert_eq!(read("Sun, 06 Nov 1994 08:49:37 GMT"), Some(37));
        assert_eq!(read("Sun, 06 Nov 1994 08:00:00 GMT"), Some(0));
        assert_eq!(read("soon"), None);
    }
}
