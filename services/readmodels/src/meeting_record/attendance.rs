//! Who was at the meeting, from when to when (R20, R27, R28).

use samvirke_schemas::{
    id::LocalId,
    local_time::LocalTime,
    meetings::meeting::Event,
    queries::meeting::{Attendance, OtherAttendance, SeatAttendance, Stay},
};

pub(super) fn fold(attendance: &mut Attendance, event: Event) {
    if let Event::AbsenceReported { seat, .. } = event {
        with(attendance, seat).absent = true;
    } else if let Event::SeatTaken { seat, stand_in, remote, at, .. } = event {
        let own = with(attendance, seat);
        // Somebody else in the seat ends the stay of whoever sat there.
        leave(own, at);
        own.absent &= stand_in.is_some();
        own.stays.push(Stay { stand_in, remote, from: at, to: None });
    } else if let Event::SeatLeft { seat, at } = event {
        leave(with(attendance, seat), at);
    } else if let Event::OtherArrived { attendee, office, member, rights, at } = event {
        let other = OtherAttendance { attendee, office, member, rights, from: at, to: None };
        attendance.others.push(other);
    } else if let Event::OtherLeft { attendee, at } = event {
        let here = attendance.others.iter_mut().filter(|other| other.attendee == attendee);
        here.filter(|other| other.to.is_none()).for_each(|other| other.to = Some(at));
    }
}

/// Adjourning ends every stay; attendance is taken anew afterwards.
pub(super) fn everyone_leaves(attendance: &mut Attendance, at: LocalTime) {
    for seat in &mut attendance.seats {
        leave(seat, at);
    }
    for other in attendance.others.iter_mut().filter(|other| other.to.is_none()) {
        other.to = Some(at);
    }
}

fn leave(seat: &mut SeatAttendance, at: LocalTime) {
    for stay in seat.stays.iter_mut().filter(|stay| stay.to.is_none()) {
        stay.to = Some(at);
    }
}

fn with(attendance: &mut Attendance, seat: LocalId) -> &mut SeatAttendance {
    let known = attendance.seats.iter().position(|own| own.seat == seat);
    let at = known.unwrap_or_else(|| {
        attendance.seats.push(SeatAttendance { seat, absent: false, stays: Vec::new() });
        attendance.seats.len() - 1
    });
    &mut attendance.seats[at]
}
