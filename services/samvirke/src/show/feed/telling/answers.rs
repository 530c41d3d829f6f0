//! What members answer to joint cases.

use samvirke_schemas::feed::fact::answer as fact;

use super::{super::words, Tells, case, happened, member};

impl Tells for fact::Received {
    fn told(&self) -> (String, String) {
        let how = format!("{}, {}", member(&self.member), words::day(self.on));
        happened("Mottatt hos medlem", case(&self.case), how)
    }
}

impl Tells for fact::Processed {
    fn told(&self) -> (String, String) {
        let how = format!("{}, {}", member(&self.member), words::day(self.on));
        happened("Registrert i medlemmets saksystem", case(&self.case), how)
    }
}

impl Tells for fact::ReferenceRegistered {
    fn told(&self) -> (String, String) {
        let entry =
            self.reference.journal_entry.as_ref().map(|entry| format!(", journalpost {entry}"));
        let entry = entry.unwrap_or_default();
        let how = format!("{}: {}{entry}", member(&self.member), self.reference.file);
        happened("Medlemmets saksnummer", case(&self.case), how)
    }
}

impl Tells for fact::DecisionRegistered {
    fn told(&self) -> (String, String) {
        let outcome = words::member_outcome(self.outcome);
        let (member, day) = (member(&self.member), words::day(self.on));
        let how = format!("{member}, {}: {outcome} {day}", self.body);
        happened("Medlemmets vedtak", case(&self.case), how)
    }
}

impl Tells for fact::DecisionCorrected {
    fn told(&self) -> (String, String) {
        let outcome = words::member_outcome(self.outcome);
        let (member, day) = (member(&self.member), words::day(self.on));
        let how = format!("{member}, {}: {outcome} {day}", self.body);
        happened("Medlemmets vedtak rettet", case(&self.case), how)
    }
}
