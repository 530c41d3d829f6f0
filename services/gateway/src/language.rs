//! The language a caller reads: English, or bokmål for whoever prefers Norwegian.

/// A language that problems are written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Language {
    English,
    /// Stands in for nynorsk too.
    Bokmaal,
}

/// The most ranges of an `Accept-Language` that are looked at.
const RANGES_MAX: usize = 32;

impl Language {
    /// The tag for `Content-Language`.
    pub(crate) fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Bokmaal => "nb",
        }
    }

    /// Reads `Accept-Language` (RFC 9110 § 12.5.4): the known language with the highest weight, the
    /// first of equals; English where none is known.
    pub(crate) fn preferred(header: Option<&str>) -> Self {
        let mut best = (Self::English, 0);
        for range in header.unwrap_or_default().split(',').take(RANGES_MAX) {
            let mut parts = range.split(';').map(str::trim);
            let tag = parts.next().unwrap_or_default().to_ascii_lowercase();
            let language = match tag.split('-').next() {
                Some("nb" | "nn" | "no") => Self::Bokmaal,
                Some("en" | "*") => Self::English,
                Some(_) | None => continue,
            };
            let weight = parts.next().map_or(1000, per_mille);
            if weight > best.1 {
                best = (language, weight);
            }
        }
        best.0
    }
}

/// `q=0.8` as 800; 0 for what is not a weight.
fn per_mille(parameter: &str) -> u32 {
    let weight = parameter.strip_prefix("q=").and_then(|text| text.parse::<f32>().ok());
    match weight {
        Some(weight) if (0.0..=1.0).contains(&weight) => (weight * 1000.0) as u32,
        Some(_) | None => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn norwegian_readers_get_bokmaal_and_everyone_else_english() {
        for (header, language) in [
            (None, Language::English),
            (Some("nb-NO,nb;q=0.9,en;q=0.8"), Language::Bokmaal),
            (Some("nn"), Language::Bokmaal),
            (Some("NO"), Language::Bokmaal),
            (Some("en-GB, nb;q=0.5"), Language::English),
            (Some("se, fi;q=0.9, nb;q=0.2"), Language::Bokmaal),
            (Some("de"), Language::English),
            (Some("nb;q=0, en;q=0.1"), Language::English),
            (Some("nb;q=x"), Language::English),
            (Some(";;,,q"), Language::English),
        ] {
            assert_eq!(Language::preferred(header), language, "{header:?}");
        }
    }
}
