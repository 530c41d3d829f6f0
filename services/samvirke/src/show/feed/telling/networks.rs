//! What happens to cooperations and networks.

use samvirke_schemas::{
    feed::fact::{cooperation as fact, network, subscription},
    networks::network::Party,
};

use super::{super::words, Tells, cooperation, happened, member};

impl Tells for fact::Founded {
    fn told(&self) -> (String, String) {
        let how =
            format!("{}, {}", words::legal_form(self.legal_form), words::day(self.founded_on));
        happened("Samarbeid stiftet", &self.names.nb, how)
    }
}

impl Tells for fact::MemberAdmitted {
    fn told(&self) -> (String, String) {
        let how = format!("{} fra {}", cooperation(&self.cooperation), words::day(self.from));
        happened("Nytt medlem", &self.names.nb, how)
    }
}

impl Tells for fact::MemberReleased {
    fn told(&self) -> (String, String) {
        let left = cooperation(&self.cooperation);
        let how = format!("{left}, siste dag {}. {}", words::day(self.to), self.reason);
        happened("Medlem trer ut", member(&self.member), how)
    }
}

impl Tells for fact::AgreementAmended {
    fn told(&self) -> (String, String) {
        let how = format!("{}, versjon {}", self.agreement.title, self.agreement.version);
        happened("Avtale endret", cooperation(&self.cooperation), how)
    }
}

impl Tells for fact::LeadershipHandedOver {
    fn told(&self) -> (String, String) {
        let how = format!("{} fra {}", member(&self.to), words::day(self.from));
        happened("Ny ledelse", cooperation(&self.cooperation), how)
    }
}

impl Tells for fact::Paused {
    fn told(&self) -> (String, String) {
        happened("Samarbeid lagt på is", cooperation(&self.cooperation), self.reason.to_string())
    }
}

impl Tells for fact::Resumed {
    fn told(&self) -> (String, String) {
        happened("Samarbeid tatt opp igjen", cooperation(&self.cooperation), "")
    }
}

impl Tells for fact::Dissolved {
    fn told(&self) -> (String, String) {
        let how = format!("siste dag {}. {}", words::day(self.on), self.reason);
        happened("Samarbeid oppløst", cooperation(&self.cooperation), how)
    }
}

impl Tells for network::Started {
    fn told(&self) -> (String, String) {
        let led = self.leader.as_ref().map(|leader| format!(", ledes av {}", member(leader)));
        let how = format!("tema {}{}", self.network.theme, led.unwrap_or_default());
        happened("Nettverk startet", &self.network.names.nb, how)
    }
}

impl Tells for network::ParticipantAdded {
    fn told(&self) -> (String, String) {
        let how = format!("{} fra {}", participant(&self.participant), self.from);
        happened("Ny deltaker i nettverk", &self.network.names.nb, how)
    }
}

impl Tells for network::ParticipantRemoved {
    fn told(&self) -> (String, String) {
        let how = format!("{}, siste dag {}", participant(&self.participant), self.to);
        happened("Deltaker ute av nettverk", &self.network.names.nb, how)
    }
}

impl Tells for network::LeaderChanged {
    fn told(&self) -> (String, String) {
        let leader = self.leader.as_ref().map_or_else(|| "ingen".to_owned(), member);
        let how = format!("{leader} fra {}", self.from);
        happened("Ny leder av nettverk", &self.network.names.nb, how)
    }
}

impl Tells for network::Closed {
    fn told(&self) -> (String, String) {
        let how = format!("siste dag {}. {}", self.on, self.reason);
        happened("Nettverk avsluttet", &self.network.names.nb, how)
    }
}

impl Tells for subscription::Stopped {
    fn told(&self) -> (String, String) {
        let last = self.last_answer.as_ref().map(|answer| format!(", sist: {answer}"));
        let reached = self.last_position.as_ref().map(|at| format!(", kom fram til {at}"));
        let (last, reached) = (last.unwrap_or_default(), reached.unwrap_or_default());
        let how = format!("{}{reached}{last}", self.endpoint_host);
        happened("Leveranser stanset", &self.subscription, how)
    }
}

fn participant(participant: &network::Participant) -> String {
    match (&participant.names, &participant.party) {
        (Some(names), _) => names.nb.to_string(),
        (None, Party::Cooperation {}) => "samarbeidet selv".into(),
        (None, Party::Member { member }) => member.to_string(),
        (None, Party::Outsider { name }) => name.to_string(),
    }
}
