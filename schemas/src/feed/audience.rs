//! Who a published event is for: its subject in the feed, and who reads it.

use std::{fmt, str::FromStr};

use crate::{
    excerpt::excerpt,
    id::CooperationId,
    organisation::OrganisationNumber,
    principal::{Principal, Role},
};

/// Those who read what is said to any member of a cooperation.
const READ_ALL: &[Role] =
    &[Role::Secretariat, Role::Auditor, Role::Archivist, Role::Operator, Role::System];

/// Who may read an event.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Audience {
    Public,
    /// One member, and those who watch over the cooperation.
    Member(OrganisationNumber),
}

impl Audience {
    /// The member, where it is one.
    pub fn member(&self) -> Option<&OrganisationNumber> {
        match self {
            Self::Public => None,
            Self::Member(member) => Some(member),
        }
    }
}

impl fmt::Display for Audience {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Public => f.write_str("public"),
            Self::Member(member) => write!(f, "{member}"),
        }
    }
}

/// The text is not a subject of the feed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0} is not a subject of the feed")]
pub struct InvalidSubject(String);

/// Where an event stands in the feed: `feed.vestregionen.public.case.decided` or
/// `feed.vestregionen.member.935478715.case.decided`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    pub cooperation: CooperationId,
    pub audience: Audience,
    /// The type without prefix and version: `case.decided`.
    pub tag: String,
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&filter(Some(&self.cooperation), Some(&self.audience), Some(&self.tag)))
    }
}

impl FromStr for Subject {
    type Err = InvalidSubject;

    fn from_str(text: &str) -> Result<Self, InvalidSubject> {
        let read = || {
            let (cooperation, rest) = text.strip_prefix("feed.")?.split_once('.')?;
            let (audience, tag) = match rest.split_once('.')? {
                ("public", tag) => (Audience::Public, tag),
                ("member", rest) => {
                    let (member, tag) = rest.split_once('.')?;
                    (Audience::Member(member.parse().ok()?), tag)
                }
                _ => return None,
            };
            let cooperation = cooperation.parse().ok()?;
            tag.contains('.').then(|| Self { cooperation, audience, tag: tag.to_owned() })
        };
        read().ok_or_else(|| InvalidSubject(excerpt(text)))
    }
}

/// A subject with wildcards where nothing is given: what a consumer of the feed asks for. Without an
/// audience it covers the public and every member.
pub fn filter(
    cooperation: Option<&CooperationId>,
    audience: Option<&Audience>,
    tag: Option<&str>,
) -> String {
    let cooperation = cooperation.map_or("*", |cooperation| cooperation.as_str());
    let tag = tag.unwrap_or(">");
    match audience {
        None => format!("feed.{cooperation}.>"),
        Some(Audience::Public) => format!("feed.{cooperation}.public.{tag}"),
        Some(Audience::Member(member)) => format!("feed.{cooperation}.member.{member}.{tag}"),
    }
}

/// How much of the feed someone reads in one cooperation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reader {
    /// Everything, also what is said to single members.
    All,
    /// What is public, and what is said to this member.
    Member(OrganisationNumber),
    Public,
}

impl Reader {
    pub fn of(principal: &Principal, cooperation: &CooperationId) -> Self {
        if principal.is_any(READ_ALL, cooperation) {
            return Self::All;
        }
        match &principal.member {
            Some(member) if principal.speaks_for(member, cooperation) => {
                Self::Member(member.clone())
            }
            Some(_) | None => Self::Public,
        }
    }

    /// Whether this reader is given an event: it may read it, and has not been told the same with more
    /// in it. `restated` is the value of the header [`super::RESTATED`].
    pub fn reads(&self, audience: &Audience, restated: Option<&str>) -> bool {
        match (self, audience) {
            (Self::All, _) | (Self::Public, Audience::Public) => true,
            (Self::Public, Audience::Member(_)) => false,
            (Self::Member(own), Audience::Member(to)) => own == to,
            (Self::Member(own), Audience::Public) => !restated
                .is_some_and(|members| members.split(',').any(|member| member == own.as_str())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member() -> OrganisationNumber {
        "935478715".parse().unwrap()
    }

    #[test]
    fn a_subject_reads_back_as_it_was_written() {
        for text in
            ["feed.vestregionen.public.case.decided", "feed.x.member.935478715.meeting.moved"]
        {
            assert_eq!(text.parse::<Subject>().unwrap().to_string(), text);
        }
        for text in ["feed.x", "feed.x.public.case", "feed.x.member.1.case.decided", "es.x.y.a.b"] {
            assert!(text.parse::<Subject>().is_err(), "{text} passed");
        }
    }

    #[test]
    fn nobody_reads_what_is_said_to_another_member() {
        let other = Audience::Member("920125298".parse().unwrap());
        assert!(!Reader::Public.reads(&other, None));
        assert!(!Reader::Member(member()).reads(&other, None));
        assert!(Reader::Member(member()).reads(&Audience::Member(member()), None));
        assert!(Reader::All.reads(&other, None));
    }

    #[test]
    fn a_member_is_told_a_fact_once() {
        let restated = Some("920125298,935478715");
        assert!(!Reader::Member(member()).reads(&Audience::Public, restated));
        assert!(Reader::Member(member()).reads(&Audience::Public, Some("920125298")));
        assert!(Reader::Public.reads(&Audience::Public, restated));
    }
}
