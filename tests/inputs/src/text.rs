//! Texts: examples with some changes, and any characters at all.

use proptest::{char, collection::vec, prelude::*, sample::Index};

/// The most changes to one example.
const CHANGES_MAX: usize = 4;
/// The most characters in a text of any characters.
const CHARS_MAX: usize = 48;
/// The most repetitions of a part of an example: beyond the limits of lines, ids and endpoints.
const REPETITIONS_MAX: usize = 3_000;

/// Characters that forms are made of, and some that are mistaken for them.
const TELLING: &[char] = &[
    '0', '1', '2', '3', '5', '9', 'a', 'f', 'z', 'A', 'T', 'Z', 'W', '+', '-', '_', ':', ';', '/',
    '\\', '.', ',', '@', '%', '&', '=', '?', '#', '*', '>', '<', '"', '\'', '{', '}', '[', ']',
    '(', ')', '~', '!', '^', '|', ' ', '\t', '\n', '\r', '\0', '\u{7f}', '\u{85}', '\u{a0}',
    '\u{ad}', 'å', 'Å', 'ß', 'İ', 'ı', '２', '٣', '𝟏', '−', '：', '／', '．', '。', 'é', 'e',
    '\u{301}', '\u{200b}', '\u{200d}', '\u{2028}', '\u{202e}', '\u{feff}', '\u{fffd}', '\u{ffff}',
    '😀',
];

/// One change to a text.
#[derive(Clone, Debug)]
enum Change {
    Remove(Index),
    Insert(Index, char),
    Replace(Index, char),
    Truncate(Index),
    Repeat(Index, usize),
    Join(Index, Index),
    Uppercase,
    Lowercase,
}

impl Change {
    fn apply(&self, text: &str, examples: &[String]) -> String {
        let mut chars: Vec<char> = text.chars().collect();
        let at = |index: &Index| index.index(chars.len().max(1)).min(chars.len());
        match self {
            Self::Remove(index) if !chars.is_empty() => {
                chars.remove(at(index));
            }
            Self::Replace(index, other) if !chars.is_empty() => {
                let at = at(index);
                chars[at] = *other;
            }
            Self::Insert(index, other) | Self::Replace(index, other) => {
                let at = index.index(chars.len() + 1);
                chars.insert(at, *other);
            }
            Self::Truncate(index) => chars.truncate(index.index(chars.len() + 1)),
            Self::Repeat(index, times) if !chars.is_empty() => {
                let at = at(index);
                let again = chars[at];
                chars.splice(at..at, std::iter::repeat_n(again, *times));
            }
            Self::Join(index, other) => {
                let at = index.index(chars.len() + 1);
                chars.splice(at.., examples[other.index(examples.len())].chars());
            }
            Self::Uppercase => return text.to_uppercase(),
            Self::Lowercase => return text.to_lowercase(),
            Self::Remove(_) | Self::Repeat(..) => (),
        }
        chars.into_iter().collect()
    }
}

/// Texts near `examples`, and texts of any characters.
///
/// # Panics
///
/// Where there are no examples.
pub fn near(examples: &[&str]) -> impl Strategy<Value = String> + use<> {
    assert!(!examples.is_empty(), "examples show what is near");
    let examples: Vec<String> = examples.iter().map(|&example| example.to_owned()).collect();
    let changes = (any::<Index>(), vec(change(), 0..=CHANGES_MAX));
    let changed = changes.prop_map(move |(index, changes)| {
        let example = examples[index.index(examples.len())].clone();
        changes.iter().fold(example, |text, change| change.apply(&text, &examples))
    });
    prop_oneof![
        6 => changed,
        1 => vec(prop_oneof![any::<char>(), telling()], 0..CHARS_MAX)
            .prop_map(|chars| chars.into_iter().collect()),
    ]
}

fn telling() -> impl Strategy<Value = char> {
    prop_oneof![
        4 => proptest::sample::select(TELLING),
        1 => any::<char>(),
        1 => char::range(' ', '~'),
    ]
}

fn change() -> impl Strategy<Value = Change> {
    let at = any::<Index>;
    prop_oneof![
        3 => at().prop_map(Change::Remove),
        4 => (at(), telling()).prop_map(|(at, other)| Change::Insert(at, other)),
        6 => (at(), telling()).prop_map(|(at, other)| Change::Replace(at, other)),
        1 => at().prop_map(Change::Truncate),
        1 => (at(), 1..REPETITIONS_MAX).prop_map(|(at, times)| Change::Repeat(at, times)),
        1 => (at(), at()).prop_map(|(at, other)| Change::Join(at, other)),
        1 => Just(Change::Uppercase),
        1 => Just(Change::Lowercase),
    ]
}
