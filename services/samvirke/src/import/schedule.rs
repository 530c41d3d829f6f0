//! Which lines may be sent: those that wait for no earlier one.
//!
//! Pure: lines are numbers, in the order of the file. Invariant: the first line that is not finished waits
//! for nothing, so some line can always be sent.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::names::{Name, Names};

/// The unfinished lines that name something.
#[derive(Debug, Default)]
struct Naming {
    /// The last one that names it exclusively. All before it are waited for by it.
    exclusive: Option<usize>,
    /// Those after it that share the name.
    shared: BTreeSet<usize>,
}

/// A line that is not finished.
#[derive(Debug)]
struct Unfinished {
    names: Names,
    waits_for: BTreeSet<usize>,
    /// The later lines that wait for this one.
    waited_for_by: BTreeSet<usize>,
}

/// The lines that are not finished, and what they wait for.
#[derive(Debug, Default)]
pub(crate) struct Schedule {
    lines: BTreeMap<usize, Unfinished>,
    named_by: HashMap<Name, Naming>,
    ready: BTreeSet<usize>,
}

impl Schedule {
    /// Takes the next line of the file.
    pub(crate) fn add(&mut self, line: usize, names: Names) {
        let mut waits_for = BTreeSet::new();
        for name in &names.exclusive {
            let naming = self.named_by.entry(name.clone()).or_default();
            waits_for.extend(naming.exclusive);
            waits_for.append(&mut naming.shared);
            naming.exclusive = Some(line);
        }
        for name in &names.shared {
            let naming = self.named_by.entry(name.clone()).or_default();
            waits_for.extend(naming.exclusive);
            naming.shared.insert(line);
        }
        for earlier in &waits_for {
            if let Some(earlier) = self.lines.get_mut(earlier) {
                earlier.waited_for_by.insert(line);
            }
        }
        if waits_for.is_empty() {
            self.ready.insert(line);
        }
        self.lines.insert(line, Unfinished { names, waits_for, waited_for_by: BTreeSet::new() });
    }

    /// Takes out the first line that may be sent, if it comes before line `end`.
    pub(crate) fn next_before(&mut self, end: usize) -> Option<usize> {
        let first = self.ready.first().copied().filter(|line| *line < end)?;
        self.ready.remove(&first);
        Some(first)
    }

    /// A line was answered: those that waited for nothing else may be sent.
    pub(crate) fn finish(&mut self, line: usize) {
        let Some(finished) = self.lines.remove(&line) else { return };
        for name in finished.names.exclusive.into_iter().chain(finished.names.shared) {
            let Some(naming) = self.named_by.get_mut(&name) else { continue };
            naming.shared.remove(&line);
            naming.exclusive = naming.exclusive.filter(|exclusive| *exclusive != line);
            if naming.exclusive.is_none() && naming.shared.is_empty() {
                self.named_by.remove(&name);
            }
        }
        for later in finished.waited_for_by {
            let Some(waiting) = self.lines.get_mut(&later) else { continue };
            waiting.waits_for.remove(&line);
            if waiting.waits_for.is_empty() {
                self.ready.insert(later);
            }
        }
    }
}

#[cfg(test)]
mod tests;
