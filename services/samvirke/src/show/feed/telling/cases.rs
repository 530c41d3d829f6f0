//! What happens to cases and to the tasks that flow from them.

use samvirke_schemas::feed::fact::{
    brief, case as fact,
    follow_up::{self, Owner},
};

use super::{super::words, Tells, body, case, happened, member, name_or, other_case, titled};

impl Tells for fact::Opened {
    fn told(&self) -> (String, String) {
        let how = format!("{}, {}", words::case_kind(self.case.kind), body(&self.case.owner));
        happened("Ny sak", case(&self.case), how)
    }
}

impl Tells for fact::Amended {
    fn told(&self) -> (String, String) {
        happened("Sak rettet", case(&self.case), "")
    }
}

impl Tells for fact::TreatmentDue {
    fn told(&self) -> (String, String) {
        let treats =
            self.treatment.authority.map(|authority| format!(" {}", words::treats(authority)));
        let how = format!("{}{}", body(&self.treatment.body), treats.unwrap_or_default());
        happened("Til behandling", treated(&self.case, &self.treatment), how)
    }
}

impl Tells for fact::Decided {
    fn told(&self) -> (String, String) {
        let result = match self.result {
            fact::DecisionResult::Adopted => "vedtatt",
            fact::DecisionResult::Rejected => "avvist",
        };
        let how = format!("{}: {result}{}", body(&self.treatment.body), held(&self.held));
        happened("Vedtak", treated(&self.case, &self.treatment), how)
    }
}

impl Tells for fact::Treated {
    fn told(&self) -> (String, String) {
        let outcome = match self.outcome {
            fact::TreatmentOutcome::Recommended => "innstilling",
            fact::TreatmentOutcome::TookNote => "tatt til orientering",
            fact::TreatmentOutcome::Forwarded => "sendt videre",
            fact::TreatmentOutcome::Postponed => "utsatt",
            fact::TreatmentOutcome::SentBack => "sendt tilbake",
        };
        let how = format!("{}: {outcome}{}", body(&self.treatment.body), held(&self.held));
        happened("Behandlet", treated(&self.case, &self.treatment), how)
    }
}

impl Tells for fact::SentToMembers {
    fn told(&self) -> (String, String) {
        let by = self.answer_by.map(|by| format!("; svar innen {}", words::day(by)));
        let many = self.members.len();
        let members = if many == 1 { "1 medlem".to_owned() } else { format!("{many} medlemmer") };
        let how = format!("{members}{}", by.unwrap_or_default());
        happened("Sendt til medlemmene", case(&self.case), how)
    }
}

impl Tells for fact::MemberIncluded {
    fn told(&self) -> (String, String) {
        let by = self.answer_by.map(|by| format!("; svar innen {}", words::day(by)));
        let how = format!("{}{}", member(&self.member), by.unwrap_or_default());
        happened("Nytt medlem med i saken", case(&self.case), how)
    }
}

impl Tells for fact::MemberReleased {
    fn told(&self) -> (String, String) {
        happened("Medlem ikke lenger med i saken", case(&self.case), member(&self.member))
    }
}

impl Tells for fact::Settled {
    fn told(&self) -> (String, String) {
        let rule = words::settle_rule(&self.rule);
        let how = format!("{} ({rule})", words::settle_result(self.result));
        happened("Sak avgjort", case(&self.case), how)
    }
}

impl Tells for fact::InForce {
    fn told(&self) -> (String, String) {
        happened("Vedtak i kraft", case(&self.case), format!("fra {}", words::day(self.from)))
    }
}

impl Tells for fact::ForceEnded {
    fn told(&self) -> (String, String) {
        let other =
            self.replaced_by.as_ref().map(|other| format!(", erstattet av {}", other_case(other)));
        let how = format!("siste dag {}{}", words::day(self.on), other.unwrap_or_default());
        happened("Vedtak ute av kraft", case(&self.case), how)
    }
}

