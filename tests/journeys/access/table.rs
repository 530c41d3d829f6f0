//! The table of `services/access/README.md`, as the test reads it.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
};

use samvirke_tests::root;

/// Who reads which text, and which answer carries it.
pub(crate) struct Table {
    pub(crate) columns: Vec<String>,
    /// The cells of each text, by column.
    pub(crate) rows: BTreeMap<String, BTreeMap<String, String>>,
    /// The texts that each answer carries.
    pub(crate) carries: BTreeMap<String, BTreeSet<String>>,
}

impl Table {
    pub(crate) fn read() -> Self {
        let text = fs::read_to_string(root().join("services/access/README.md")).unwrap();
        let lines: Vec<Vec<&str>> = text
            .lines()
            .filter(|line| line.starts_with('|') && !line.starts_with("|-"))
            .map(|line| line.trim_matches('|').split('|').map(str::trim).collect())
            .collect();
        let starts = |name: &str| lines.iter().position(|cells| cells[0] == name).unwrap();
        let (texts, answers) = (starts("text"), starts("answer"));
        let columns: Vec<String> = lines[texts][1..].iter().map(|&name| name.into()).collect();
        let rows = lines[texts + 1..answers].iter().map(|cells| {
            assert_eq!(cells.len(), columns.len() + 1, "{} has a cell too few or many", cells[0]);
            let cells_by_column = columns.iter().cloned().zip(cells[1..].iter().map(|&c| c.into()));
            (name(cells[0]), cells_by_column.collect())
        });
        let carries = lines[answers + 1..]
            .iter()
            .map(|cells| (name(cells[0]), cells[1].split_whitespace().map(name).collect()));
        Self { rows: rows.collect(), carries: carries.collect(), columns }
    }

    /// Whether a reader may read a text in an answer, or in a channel.
    pub(crate) fn may(&self, row: &str, reader: &str, channel: bool) -> bool {
        match self.rows[row][reader].as_str() {
            "x" | "o" => true,
            "t" => channel,
            "–" => false,
            other => panic!("{row}, {reader}: {other:?} is neither x, o, t nor –"),
        }
    }

    /// The texts that a reader must find in an answer, or in a channel.
    pub(crate) fn expected(&self, answer: &str, reader: &str, channel: bool) -> Vec<String> {
        let is_there = |row: &&String| match self.rows[*row][reader].as_str() {
            "x" => true,
            "t" => channel,
            _ => false,
        };
        self.carries[answer].iter().filter(is_there).cloned().collect()
    }
}

fn name(cell: &str) -> String {
    cell.trim_matches('`').to_owned()
}
