//! Content lines (RFC 5545 § 3.1): names and values, escaped and folded.
//!
//! Invariant: no line is longer than 75 octets without its line break, no character is cut in two, and no
//! value can begin a line of its own.

/// The most octets on a line (RFC 5545 § 3.1).
const LINE_OCTETS_MAX: usize = 75;

/// Lines in the order they are written.
#[derive(Debug, Default)]
pub(crate) struct ContentLines(String);

impl ContentLines {
    /// A value that is written as it is: numbers, dates, addresses. Control characters are left out.
    pub(crate) fn raw(&mut self, name: &str, value: &str) {
        let value: String = value.chars().filter(|c| !c.is_control()).collect();
        self.fold(&format!("{name}:{value}"));
    }

    /// A text, in which some characters have a meaning and are escaped (RFC 5545 § 3.3.11).
    pub(crate) fn text(&mut self, name: &str, value: &str) {
        let mut escaped = String::with_capacity(value.len());
        for c in value.replace("\r\n", "\n").chars() {
            match c {
                '\\' | ';' | ',' => escaped.extend(['\\', c]),
                '\n' => escaped.push_str("\\n"),
                c if c.is_control() && c != '\t' => (),
                c => escaped.push(c),
            }
        }
        self.fold(&format!("{name}:{escaped}"));
    }

    pub(crate) fn finish(self) -> String {
        self.0
    }

    fn fold(&mut self, line: &str) {
        let mut octets = 0;
        for c in line.chars() {
            if octets + c.len_utf8() > LINE_OCTETS_MAX {
                // The space that marks a line as going on counts too.
                self.0.push_str("\r\n ");
                octets = 1;
            }
            self.0.push(c);
            octets += c.len_utf8();
        }
        self.0.push_str("\r\n");
    }
}

/// A parameter's value, quoted (RFC 5545 § 3.2); what cannot stand in quotes is left out.
pub(crate) fn quoted(value: &str) -> String {
    let inside: String = value.chars().filter(|c| *c != '"' && !c.is_control()).collect();
    format!("\"{inside}\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_line_is_folded_between_characters() {
        let mut lines = ContentLines::default();
        let value = "Møte på Hønefoss ".repeat(20);
        lines.text("SUMMARY", &value);
        let text = lines.finish();
        assert!(text.lines().count() > 3);
        assert!(text.lines().all(|line| line.len() <= LINE_OCTETS_MAX));
        assert_eq!(text.replace("\r\n ", ""), format!("SUMMARY:{value}\r\n"));
    }

    #[test]
    fn no_value_begins_a_line_of_its_own() {
        let mut lines = ContentLines::default();
        lines.text("SUMMARY", "a\r\nEND:VEVENT;b,c\\d\re");
        lines.raw("URL", "http://x/\r\nEND:VEVENT");
        assert_eq!(
            lines.finish(),
            "SUMMARY:a\\nEND:VEVENT\\;b\\,c\\\\de\r\nURL:http://x/END:VEVENT\r\n"
        );
        assert_eq!(quoted("Sekre\"tariatet\n"), "\"Sekretariatet\"");
    }
}