impl Tells for fact::Restricted {
    fn told(&self) -> (String, String) {
        let until = self.until.map(|until| format!(" til {}", words::day(until)));
        let basis = words::legal_basis(&self.legal_basis);
        happened("Sak skjermet", case(&self.case), format!("{basis}{}", until.unwrap_or_default()))
    }
}

impl Tells for fact::Withheld {
    fn told(&self) -> (String, String) {
        let how = format!("{} hendelser", self.events.len());
        happened("Opplysninger trukket tilbake", &self.case, how)
    }
}

impl Tells for fact::RestrictionLifted {
    fn told(&self) -> (String, String) {
        happened("Skjerming opphevet", case(&self.case), self.reason.to_string())
    }
}

impl Tells for fact::Withdrawn {
    fn told(&self) -> (String, String) {
        happened("Sak trukket", case(&self.case), reason(self.reason.as_ref()))
    }
}

impl Tells for fact::Closed {
    fn told(&self) -> (String, String) {
        happened("Sak avsluttet", case(&self.case), "")
    }
}

impl Tells for fact::Reopened {
    fn told(&self) -> (String, String) {
        happened("Sak tatt opp igjen", case(&self.case), reason(self.reason.as_ref()))
    }
}

impl Tells for fact::Related {
    fn told(&self) -> (String, String) {
        let how = format!("{} {}", words::relates(self.relation), other_case(&self.to));
        happened("Sak knyttet til en annen", case(&self.case), how)
    }
}

impl Tells for fact::RelationRemoved {
    fn told(&self) -> (String, String) {
        let how = format!("{} ikke {}", words::relates(self.relation), other_case(&self.to));
        happened("Tilknytning tatt bort", case(&self.case), how)
    }
}

impl Tells for follow_up::Assigned {
    fn told(&self) -> (String, String) {
        happened("Oppfølging", case(&self.case), task(&self.task))
    }
}

impl Tells for follow_up::Reported {
    fn told(&self) -> (String, String) {
        let how = format!("{} {}", task(&self.task), reason(self.text.as_ref()));
        happened("Melding om oppfølging", case(&self.case), how)
    }
}

impl Tells for follow_up::Rescheduled {
    fn told(&self) -> (String, String) {
        happened("Ny frist for oppfølging", case(&self.case), task(&self.task))
    }
}

impl Tells for follow_up::Done {
    fn told(&self) -> (String, String) {
        happened("Oppfølging utført", case(&self.case), task(&self.task))
    }
}

impl Tells for follow_up::Dropped {
    fn told(&self) -> (String, String) {
        happened("Oppfølging lagt bort", case(&self.case), task(&self.task))
    }
}

/// The case under the number that the body treats it by (R32, R34).
fn treated(of: &brief::Case, treatment: &fact::Treatment) -> String {
    match treatment.number == of.number {
        true => case(of),
        false => format!("{} {}", treatment.number, titled(of)),
    }
}

/// `, enstemmig, 28.09.2017`.
fn held(held: &fact::Held) -> String {
    let unanimous = match held.unanimous {
        Some(true) => ", enstemmig",
        Some(false) | None => "",
    };
    format!("{unanimous}, {}", words::day(held.on))
}

fn reason(reason: Option<&samvirke_schemas::text::Prose>) -> String {
    reason.map(ToString::to_string).unwrap_or_default()
}

fn task(task: &follow_up::Task) -> String {
    let what = reason(task.task.as_ref());
    let due = task.due.map(|due| format!(", frist {}", words::day(due))).unwrap_or_default();
    let owner = match &task.owner {
        Owner::Member(owner) => member(owner),
        Owner::Body(owner) => body(owner),
        Owner::Office { office, member } => match member {
            Some(of) => {
                format!("{}, {}", words::office(*office), name_or(of.names.as_ref(), &of.member))
            }
            None => words::office(*office).to_owned(),
        },
    };
    match what.as_str() {
        "" => format!("{owner}{due}"),
        what => format!("{owner}{due}: {what}"),
    }
}
