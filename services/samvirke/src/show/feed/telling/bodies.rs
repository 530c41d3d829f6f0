//! What happens to bodies.

use samvirke_schemas::{feed::fact::body as fact, networks::body::Post};

use super::{super::words, Tells, body, happened, member};

impl Tells for fact::Established {
    fn told(&self) -> (String, String) {
        let prepares =
            self.prepares_for.as_ref().map(|to| format!(", forbereder for {}", body(to)));
        let kind = words::body_kind(self.kind);
        let how = format!(
            "{kind} fra {}{}",
            words::day(self.in_force_from),
            prepares.unwrap_or_default()
        );
        happened("Organ opprettet", body(&self.body), how)
    }
}

impl Tells for fact::RulesChanged {
    fn told(&self) -> (String, String) {
        let how = format!("versjon {} fra {}", self.version, words::day(self.in_force_from));
        happened("Nye regler", body(&self.body), how)
    }
}

impl Tells for fact::SeatFilled {
    fn told(&self) -> (String, String) {
        let to = self.to.map(|to| format!(" til {}", words::day(to))).unwrap_or_default();
        let how = format!("{} fra {}{to}", seat(&self.seat), words::day(self.from));
        happened("Plass besatt", body(&self.body), how)
    }
}

impl Tells for fact::SeatVacated {
    fn told(&self) -> (String, String) {
        let seats = self.seats.iter().map(|vacated| {
            seat(&fact::Seat {
                seat: vacated.seat.clone(),
                member: self.member.clone(),
                office: vacated.office,
            })
        });
        let seats = seats.collect::<Vec<_>>().join("; ");
        let how = format!("{seats}, siste dag {}", words::day(self.to));
        happened("Plass ledig", body(&self.body), how)
    }
}

impl Tells for fact::ChairElected {
    fn told(&self) -> (String, String) {
        let to = self.to.map(|to| format!(" til {}", words::day(to))).unwrap_or_default();
        let how = format!("{} fra {}{to}", seat(&self.seat), words::day(self.from));
        happened(&format!("Ny {}", post(self.post)), body(&self.body), how)
    }
}

impl Tells for fact::ChairSteppedDown {
    fn told(&self) -> (String, String) {
        let how = format!("{}, siste dag {}", seat(&self.seat), words::day(self.to));
        happened(&format!("Uten {}", post(self.post)), body(&self.body), how)
    }
}

impl Tells for fact::Paused {
    fn told(&self) -> (String, String) {
        let (from, to) = (words::day(self.from), body(&self.tasks_go_to));
        let how = format!("fra {from}, oppgavene går til {to}. {}", self.reason);
        happened("Organ lagt på is", body(&self.body), how)
    }
}

impl Tells for fact::Resumed {
    fn told(&self) -> (String, String) {
        let how = format!("fra {}", words::day(self.from));
        happened("Organ tatt opp igjen", body(&self.body), how)
    }
}

impl Tells for fact::Disbanded {
    fn told(&self) -> (String, String) {
        let to = self.tasks_go_to.as_ref().map(|to| format!(", oppgavene går til {}", body(to)));
        let day = words::day(self.on);
        let how = format!("siste dag {day}{}. {}", to.unwrap_or_default(), self.reason);
        happened("Organ nedlagt", body(&self.body), how)
    }
}

fn post(post: Post) -> &'static str {
    match post {
        Post::Chair => "leder",
        Post::DeputyChair => "nestleder",
    }
}

/// `ordfører, Bærum kommune`: by office, never by name.
fn seat(seat: &fact::Seat) -> String {
    let office = seat.office.map(|office| words::office(office).to_owned());
    let both = [office, seat.member.as_ref().map(member)];
    match both.into_iter().flatten().collect::<Vec<_>>()[..] {
        [] => seat.seat.to_string(),
        ref told => told.join(", "),
    }
}
