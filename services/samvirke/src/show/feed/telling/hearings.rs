//! What happens in hearings, and statements to third parties.

use samvirke_schemas::{
    feed::fact::hearing::{self as fact, StatementFrom},
    local_time::LocalTime,
};

use super::{super::words, Tells, body, case, happened};

impl Tells for fact::Opened {
    fn told(&self) -> (String, String) {
        let how = format!("{}; frist {}", parties(self.invited_count), moment(self.deadline));
        happened("På høring", case(&self.case), how)
    }
}

impl Tells for fact::Extended {
    fn told(&self) -> (String, String) {
        let how = format!("{}, før {}", moment(self.deadline), moment(self.earlier_deadline));
        happened("Ny høringsfrist", case(&self.case), how)
    }
}

impl Tells for fact::Closed {
    fn told(&self) -> (String, String) {
        let how = match self.silent_count {
            0 => words::day(self.on),
            silent => format!("{}, {} uten svar", words::day(self.on), parties(silent)),
        };
        happened("Høring avsluttet", case(&self.case), how)
    }
}

impl Tells for fact::SummedUp {
    fn told(&self) -> (String, String) {
        happened("Høring oppsummert", case(&self.case), "")
    }
}

impl Tells for fact::Adopted {
    fn told(&self) -> (String, String) {
        let how = format!("{}, {}", body(&self.body), words::day(self.on));
        happened("Vedtatt etter høring", case(&self.case), how)
    }
}

impl Tells for fact::StatementReceived {
    fn told(&self) -> (String, String) {
        let from = match &self.from {
            StatementFrom::Invited(party) => &party.names.nb,
            StatementFrom::Uninvited { organisation } => organisation,
        };
        let late = if self.late { ", etter fristen" } else { "" };
        let how = format!("{from}, {}{late}", moment(self.received_at));
        happened("Høringsuttalelse", case(&self.case), how)
    }
}

impl Tells for fact::StatementSent {
    fn told(&self) -> (String, String) {
        let how = format!("til {}, {}", self.receiver, words::day(self.on));
        happened("Uttalelse sendt", case(&self.case), how)
    }
}

fn parties(parties: u32) -> String {
    match parties {
        1 => "1 part".to_owned(),
        many => format!("{many} parter"),
    }
}

fn moment(time: LocalTime) -> String {
    format!("{} kl. {}", words::day(time.day()), words::clock(time))
}
