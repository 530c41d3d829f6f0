//! The HTML part of a mail, made from its text part, so that both always say the same.
//!
//! Invariant: every character of the text is escaped; nothing that people wrote becomes a tag.

/// Makes a page of a text with headings, items, quotations and links.
pub(crate) fn page(language: &str, subject: &str, text: &str, footer: &str) -> String {
    format!(
        "<!DOCTYPE html>\n<html lang=\"{language}\"><head><meta charset=\"utf-8\">\
         <title>{}</title></head>\n<body style=\"font-family: sans-serif; max-width: 40em\">\n\
         <h1 style=\"font-size: 1.3em\">{}</h1>\n{}<hr>\n<footer>\n{}</footer>\n</body></html>\n",
        escaped(subject),
        escaped(subject),
        blocks(text),
        blocks(footer),
    )
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Block {
    Paragraph,
    List,
    Quotation,
}

impl Block {
    fn tags(self) -> (&'static str, &'static str) {
        match self {
            Self::Paragraph => ("<p>", "</p>\n"),
            Self::List => ("<ul>\n", "</ul>\n"),
            Self::Quotation => ("<blockquote>", "</blockquote>\n"),
        }
    }
}

fn blocks(text: &str) -> String {
    let mut html = String::new();
    let mut open: Option<Block> = None;
    for line in text.lines() {
        let (wanted, content) = read(line);
        if open != wanted {
            if let Some(block) = open {
                html.push_str(block.tags().1);
            }
            if let Some(block) = wanted {
                html.push_str(block.tags().0);
            }
        } else if matches!(open, Some(Block::Paragraph | Block::Quotation)) {
            html.push_str("<br>\n");
        }
        open = wanted;
        match wanted {
            None if content.is_empty() => (),
            None => html
                .push_str(&format!("<h2 style=\"font-size: 1.1em\">{}</h2>\n", escaped(content))),
            Some(Block::List) => html.push_str(&format!("<li>{}</li>\n", linked(content))),
            Some(Block::Paragraph | Block::Quotation) => html.push_str(&linked(content)),
        }
    }
    if let Some(block) = open {
        html.push_str(block.tags().1);
    }
    html
}

/// The block that a line belongs to, and what it says there; none for headings and blank lines.
fn read(line: &str) -> (Option<Block>, &str) {
    if let Some(heading) = line.strip_prefix("## ") {
        (None, heading)
    } else if let Some(item) = line.strip_prefix("- ") {
        (Some(Block::List), item)
    } else if line == ">" || line.starts_with("> ") {
        (Some(Block::Quotation), line[1..].trim_start())
    } else if line.trim().is_empty() {
        (None, "")
    } else {
        (Some(Block::Paragraph), line)
    }
}

/// Escapes a line; an address at its end becomes a link.
fn linked(line: &str) -> String {
    let last = line.rsplit(' ').next().unwrap_or_default();
    if !last.starts_with("https://") && !last.starts_with("http://") {
        return escaped(line);
    }
    let before = line.strip_suffix(last).unwrap_or_default();
    let address = escaped(last);
    format!("{}<a href=\"{address}\">{address}</a>", escaped(before))
}

fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_people_wrote_becomes_a_tag() {
        let text = "Sak <script>alert('x')</script>\n- <b>\n> \"<i>\"\n## <u>\nhttps://a.example/\"onclick=\"x";
        let html = page("nb", "<title>", text, "<p>");
        for tag in ["<script", "<b>", "<i>", "<u>", "\"onclick"] {
            assert!(!html.contains(tag), "{tag} in {html}");
        }
        assert!(html.contains("&lt;script&gt;"));
    }

    #[test]
    fn lines_become_paragraphs_items_quotations_and_links() {
        let text = "En\nTo\n\n## Saker\n- A\n- B\n> sitert\n>\n> mer\n\nMer: https://a.example/x";
        assert_eq!(
            blocks(text),
            "<p>En<br>\nTo</p>\n<h2 style=\"font-size: 1.1em\">Saker</h2>\n<ul>\n<li>A</li>\n\
             <li>B</li>\n</ul>\n<blockquote>sitert<br>\n<br>\nmer</blockquote>\n\
             <p>Mer: <a href=\"https://a.example/x\">https://a.example/x</a></p>\n"
        );
    }
}
