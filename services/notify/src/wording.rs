//! Notices in words: a template for each notice and language, and how names, days and hours are
//! written.
//!
//! The first line of a template is the subject, the rest the body. A body is plain text with a few
//! signs that [`crate::hypertext`] knows: `## ` a heading, `- ` an item, `> ` a quotation. A list has at most a
//! hundred lines, and says how many it leaves out, so that a mail stays one that mail servers take.

mod phrases;

use std::{collections::HashMap, sync::LazyLock};

use minijinja::{Environment, UndefinedBehavior, Value, context};
use samvirke_schemas::{Tagged, contacts::person::Language};
use strum::VariantArray;

use crate::notice::Notice;

/// From so many bytes on, a digest names what else there is and leads to it, without telling it.
const DIGEST_BYTES: usize = 128 * 1024;
/// The most characters of a subject from there on.
const SUBJECT_CHARS: usize = 120;

/// A notice in words.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub(crate) struct Words {
    pub(crate) subject: String,
    pub(crate) body: String,
}

macro_rules! templates {
    ($language:literal, $($name:literal),+ $(,)?) => {
        &[$(($name, include_str!(concat!("../templates/", $language, "/", $name, ".txt"))),)+]
    };
}

macro_rules! all_templates {
    ($language:literal) => {
        templates!(
            $language,
            "meeting-called",
            "meeting-moved",
            "meeting-cancelled",
            "agenda-changed",
            "minutes-published",
            "case-sent",
            "hearing-opened",
            "hearing-extended",
            "hearing-closing",
            "follow-up-due",
            "member-silent",
            "members-silent",
            "delivery-stopped",
            "digest",
            "footer",
        )
    };
}

fn templates(language: Language) -> &'static [(&'static str, &'static str)] {
    match language {
        Language::Nb => all_templates!("nb"),
        Language::Nn => all_templates!("nn"),
        Language::En => all_templates!("en"),
    }
}

static ENVIRONMENTS: LazyLock<HashMap<Language, Environment<'static>>> = LazyLock::new(|| {
    Language::VARIANTS.iter().map(|language| (*language, environment(*language))).collect()
});

fn environment(language: Language) -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_trim_blocks(true);
    environment.set_lstrip_blocks(true);
    environment.set_undefined_behavior(UndefinedBehavior::SemiStrict);
    for (name, text) in templates(language) {
        environment.add_template(name, text).expect("a test renders every template");
    }
    phrases::add(&mut environment, language);
    environment
}

/// Puts a notice into words; `url` is where the API is reached.
///
/// # Errors
///
/// When a template does not fit the notice, which is our bug.
pub(crate) fn words(
    notice: &Notice,
    language: Language,
    url: &str,
) -> Result<Words, minijinja::Error> {
    let context = if let Notice::Digest { notices } = notice {
        let letters: Result<Vec<Words>, _> =
            notices.iter().map(|notice| words(notice, language, url)).collect();
        context! { letters => bounded(letters?), url }
    } else {
        // What is written is {"<tag>": {<fields>}}.
        let fields = Value::from_serialize(notice).get_attr(notice.tag())?;
        context! { url, ..fields }
    };
    let text = render(notice.tag(), language, context)?;
    let (subject, body) = text.split_once('\n').unwrap_or((&text, ""));
    Ok(Words { subject: subject.trim().to_owned(), body: tidy(body) })
}

/// The letters of a digest; beyond [`DIGEST_BYTES`] only the last line of each, which says where the rest is.
fn bounded(mut letters: Vec<Words>) -> Vec<Words> {
    let mut bytes = 0;
    for letter in &mut letters {
        if bytes >= DIGEST_BYTES {
            letter.body = letter.body.lines().last().unwrap_or_default().to_owned();
            letter.subject = letter.subject.chars().take(SUBJECT_CHARS).collect();
        }
        bytes += letter.body.len();
    }
    letters
}

/// The last lines: why it was sent, and how to be told no more where that is possible.
///
/// # Errors
///
/// As [`words`].
pub(crate) fn footer(
    language: Language,
    unsubscribe: Option<&str>,
) -> Result<String, minijinja::Error> {
    render("footer", language, context! { unsubscribe }).map(|text| tidy(&text))
}

fn render(name: &str, language: Language, context: Value) -> Result<String, minijinja::Error> {
    ENVIRONMENTS[&language].get_template(name)?.render(context)
}

/// Without blank lines at the ends, and never more than one after another.
fn tidy(text: &str) -> String {
    let mut lines: Vec<&str> = Vec::new();
    for line in text.trim().lines().map(str::trim_end) {
        if !line.is_empty() || lines.last().is_some_and(|last| !last.is_empty()) {
            lines.push(line);
        }
    }
    lines.join("\n")
}
