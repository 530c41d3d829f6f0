//! What a bench prints: tables in Markdown, as the README keeps them, and one line per target.

use std::fmt;

/// A table whose first column names the row.
#[derive(Debug)]
pub(crate) struct Table {
    title: String,
    rows: Vec<Vec<String>>,
}

impl Table {
    pub(crate) fn new(title: impl Into<String>, head: impl IntoIterator<Item = String>) -> Self {
        Self { title: title.into(), rows: vec![head.into_iter().collect()] }
    }

    pub(crate) fn row(
        &mut self,
        name: impl Into<String>,
        cells: impl IntoIterator<Item = Option<String>>,
    ) {
        let cells = cells.into_iter().map(|cell| cell.unwrap_or_else(|| "–".into()));
        self.rows.push(std::iter::once(name.into()).chain(cells).collect());
    }

    pub(crate) fn print(&self) {
        say(&self.to_string());
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let cell = |row: &Vec<String>, column: usize| row.get(column).cloned().unwrap_or_default();
        let widths: Vec<usize> = (0..columns)
            .map(|column| {
                self.rows.iter().map(|row| cell(row, column).chars().count()).max().unwrap_or(0)
            })
            .collect();
        writeln!(f, "\n{}\n", self.title)?;
        for (index, row) in self.rows.iter().enumerate() {
            for (column, width) in widths.iter().enumerate() {
                let text = cell(row, column);
                if column == 0 {
                    write!(f, "| {text:<width$} |")?;
                } else {
                    write!(f, " {text:>width$} |")?;
                }
            }
            writeln!(f)?;
            if index == 0 {
                for (column, width) in widths.iter().enumerate() {
                    let (left, right) = if column == 0 { ("|", "-|") } else { ("", ":|") };
                    write!(f, "{left}{}{right}", "-".repeat(width + 1))?;
                }
                writeln!(f)?;
            }
        }
        Ok(())
    }
}

/// A whole number with commas: `24,564`.
pub(crate) fn whole(number: f64) -> String {
    let digits = format!("{:.0}", number.max(0.0));
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Milliseconds, with as many decimals as say something.
pub(crate) fn milliseconds(number: f64) -> String {
    if number < 0.1 { format!("{number:.4}") } else { format!("{number:.2}") }
}

/// The line that a target is checked by.
pub(crate) fn ratio(name: &str, ours: f64, theirs: f64) {
    say(&format!("RATIO {name} {:.2}", ours / theirs));
}

/// Says something to whoever runs the bench.
#[expect(clippy::print_stdout, reason = "what a bench is for")]
pub(crate) fn say(text: &str) {
    println!("{text}");
}

/// Says why there are no numbers.
#[expect(clippy::print_stderr, reason = "the numbers may be piped somewhere; this is not one")]
pub(crate) fn complain(text: &str) {
    eprintln!("{text}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_told_apart() {
        assert_eq!(
            [0.4, 999.0, 1_000.0, 24_563.6].map(whole),
            ["0", "999", "1,000", "24,564"].map(str::to_owned)
        );
    }

    #[test]
    fn a_table_is_markdown_and_says_where_nothing_was_measured() {
        let mut table = Table::new("Title", ["", "1", "16"].map(str::to_owned));
        table.row("kernel", [Some("12".to_owned()), None]);
        assert_eq!(
            table.to_string(),
            "\nTitle\n\n|        |  1 | 16 |\n|--------|---:|---:|\n| kernel | 12 |  – |\n"
        );
    }
}
