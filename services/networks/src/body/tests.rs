//! The rules of a body, told on Vestregionen's steering group.

use samvirke_kernel::{
    Rejection as _,
    scenario::{Scenario, role},
};
use samvirke_schemas::{
    id::LocalId,
    names::Names,
    networks::{
        body::{ElectionRule, NamedDeputy, Post},
        cooperation::{self, Agreement, LegalForm, MemberKind},
        rules::{
            Authority, BodyKind, CompositionRule, Majority, Office, PersonId, Quorum, Right, Rules,
        },
    },
    organisation::OrganisationNumber,
    text::Prose,
};

use super::*;

mod access_groups;
mod elections;
mod phases;
mod rules;
mod seats;

const BAERUM: &str = "935478715";
const ASKER: &str = "920125298";
const BUSKERUD: &str = "964951373";
/// A company: never a member here.
const OUTSIDER: &str = "923609016";

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

fn number(text: &str) -> OrganisationNumber {
    OrganisationNumber::try_new(text).unwrap()
}

fn local(text: &str) -> LocalId {
    text.parse().unwrap()
}

fn body(text: &str) -> AggregateId {
    text.parse().unwrap()
}

fn names(nb: &str) -> Names {
    Names { nb: nb.parse().unwrap(), nn: None, en: None }
}

fn reason() -> Prose {
    "Kommunevalget.".parse().unwrap()
}

fn person(id: u128) -> PersonId {
    PersonId::from_u128(id)
}

/// Vestregionen with Bærum, Asker (until the end of 2019) and Buskerud.
fn vestregionen() -> Cooperation {
    let mut cooperation = Cooperation::default();
    cooperation.evolve(&cooperation::Event::Founded {
        names: names("Vestregionen"),
        legal_form: LegalForm::Section27,
        legal_basis: None,
        purpose: "Felles regionale interesser.".parse().unwrap(),
        office_municipality: None,
        agreement: Agreement {
            title: "Vedtekter".parse().unwrap(),
            version: "2010".parse().unwrap(),
            in_force_from: None,
        },
        founded_on: day("1992-01-01"),
    });
    for (member, kind) in [
        (BAERUM, MemberKind::Municipality),
        (ASKER, MemberKind::Municipality),
        (BUSKERUD, MemberKind::CountyCouncil),
    ] {
        cooperation.evolve(&cooperation::Event::MemberAdmitted {
            member: number(member),
            names: names("Et medlem"),
            kind,
            from: day("1992-01-01"),
        });
    }
    cooperation.evolve(&cooperation::Event::MemberReleased {
        member: number(ASKER),
        to: day("2019-12-31"),
        reason: reason(),
    });
    cooperation
}

/// The mayors and the county mayors (R4).
fn mayors() -> Rules {
    let place = |office, member_kind| CompositionRule { office, member_kind, seats_per_member: 1 };
    Rules {
        composition: vec![
            place(Office::Mayor, MemberKind::Municipality),
            place(Office::CountyMayor, MemberKind::CountyCouncil),
        ],
        seat_rights: [Right::Attend, Right::Speak, Right::Propose, Right::Vote].into(),
        entitled: Vec::new(),
        notice_days: 0,
        quorum: Quorum::HalfOfMembers {},
        majority: Majority::Simple,
        casting_vote: true,
        meetings_per_year_min: None,
        authority: Authority::Decides,
        delegated: Vec::new(),
        legal_basis: None,
    }
}

fn two_years_among_mayors() -> ElectionRule {
    ElectionRule { eligible: [Office::Mayor].into(), term_years_max: Some(2) }
}

fn establish_with(rules: Rules) -> Request {
    Request::Establish {
        names: names("Styringsgruppen"),
        kind: BodyKind::SteeringGroup,
        rules,
        elections: None,
        in_force_from: day("2010-01-01"),
        prepares_for: None,
    }
}

fn establish() -> Request {
    let mut request = establish_with(mayors());
    if let Request::Establish { elections, .. } = &mut request {
        *elections = Some(two_years_among_mayors());
    }
    request
}

fn amend(rules: Rules, from: &str) -> Request {
    Request::AmendRules { rules, elections: None, in_force_from: day(from) }
}

fn fill(seat: &str, member: &str, office: Office, from: &str) -> Request {
    Request::FillSeat {
        seat: local(seat),
        member: number(member),
        office,
        holder: None,
        from: day(from),
        to: None,
    }
}

fn until(last: &str, mut request: Request) -> Request {
    if let Request::FillSeat { to, .. } = &mut request {
        *to = Some(day(last));
    }
    request
}

fn held_by(id: u128, mut request: Request) -> Request {
    if let Request::FillSeat { holder, .. } = &mut request {
        *holder = Some(person(id));
    }
    request
}

fn vacate(seat: &str, to: &str) -> Request {
    Request::VacateSeat { seat: local(seat), to: day(to), reason: reason() }
}

fn elect(post: Post, seat: &str, from: &str, to: Option<&str>) -> Request {
    Request::Elect { post, seat: local(seat), from: day(from), to: to.map(day) }
}

fn unestablished() -> Scenario<Body> {
    Scenario::new("vestregionen:sg").knowing(Facts { cooperation: vestregionen().into() })
}

fn established() -> Scenario<Body> {
    unestablished().after(establish())
}

/// The mayors of Bærum and Asker and the county mayor of Buskerud, since 2011.
fn seated() -> Scenario<Body> {
    established()
        .after(fill("baerum", BAERUM, Office::Mayor, "2011-10-01"))
        .after(until("2019-12-31", fill("asker", ASKER, Office::Mayor, "2011-10-01")))
        .after(fill("buskerud", BUSKERUD, Office::CountyMayor, "2011-10-01"))
}

/// `seated`, with Bærum's mayor chair and Asker's deputy chair for 2014 and 2015.
fn led() -> Scenario<Body> {
    seated().after(elect(Post::Chair, "baerum", "2014-01-01", Some("2015-12-31"))).after(elect(
        Post::DeputyChair,
        "asker",
        "2014-01-01",
        Some("2015-12-31"),
    ))
}
