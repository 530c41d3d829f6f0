//! A sheet of plain text for a terminal: headings, labelled facts, running text and tables.
//!
//! Invariant: no line is longer than [`COLUMNS`], and nothing is cut off: what does not fit goes on to
//! the next line. A character counts as one column, which holds for Norwegian text.

/// The columns of a sheet.
pub(super) const COLUMNS: usize = 100;
/// The columns between two columns of a table.
const GAP: usize = 2;
/// Where words must be broken, a column gets no narrower than this.
const CELL_MIN: usize = 6;

/// Lines for reading, from the top.
#[derive(Debug, Default)]
pub(super) struct Sheet {
    lines: Vec<String>,
}

impl Sheet {
    /// The lines, without line breaks.
    pub(super) fn lines(&self) -> &[String] {
        &self.lines
    }

    /// A heading, with space above it.
    pub(super) fn heading(&mut self, text: &str) {
        if !self.lines.is_empty() {
            self.lines.push(String::new());
        }
        self.line(0, text);
    }

    /// One line, or more where it is too long; the further ones stand two columns to the right.
    pub(super) fn line(&mut self, indent: usize, text: &str) {
        let mut width = COLUMNS - indent;
        let mut rest = text;
        let mut begin = " ".repeat(indent);
        while let Some((line, more)) = fit(rest, width) {
            self.lines.push(format!("{begin}{line}").trim_end().to_owned());
            rest = more;
            width = COLUMNS - indent - GAP;
            begin = " ".repeat(indent + GAP);
        }
    }

    /// Running text; its paragraphs and blank lines are kept.
    pub(super) fn prose(&mut self, indent: usize, text: &str) {
        let begin = " ".repeat(indent);
        for line in wrapped(text, COLUMNS - indent) {
            self.lines.push(format!("{begin}{line}").trim_end().to_owned());
        }
    }

    /// Facts with their labels, one under the other. A fact without text is left out.
    pub(super) fn facts(&mut self, indent: usize, facts: &[(&str, String)]) {
        let rows = facts.iter().filter(|(_, fact)| !fact.is_empty());
        let rows = rows.map(|(label, fact)| vec![(*label).to_owned(), fact.clone()]).collect();
        self.rows(indent, rows);
    }

    /// A table with its heads. The widest columns give way until it fits.
    pub(super) fn table(&mut self, indent: usize, heads: &[&str], rows: Vec<Vec<String>>) {
        let heads = heads.iter().map(|head| (*head).to_owned()).collect();
        self.rows(indent, std::iter::once(heads).chain(rows).collect());
    }

    fn rows(&mut self, indent: usize, rows: Vec<Vec<String>>) {
        let widths = widths(&rows, COLUMNS - indent);
        for row in rows {
            let cells: Vec<Vec<String>> =
                row.iter().zip(&widths).map(|(cell, width)| wrapped(cell, *width)).collect();
            let height = cells.iter().map(Vec::len).max().unwrap_or_default();
            for at in 0..height {
                let mut line = " ".repeat(indent);
                for (cell, width) in cells.iter().zip(&widths) {
                    let part = cell.get(at).map_or("", String::as_str);
                    line.push_str(&format!("{part:<room$}", room = width + GAP));
                }
                self.lines.push(line.trim_end().to_owned());
            }
        }
    }
}

/// How wide each column is: as its widest cell, and narrower from the widest on until all fit.
///
/// Words are broken only where no other way is left, because an id in two parts cannot be copied.
fn widths(rows: &[Vec<String>], room: usize) -> Vec<usize> {
    let columns = rows.iter().map(Vec::len).max().unwrap_or_default();
    let widest = |column: usize, parts: fn(&str) -> Vec<&str>| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        let chars = cells.flat_map(|cell| parts(cell)).map(|part| part.chars().count());
        chars.max().unwrap_or_default()
    };
    let lines: Vec<usize> =
        (0..columns).map(|column| widest(column, |cell| cell.lines().collect())).collect();
    let words: Vec<usize> = (0..columns)
        .map(|column| widest(column, |cell| cell.split_whitespace().collect()))
        .collect();
    let room = room.saturating_sub(GAP * columns.saturating_sub(1));
    let with_words = narrowed(lines, &words, room);
    narrowed(with_words, &vec![CELL_MIN; columns], room)
}

/// Takes from the widest column that is above its least, until all fit or none is left.
fn narrowed(mut widths: Vec<usize>, least: &[usize], room: usize) -> Vec<usize> {
    while widths.iter().sum::<usize>() > room {
        let above = widths.iter_mut().zip(least).filter(|(width, least)| **width > **least);
        match above.max_by_key(|(width, _)| **width) {
            Some((widest, _)) => *widest -= 1,
            None => break,
        }
    }
    widths
}

/// A text in lines of at most `width` columns.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    for paragraph in text.lines() {
        let mut rest = paragraph;
        if rest.trim().is_empty() {
            lines.push(String::new());
        }
        while let Some((line, more)) = fit(rest, width) {
            lines.push(line);
            rest = more;
        }
    }
    lines
}

/// The words that fit on one line, and the rest; none where no word is left.
///
/// A word that is longer than a line is broken, because it must not be cut off.
fn fit(text: &str, width: usize) -> Option<(String, &str)> {
    let mut rest = text.trim_start();
    if rest.is_empty() {
        return None;
    }
    let mut line = String::new();
    let mut used = 0;
    while !rest.is_empty() {
        let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
        let (word, more) = rest.split_at(end);
        let chars = word.chars().count();
        let space = usize::from(!line.is_empty());
        if used + space + chars > width {
            if !line.is_empty() {
                break;
            }
            let cut = word.char_indices().nth(width.max(1)).map_or(word.len(), |(at, _)| at);
            return Some((word[..cut].to_owned(), &rest[cut..]));
        }
        if space == 1 {
            line.push(' ');
        }
        line.push_str(word);
        used += space + chars;
        rest = more.trim_start();
    }
    Some((line, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_line_is_longer_than_the_sheet_and_nothing_is_lost() {
        let long = "å".repeat(230);
        let words = "ordfører ".repeat(40);
        let mut sheet = Sheet::default();
        sheet.line(4, &format!("{long} {words}"));
        sheet.prose(4, &words);
        sheet.facts(2, &[("Sted", words.clone())]);
        sheet.table(2, &["Organ", "Sak"], vec![vec![words.clone(), long]]);
        assert!(sheet.lines().iter().all(|line| line.chars().count() <= COLUMNS));
        let all = sheet.lines().concat();
        assert_eq!(all.matches('å').count(), 2 * 230);
        assert_eq!(all.matches("ordfører").count(), 4 * 40);
    }

    #[test]
    fn paragraphs_are_kept() {
        assert_eq!(wrapped("a  b\r\n\n\tc", 10), ["a b", "", "c"]);
    }

    #[test]
    fn the_widest_column_gives_way() {
        let mut sheet = Sheet::default();
        let title = "Videreføring av samarbeidet ".repeat(6);
        sheet.table(
            2,
            &["Nummer", "Tittel", "Tilstand"],
            vec![vec!["24a/2017".into(), title, "avsluttet".into()]],
        );
        let lines = sheet.lines();
        assert!(lines[0].starts_with("  Nummer    Tittel "), "{}", lines[0]);
        assert!(lines[1].starts_with("  24a/2017  Videreføring "), "{}", lines[1]);
        assert!(lines[1].ends_with("  avsluttet"), "{}", lines[1]);
        assert!(lines[2].starts_with("            "), "{}", lines[2]);
    }
}
