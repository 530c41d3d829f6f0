//! `samvirke show case 24/2017`: one thing as the API gives it, laid out for reading.

use anyhow::{Context, bail};
use samvirke_schemas::{case_number::CaseNumber, catalogue};
use serde_json::Value;

use crate::{
    arguments::Show,
    configuration::Configuration,
    http::{self, Problem},
    outcome::Outcome,
    terminal,
};

/// How deep an answer is laid out; deeper parts are shown as JSON.
const DEPTH_MAX: usize = 12;

/// Asks for one thing and shows it.
pub(crate) async fn run(configuration: &Configuration, asked: &Show) -> anyhow::Result<Outcome> {
    let collection = catalogue::COLLECTIONS.iter().find(|one| one.kind == asked.kind);
    let collection = collection.with_context(|| {
        let kinds: Vec<&str> = catalogue::COLLECTIONS.iter().map(|one| one.kind).collect();
        format!("there is nothing of the kind {:?}; there are {}", asked.kind, kinds.join(", "))
    })?;
    let id = id(configuration, &asked.id)?;
    let url = format!("{}/v1/{}/{id}", configuration.url(), collection.plural);
    let mut request = http::client()?.get(&url);
    if let Some(token) = http::given_token(&asked.bearer)? {
        request = request.bearer_auth(token.expose());
    }
    if let Some(after) = &asked.after {
        request = request.header("Samvirke-Position", after);
    }
    let response = request.send().await.with_context(|| format!("{url} does not answer"))?;
    let status = response.status();
    let body = response.bytes().await.with_context(|| format!("{url} broke off its answer"))?;
    if !status.is_success() {
        let problem = Problem::read(status.as_u16(), &body);
        bail!("{}: {}", problem.code(), problem.reason());
    }
    let answer: Value = serde_json::from_slice(&body).context("the answer is not JSON")?;
    if asked.json {
        terminal::say(&serde_json::to_string_pretty(&answer)?);
    } else {
        let mut lines = Vec::new();
        lay_out(&answer, 0, &mut lines);
        lines.iter().for_each(|line| terminal::say(line));
    }
    Ok(Outcome::Done)
}

/// The id in the URL; the number of a case is found in the cooperation that is meant.
fn id(configuration: &Configuration, text: &str) -> anyhow::Result<String> {
    match text.parse::<CaseNumber>() {
        Ok(number) => {
            let number = number.to_string().replace('/', "-");
            Ok(format!("{}:{number}", configuration.cooperation()?))
        }
        Err(_) => Ok(text.parse::<samvirke_schemas::id::AggregateId>()?.to_string()),
    }
}

/// Lays a value out as indented lines: `name: value`, and `-` before each thing of a list.
fn lay_out(value: &Value, depth: usize, lines: &mut Vec<String>) {
    let indent = "  ".repeat(depth);
    match value {
        Value::Object(fields) if depth < DEPTH_MAX => {
            for (name, value) in fields.iter().filter(|(_, value)| !is_empty(value)) {
                match short(value) {
                    Some(text) => lines.push(format!("{indent}{name}: {text}")),
                    None => {
                        lines.push(format!("{indent}{name}:"));
                        lay_out(value, depth + 1, lines);
                    }
                }
            }
        }
        Value::Array(items) if depth < DEPTH_MAX => {
            for item in items {
                let first = lines.len();
                match short(item) {
                    Some(text) => lines.push(format!("{indent}  {text}")),
                    None => lay_out(item, depth + 1, lines),
                }
                if let Some(line) = lines.get_mut(first) {
                    line.replace_range(indent.len()..indent.len() + 1, "-");
                }
            }
        }
        Value::Object(_)
        | Value::Array(_)
        | Value::Null
        | Value::Bool(_)
        | Value::Number(_)
        | Value::String(_) => lines.push(format!("{indent}{value}")),
    }
}

/// A value that fits behind its name.
fn short(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.contains('\n') => Some(text.clone()),
        Value::Bool(_) | Value::Number(_) => Some(value.to_string()),
        Value::String(_) | Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_answer_is_laid_out_for_reading() {
        let answer = json!({"names": {"nb": "Vestregionen"}, "none": null,
                            "members": [{"member": "935478715", "from": "1992"}, "x"]});
        let mut lines = Vec::new();
        lay_out(&answer, 0, &mut lines);
        let wanted = [
            "members:",
            "  - from: 1992",
            "    member: 935478715",
            "  - x",
            "names:",
            "  nb: Vestregionen",
        ];
        assert_eq!(lines, wanted);
    }
}
