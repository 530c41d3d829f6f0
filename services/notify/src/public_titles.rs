//! What the public may call cases and items of agendas: the titles in the facts that it was told last.
//!
//! Invariant: a title comes from a fact to the public, never from one to a member, and the last one
//! stands; so what is withheld today is in no mail that is sent today, however old its notice is.

use std::collections::HashMap;

use samvirke_schemas::{feed::Fact, id::AggregateId, text::Line};
use serde_json::{Map, Value};
use sqlx::PgConnection;

use crate::notice::{Notice, PublicCase, PublicItem};

/// A title, and whether there is more than the public sees.
#[derive(Clone, Debug, PartialEq)]
struct Title {
    title: Option<Line>,
    withheld: bool,
}

/// Titles by what they are of: a case, or a meeting and one of its items.
#[derive(Debug, Default)]
pub(crate) struct PublicTitles(HashMap<(String, String), Title>);

impl PublicTitles {
    /// Reads the titles that a notice needs.
    ///
    /// # Errors
    ///
    /// When the database does not answer.
    pub(crate) async fn of(connection: &mut PgConnection, notice: &Notice) -> sqlx::Result<Self> {
        let mut copy = notice.clone();
        let mut about = Vec::new();
        copy.each_case(&mut |case| about.push(case.id.to_string()));
        copy.each_item(&mut |meeting, _| about.push(meeting.to_string()));
        let rows: Vec<(String, String, Option<String>, bool)> = sqlx::query_as(
            "SELECT about, part, title, withheld FROM public_title WHERE about = ANY($1)",
        )
        .bind(&about)
        .fetch_all(connection)
        .await?;
        let titles = rows.into_iter().map(|(about, part, title, withheld)| {
            let title = title.and_then(|title| title.parse().ok());
            ((about, part), Title { title, withheld })
        });
        Ok(Self(titles.collect()))
    }

    /// Writes the titles into a notice.
    pub(crate) fn fill(&self, notice: &mut Notice) {
        notice.each_case(&mut |case: &mut PublicCase| {
            case.title = self.get(&case.id, "").and_then(|own| own.title.clone());
        });
        notice.each_item(&mut |meeting: &AggregateId, item: &mut PublicItem| {
            let own = self.get(meeting, item.item.as_str());
            item.title = own.and_then(|own| own.title.clone());
            item.withheld = own.is_some_and(|own| own.withheld);
        });
    }

    fn get(&self, about: &AggregateId, part: &str) -> Option<&Title> {
        self.0.get(&(about.to_string(), part.to_owned()))
    }
}

/// Takes the titles out of a fact that the public was told.
///
/// # Errors
///
/// When the database does not answer.
pub(crate) async fn learn(connection: &mut PgConnection, fact: &Fact) -> sqlx::Result<()> {
    let mut found = Vec::new();
    if let Ok(value) = serde_json::to_value(fact) {
        collect(&value, &mut found);
    }
    for (about, part, title, withheld) in found {
        sqlx::query(
            "INSERT INTO public_title (about, part, title, withheld) VALUES ($1, $2, $3, $4)
             ON CONFLICT (about, part)
             DO UPDATE SET title = EXCLUDED.title, withheld = EXCLUDED.withheld",
        )
        .bind(about)
        .bind(part)
        .bind(title)
        .bind(withheld)
        .execute(&mut *connection)
        .await?;
    }
    Ok(())
}

/// What a title is of, the title, and whether it is not the whole one.
type Found = (String, String, Option<String>, bool);

fn collect(value: &Value, found: &mut Vec<Found>) {
    match value {
        Value::Object(fields) => {
            found.extend(case(fields));
            if let Some(meeting) = fields.get("meeting").and_then(|own| text(own.get("id"))) {
                items(fields, &meeting, found);
            }
            fields.values().for_each(|field| collect(field, found));
        }
        Value::Array(all) => all.iter().for_each(|one| collect(one, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => (),
    }
}

/// A case as facts name it.
fn case(fields: &Map<String, Value>) -> Option<Found> {
    fields.get("number")?;
    fields.get("owner")?;
    let withheld = fields.get("withheld")?.as_bool()?;
    Some((text(fields.get("id"))?, String::new(), text(fields.get("title")), withheld))
}

/// The items of a meeting as its facts name them.
fn items(fields: &Map<String, Value>, meeting: &str, found: &mut Vec<Found>) {
    let lists = ["agenda", "items"].into_iter().filter_map(|list| fields.get(list)?.as_array());
    let listed = lists
        .flatten()
        .map(|entry| entry.get("item").filter(|own| own.is_object()).unwrap_or(entry));
    for item in listed.chain(fields.get("item")).filter_map(Value::as_object) {
        let withheld = item.get("withheld").and_then(Value::as_bool);
        if let (Some(part), Some(withheld)) = (text(item.get("item")), withheld) {
            found.push((meeting.to_owned(), part, text(item.get("title")), withheld));
        }
    }
}

fn text(value: Option<&Value>) -> Option<String> {
    value?.as_str().map(str::to_owned)
}
