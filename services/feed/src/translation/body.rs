//! What is published about a body. Everything is public except who holds a seat, which is never published.

use samvirke_schemas::{
    date::Date,
    feed::{
        Concerns, Fact,
        fact::{body as fact, brief},
    },
    id::{AggregateId, LocalId},
    networks::body::{BodyHistory, Event, Stay},
    organisation::OrganisationNumber,
};

use super::{message_builder::MessageBuilder, state::TranslationState};

pub(super) fn observe(
    state: &mut TranslationState,
    event: &Event,
    builder: &mut MessageBuilder<'_>,
) {
    let id = builder.about();
    if let Some(begun) = BodyHistory::begin(event) {
        state.bodies.insert(id.clone(), begun);
    }
    let Some(history) = state.bodies.get(id) else { return };
    // Told of the seats as they were: what is vacated is forgotten otherwise.
    if let Some(told) = tell(state, history, event, builder) {
        let BodyFact { fact, bodies, members } = told;
        let bodies = bodies.into_iter().chain([id.clone()]).collect();
        builder.publicly(Concerns { bodies, members, ..Concerns::default() }, fact);
    }
    if let Some(history) = state.bodies.get_mut(id) {
        history.take(event);
    }
}

/// What is published, and the other bodies and the members that it concerns.
struct BodyFact {
    fact: Fact,
    bodies: Option<AggregateId>,
    members: std::collections::BTreeSet<OrganisationNumber>,
}

impl BodyFact {
    fn of(fact: Fact) -> Self {
        Self { fact, bodies: None, members: [].into() }
    }

    fn with_body(self, other: Option<&AggregateId>) -> Self {
        Self { bodies: other.cloned(), ..self }
    }

    fn with_seats(self, seats: &[fact::Seat]) -> Self {
        let members = seats.iter().filter_map(|seat| seat.member.as_ref());
        Self { members: members.map(|member| member.member.clone()).collect(), ..self }
    }
}

fn tell(
    state: &TranslationState,
    history: &BodyHistory,
    event: &Event,
    builder: &MessageBuilder<'_>,
) -> Option<BodyFact> {
    let body = state.body(builder.about());
    let seat = |stay: &Stay| seat_of(state, stay, builder);
    let told = match event.clone() {
        Event::Established { kind, rules, elections, in_force_from, prepares_for, .. } => {
            let prepares = prepares_for.as_ref().map(|other| state.body(other));
            BodyFact::of(Fact::BodyEstablished(fact::Established {
                body,
                kind,
                rules,
                elections,
                in_force_from,
                prepares_for: prepares,
            }))
            .with_body(prepares_for.as_ref())
        }
        Event::RulesAmended { version, rules, elections, in_force_from } => {
            let changed = fact::RulesChanged { body, version, rules, elections, in_force_from };
            BodyFact::of(Fact::BodyRulesChanged(changed))
        }
        Event::SeatFilled { seat, member, office, from, to, .. } => {
            let member = Some(state.member(builder.cooperation(), &member));
            let seat = fact::Seat { seat, member, office: Some(office) };
            let filled = fact::SeatFilled { body, seat: seat.clone(), from, to };
            BodyFact::of(Fact::BodySeatFilled(filled)).with_seats(&[seat])
        }
        Event::SeatVacated { seat: id, from, to, .. } => {
            let stay = history.stays.iter().rev();
            let is_it = |stay: &&Stay| stay.seat.seat == id && stay.filled.from == from;
            vacated(body, stay.into_iter().find(is_it).map(seat).into_iter().collect(), to)
        }
        Event::SeatsVacated { member, to, .. } => {
            let stays = history.stays.iter();
            let ends = |stay: &&Stay| stay.is_of(&member) && stay.outlasts(to);
            vacated(body, stays.filter(ends).map(seat).collect(), to)
        }
        Event::Elected { .. } | Event::SteppedDown { .. } => elected(history, event, body, seat)?,
        Event::Paused { from, reason, tasks_go_to } => {
            let other = state.body(&tasks_go_to);
            BodyFact::of(Fact::BodyPaused(fact::Paused { body, from, reason, tasks_go_to: other }))
                .with_body(Some(&tasks_go_to))
        }
        Event::Resumed { from } => BodyFact::of(Fact::BodyResumed(fact::Resumed { body, from })),
        Event::Disbanded { on, reason, tasks_go_to } => {
            let other = tasks_go_to.as_ref().map(|other| state.body(other));
            let disbanded = fact::Disbanded { body, on, reason, tasks_go_to: other };
            BodyFact::of(Fact::BodyDisbanded(disbanded)).with_body(tasks_go_to.as_ref())
        }
        // The body's own housekeeping, and who reads what is restricted.
        Event::DeputiesNamed { .. }
        | Event::AccessGroupsNamed { .. }
        | Event::PreparationAssigned { .. } => return None,
    };
    Some(told)
}

/// The seats are all of one member.
fn vacated(body: brief::Body, seats: Vec<fact::Seat>, to: Date) -> BodyFact {
    let member = seats.first().and_then(|seat| seat.member.clone());
    let vacant =
        |seat: &fact::Seat| fact::VacatedSeat { seat: seat.seat.clone(), office: seat.office };
    let vacant = seats.iter().map(vacant).collect();
    let vacated = fact::SeatVacated { body, member, seats: vacant, to };
    BodyFact::of(Fact::BodySeatVacated(vacated)).with_seats(&seats)
}

fn elected(
    history: &BodyHistory,
    event: &Event,
    body: brief::Body,
    seat: impl Fn(&Stay) -> fact::Seat,
) -> Option<BodyFact> {
    let held = |id: &LocalId, day| match history.stay_in(id, day) {
        Some(stay) => seat(stay),
        None => fact::Seat { seat: id.clone(), member: None, office: None },
    };
    if let Event::Elected { post, seat, from, to } = event {
        let seat = held(seat, *from);
        let elected =
            fact::ChairElected { body, post: *post, seat: seat.clone(), from: *from, to: *to };
        return Some(BodyFact::of(Fact::BodyChairElected(elected)).with_seats(&[seat]));
    }
    if let Event::SteppedDown { post, seat, to, .. } = event {
        let seat = held(seat, *to);
        let down = fact::ChairSteppedDown { body, post: *post, seat: seat.clone(), to: *to };
        return Some(BodyFact::of(Fact::BodyChairSteppedDown(down)).with_seats(&[seat]));
    }
    None
}

fn seat_of(state: &TranslationState, stay: &Stay, builder: &MessageBuilder<'_>) -> fact::Seat {
    fact::Seat {
        seat: stay.seat.seat.clone(),
        member: Some(state.member(builder.cooperation(), &stay.seat.member)),
        office: Some(stay.seat.office),
    }
}
