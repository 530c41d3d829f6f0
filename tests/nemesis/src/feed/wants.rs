//! What of the feed somebody may read and wants.

use std::fmt;

use super::said::Said;

/// For whom a receiver takes the feed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Owner {
    Public,
    Member(&'static str),
    /// All, also what is said to single members.
    Secretariat,
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Public => f.write_str("public"),
            Self::Member(member) => f.write_str(member),
            Self::Secretariat => f.write_str("secretariat"),
        }
    }
}

/// What a receiver should have.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wants {
    pub(super) owner: Owner,
    /// Only these types, where any are named.
    pub(super) types: &'static [&'static str],
    /// Only what is said to the member or concerns it by name.
    pub(super) own: bool,
    /// Whether a member also gets the public version of what it is told more of, as over NATS.
    pub(super) both: bool,
}

impl Wants {
    /// All that `owner` may read.
    pub(super) const fn all(owner: Owner) -> Self {
        Self { owner, types: &[], own: false, both: false }
    }

    pub(super) fn take(&self, said: &Said) -> bool {
        self.may_read(said)
            && (self.types.is_empty() || self.types.contains(&said.tag.as_str()))
            && (!self.own || self.is_own(said))
    }

    fn may_read(&self, said: &Said) -> bool {
        match (self.owner, said.to.as_deref()) {
            (Owner::Secretariat, _) | (Owner::Public, None) => true,
            (Owner::Public, Some(_)) => false,
            (Owner::Member(own), Some(to)) => own == to,
            (Owner::Member(own), None) => {
                self.both || !said.restated.iter().any(|member| member == own)
            }
        }
    }

    fn is_own(&self, said: &Said) -> bool {
        let Owner::Member(own) = self.owner else { return false };
        said.to.as_deref() == Some(own) || said.members.iter().any(|member| member == own)
    }
}
