//! How soon subscribers hear what was acknowledged, when there is one and when there are many.

use crate::{
    Effort,
    drive::median,
    feed::{
        site::Site,
        subscribers::{Channel, Subscribers},
    },
    table::{Table, milliseconds, ratio, say},
};

/// How many subscribers there are: as many as Norway had municipalities in 2024, at the most.
const SUBSCRIBERS: &[usize] = &[1, 50, 357];
const SUBSCRIBERS_QUICK: &[usize] = &[1, 5];
/// How often something is said.
const TURNS: usize = 100;
const TURNS_QUICK: usize = 5;

/// What was measured with so many subscribers over one channel, in milliseconds.
struct Waits {
    first: f64,
    median: f64,
    ninety_ninth: f64,
    last: f64,
}

impl Waits {
    fn of(turns: &[Vec<f64>]) -> Self {
        let of_each = |wait: fn(&Vec<f64>) -> Option<&f64>| {
            median(turns.iter().filter_map(wait).copied().collect())
        };
        let mut all: Vec<f64> = turns.concat();
        all.sort_by(f64::total_cmp);
        Self {
            first: of_each(|turn| turn.first()),
            median: median(all.clone()),
            ninety_ninth: all.get(all.len() * 99 / 100).copied().unwrap_or(f64::NAN),
            last: of_each(|turn| turn.last()),
        }
    }
}

pub(crate) async fn run(effort: Effort, site: &mut Site) -> anyhow::Result<()> {
    let (counts, turns) = match effort.quick {
        true => (SUBSCRIBERS_QUICK, TURNS_QUICK),
        false => (SUBSCRIBERS, TURNS),
    };
    let head = ["", "first", "median", "99th percentile", "last"].map(str::to_owned);
    let mut table = Table::new("Milliseconds from the acknowledgement until it is heard", head);
    let mut most_over_sse = None;
    for channel in Channel::ALL {
        for &count in counts {
            let name = format!("{}, {count}", channel.name());
            say(&format!("{name}: subscribing"));
            let mut subscribers = Subscribers::open(site, channel, count).await?;
            let mut heard = Vec::with_capacity(turns);
            for _ in 0..turns {
                heard.push(subscribers.turn(site).await?);
            }
            subscribers.close(site).await;
            let waits = Waits::of(&heard);
            let cells = [waits.first, waits.median, waits.ninety_ninth, waits.last];
            table.row(name, cells.map(|cell| Some(milliseconds(cell))));
            if channel == Channel::Sse {
                most_over_sse = Some(waits);
            }
        }
    }
    table.print();
    if let Some(waits) = most_over_sse {
        ratio("fanout-357-vs-1", waits.last, waits.first);
    }
    Ok(())
}

/// The most subscribers that are measured, each another member.
pub(crate) fn members(effort: Effort) -> usize {
    let counts = if effort.quick { SUBSCRIBERS_QUICK } else { SUBSCRIBERS };
    counts.iter().copied().max().unwrap_or_default()
}
