//! Bars for work that takes long, where someone looks at them.

use std::io::IsTerminal;

use indicatif::{ProgressBar, ProgressStyle};

/// A bar over commits; their number is set as soon as it is known.
pub(crate) fn commits(what: &str) -> Option<ProgressBar> {
    bar(what, 0, "{msg:<24} {bar:40} {pos}/{len} commits, {per_sec}, {eta} left")
}

/// A bar over bytes.
pub(crate) fn bytes(what: &str, total: u64) -> Option<ProgressBar> {
    bar(what, total, "{msg:<24} {bar:40} {bytes}/{total_bytes}, {bytes_per_sec}")
}

/// A bar over the lines of a file.
pub(crate) fn lines(total: u64) -> Option<ProgressBar> {
    bar("", total, "{bar:40} {pos}/{len} lines, {eta} left {msg}")
}

fn bar(what: &str, total: u64, template: &str) -> Option<ProgressBar> {
    if !std::io::stderr().is_terminal() {
        return None;
    }
    let bar = ProgressBar::new(total).with_message(what.to_owned());
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    Some(bar)
}
