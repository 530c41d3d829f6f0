//! How much of what somebody sent is repeated in an error.
//!
//! An error names the value at fault so that it can be found. A value of half a megabyte is not
//! found by repeating it, and the answer that repeats it would itself be too large.

use std::borrow::Cow;

/// The most characters that an error repeats of one value.
pub const EXCERPT_CHARS_MAX: usize = 80;

/// The most characters of the name or path of a field in an error.
pub const FIELD_CHARS_MAX: usize = 200;
/// The most characters of an error's own sentence.
pub const DETAIL_CHARS_MAX: usize = 2_000;

/// The beginning of a text, with an ellipsis and its length where it is longer than an error repeats.
pub fn excerpt(text: &str) -> String {
    shortened(text, EXCERPT_CHARS_MAX).into_owned()
}

/// `text`, or its first `chars_max` characters and how many there are.
pub fn shortened(text: &str, chars_max: usize) -> Cow<'_, str> {
    match text.char_indices().nth(chars_max) {
        None => Cow::Borrowed(text),
        Some((end, _)) => {
            Cow::Owned(format!("{}… ({} characters)", &text[..end], text.chars().count()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_text_is_repeated_whole() {
        let longest = "æ".repeat(EXCERPT_CHARS_MAX);
        assert_eq!(excerpt(&longest), longest);
        assert_eq!(excerpt(""), "");
    }

    #[test]
    fn of_a_long_text_the_beginning_and_its_length_are_told() {
        let told = excerpt(&"æ".repeat(530_000));
        assert_eq!(told, format!("{}… (530000 characters)", "æ".repeat(EXCERPT_CHARS_MAX)));
    }
}
