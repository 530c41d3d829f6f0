//! An Atom feed (RFC 4287) as text.

use std::io;

use chrono::{DateTime, FixedOffset};
use quick_xml::{
    Writer,
    events::{BytesDecl, BytesText, Event},
    writer::ElementWriter,
};
use uuid::Uuid;

/// The media type of what [`Feed::render`] writes.
pub(super) const MEDIA_TYPE: &str = "application/atom+xml; charset=utf-8";
const NAMESPACE: &str = "http://www.w3.org/2005/Atom";
/// When nothing has been said yet, a feed was last changed at the beginning of time.
const NEVER: &str = "1970-01-01T00:00:00Z";

/// A feed in one language, newest entry first.
#[derive(Debug)]
pub(super) struct Feed {
    pub(super) id: Uuid,
    pub(super) language: &'static str,
    pub(super) title: String,
    /// Who says it.
    pub(super) author: String,
    /// Where it is fetched.
    pub(super) address: String,
    pub(super) entries: Vec<Entry>,
}

/// One thing that is said.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) id: Uuid,
    pub(super) title: String,
    pub(super) updated: DateTime<FixedOffset>,
    /// What it is filed under: a term and the word for it.
    pub(super) category: (String, String),
    pub(super) summary: String,
    pub(super) content: Option<String>,
    /// Where more is told of it, and in which form.
    pub(super) address: String,
    pub(super) address_type: &'static str,
}

impl Feed {
    pub(super) fn render(&self) -> String {
        let mut writer = Writer::new(Vec::new());
        self.write(&mut writer).expect("writing to memory never fails");
        String::from_utf8(writer.into_inner()).expect("text is written as UTF-8")
    }

    fn write(&self, xml: &mut Writer<Vec<u8>>) -> io::Result<()> {
        xml.write_event(Event::Decl(BytesDecl::new("1.0", Some("utf-8"), None)))?;
        let feed = xml.create_element("feed");
        let feed = feed.with_attributes([("xmlns", NAMESPACE), ("xml:lang", self.language)]);
        feed.write_inner_content(|xml| {
            text(xml.create_element("id"), &urn(self.id))?;
            text(xml.create_element("title"), &self.title)?;
            let updated = self.entries.iter().map(|entry| entry.updated).max();
            let updated = updated.map_or_else(|| NEVER.to_owned(), |newest| newest.to_rfc3339());
            text(xml.create_element("updated"), &updated)?;
            let author = xml.create_element("author");
            author.write_inner_content(|xml| text(xml.create_element("name"), &self.author))?;
            let own = [("rel", "self"), ("href", self.address.as_str())];
            xml.create_element("link").with_attributes(own).write_empty()?;
            self.entries.iter().try_for_each(|entry| entry.write(xml))
        })?;
        Ok(())
    }
}

impl Entry {
    fn write(&self, xml: &mut Writer<Vec<u8>>) -> io::Result<()> {
        xml.create_element("entry").write_inner_content(|xml| {
            text(xml.create_element("id"), &urn(self.id))?;
            text(xml.create_element("title"), &self.title)?;
            text(xml.create_element("updated"), &self.updated.to_rfc3339())?;
            let (term, label) = &self.category;
            let category = [("term", term.as_str()), ("label", label.as_str())];
            xml.create_element("category").with_attributes(category).write_empty()?;
            let link = [
                ("rel", "alternate"),
                ("type", self.address_type),
                ("href", self.address.as_str()),
            ];
            xml.create_element("link").with_attributes(link).write_empty()?;
            text(xml.create_element("summary"), &self.summary)?;
            match &self.content {
                Some(content) => text(xml.create_element("content"), content),
                None => Ok(()),
            }
        })?;
        Ok(())
    }
}

fn text(element: ElementWriter<'_, Vec<u8>>, text: &str) -> io::Result<()> {
    element.write_text_content(BytesText::new(text)).map(drop)
}

fn urn(id: Uuid) -> String {
    format!("urn:uuid:{id}")
}
