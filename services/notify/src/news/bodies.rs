//! Seats: whose they are decides who is told of a meeting, and how much.

use samvirke_schemas::feed::fact::body;

use super::{Step, Steps};

impl Steps<'_> {
    pub(super) fn seat_filled(&mut self, filled: &body::SeatFilled) {
        if let Some(member) = &filled.seat.member {
            self.push(Step::SeatFilled {
                body: filled.body.id.clone(),
                seat: filled.seat.seat.clone(),
                member: member.member.clone(),
                to: filled.to,
            });
        }
    }

    pub(super) fn seats_vacated(&mut self, vacated: &body::SeatVacated) {
        for seat in &vacated.seats {
            let (body, seat) = (vacated.body.id.clone(), seat.seat.clone());
            self.push(Step::SeatVacated { body, seat, to: vacated.to });
        }
    }
}
