//! Everybody who reads, in the order of the table's columns.

use samvirke_tests::api::{Api, Caller};

/// A member that a joint case was sent to and that is heard; its seat has a holder.
pub(crate) const PARTY: &str = "935478715";
/// A member with a seat that names no holder.
pub(crate) const SEATED: &str = "920125298";
/// A member without a seat.
pub(crate) const MEMBER: &str = "954597482";
/// A member until the end of 2018.
pub(crate) const FORMER: &str = "964951373";
/// A member of nothing.
pub(crate) const STRANGER: &str = "974761076";
pub(crate) const HOLDER: &str = "6f9619ff-8b86-4d01-b42d-00cf4fc964f1";
pub(crate) const DEPUTY: &str = "6f9619ff-8b86-4d01-b42d-00cf4fc964f2";
pub(crate) const IN_A_GROUP: &str = "6f9619ff-8b86-4d01-b42d-00cf4fc964f3";

/// In an access group that the steering group names.
pub(crate) const IN_A_GROUP_OF_A_BODY: &str = "6f9619ff-8b86-4d01-b42d-00cf4fc964f4";

/// Somebody who reads.
pub(crate) struct Reader {
    /// The column of the table.
    pub(crate) name: &'static str,
    token: Token,
}

enum Token {
    None,
    Role(&'static str, Option<&'static str>),
    Person(&'static str),
}

impl Reader {
    pub(crate) fn caller(&self, api: &Api) -> Caller {
        match self.token {
            Token::None => Caller::public(),
            Token::Role(role, member) => api.caller(&[role], member),
            Token::Person(person) => api.person(person),
        }
    }
}

const fn machine(name: &'static str, member: &'static str) -> Reader {
    // As every token of Maskinporten is: the organisation, in all cooperations.
    Reader { name, token: Token::Role("*:member-integration", Some(member)) }
}

const fn delegate(name: &'static str, member: &'static str) -> Reader {
    Reader { name, token: Token::Role("prove:delegate", Some(member)) }
}

const fn office(name: &'static str, role: &'static str) -> Reader {
    Reader { name, token: Token::Role(role, None) }
}

const fn person(name: &'static str, person: &'static str) -> Reader {
    Reader { name, token: Token::Person(person) }
}

pub(crate) const READERS: &[Reader] = &[
    Reader { name: "public", token: Token::None },
    machine("party's machine", PARTY),
    machine("member's machine", MEMBER),
    machine("former member's machine", FORMER),
    office("another cooperation's secretariat", "elsewhere:secretariat"),
    machine("stranger's machine", STRANGER),
    delegate("stranger's delegate", STRANGER),
    delegate("delegate with a seat", SEATED),
    delegate("delegate without a seat", MEMBER),
    person("holder", HOLDER),
    person("deputy sitting in", DEPUTY),
    person("person of an access group", IN_A_GROUP),
    person("person of an access group of a body", IN_A_GROUP_OF_A_BODY),
    office("auditor", "prove:auditor"),
    office("secretariat", "prove:secretariat"),
    office("operator", "*:operator"),
];
