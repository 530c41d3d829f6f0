//! The domain's words in bokmål, as people and papers write them.
//!
//! Every match is complete, so that a new word in the language must get its Norwegian one here.

use chrono::{DateTime, Utc};
use samvirke_schemas::{
    cases::case::{
        joint::{MemberOutcome, SettleResult, SettleRule},
        opening::CaseKind,
        relation::RelationKind,
        treatment,
    },
    date::Date,
    legal_basis::LegalBasis,
    local_time::LocalTime,
    meetings::{agenda, attendance::ChairAs, minutes::Withheld, vote::VoteResult},
    networks::{
        cooperation::{LegalForm, MemberKind},
        rules::{Authority, BodyKind, Majority, Office, Quorum},
    },
    period::Period,
    principal::Role,
    queries::{
        case::{CaseState, FollowUpState, HearingState},
        cooperation_overview::Phase,
        meeting::{ItemState, MeetingState},
        subscription,
        subscription_attempts::Tried,
    },
    subscriptions::subscription::answer::StopReason,
};

/// `14.09.2017`.
pub(super) fn day(day: Date) -> String {
    day.format("%d.%m.%Y").to_string()
}

/// A day that may be unknown.
pub(super) fn day_or_none(known: Option<Date>) -> String {
    known.map(day).unwrap_or_default()
}

/// `10.00`, on a Norwegian clock.
pub(super) fn clock(time: LocalTime) -> String {
    // A local time is written with the offset in Norway, which keeps the wall clock's hour.
    let written = DateTime::parse_from_rfc3339(&time.to_string());
    written.map_or_else(|_| time.to_string(), |time| time.format("%H.%M").to_string())
}

/// `14.09.2017 10.00`, on a Norwegian clock.
pub(super) fn moment(instant: DateTime<Utc>) -> String {
    let time = LocalTime::new(instant);
    format!("{} {}", day(time.day()), clock(time))
}

pub(super) fn subscription_phase(phase: subscription::Phase) -> &'static str {
    match phase {
        subscription::Phase::Asking => "endepunktet er spurt",
        subscription::Phase::Refused => "endepunktet sa nei",
        subscription::Phase::Active => "leveres",
        subscription::Phase::Suspended => "satt på vent",
        subscription::Phase::Stopped => "stoppet",
        subscription::Phase::Ended => "avsluttet",
    }
}

pub(super) fn stop_reason(reason: StopReason) -> &'static str {
    match reason {
        StopReason::Gone => "endepunktet er borte for godt (410)",
        StopReason::TriedTooOften => "endepunktet har ikke tatt imot så lenge det prøves",
    }
}

pub(super) fn tried(what: Tried) -> &'static str {
    match what {
        Tried::Event => "levering",
        Tried::Test => "prøve",
        Tried::Handshake => "spørsmål om å få levere",
    }
}

/// `fra 01.01.1992 til 31.12.2017`.
pub(super) fn period(period: Period) -> String {
    let to = period.to.map(|to| format!(" til {}", day(to))).unwrap_or_default();
    format!("fra {}{to}", day(period.from))
}

/// `kommuneloven (2018) § 11-5`.
pub(super) fn legal_basis(basis: &LegalBasis) -> String {
    match &basis.provision {
        Some(provision) => format!("{} {provision}", basis.act),
        None => basis.act.to_string(),
    }
}

pub(super) fn legal_form(form: LegalForm) -> &'static str {
    match form {
        LegalForm::PoliticalCouncil => "interkommunalt politisk råd (kommuneloven kap. 18)",
        LegalForm::TaskCommunity => "kommunalt oppgavefellesskap (kommuneloven kap. 19)",
        LegalForm::HostMunicipality => "vertskommunesamarbeid (kommuneloven kap. 20)",
        LegalForm::InterMunicipalCompany => "interkommunalt selskap",
        LegalForm::Section27 => "samarbeid etter kommuneloven (1992) § 27",
        LegalForm::Alliance => "samarbeidsallianse uten egen form i loven",
    }
}

pub(super) fn phase(phase: Phase) -> &'static str {
    match phase {
        Phase::Active => "i virksomhet",
        Phase::Paused => "lagt på is",
        Phase::Dissolved => "oppløst",
    }
}

pub(super) fn member_kind(kind: MemberKind) -> &'static str {
    match kind {
        MemberKind::Municipality => "kommune",
        MemberKind::CountyCouncil => "fylkeskommune",
        MemberKind::Other => "annen",
    }
}

pub(super) fn body_kind(kind: BodyKind) -> &'static str {
    match kind {
        BodyKind::GeneralAssembly => "generalforsamling",
        BodyKind::Council => "råd",
        BodyKind::SteeringGroup => "styringsgruppe",
        BodyKind::MunicipalDirectorsGroup => "rådmannsgruppe",
        BodyKind::ExecutiveCommittee => "arbeidsutvalg",
        BodyKind::AdvisoryCouncil => "rådgivende organ",
        BodyKind::NetworkBoard => "nettverksstyre",
        BodyKind::Secretariat => "sekretariat",
        BodyKind::WorkingGroup => "arbeidsgruppe",
    }
}

pub(super) fn body_authority(authority: Authority) -> &'static str {
    match authority {
        Authority::Decides => "vedtar",
        Authority::Advises => "gir råd",
    }
}

pub(super) fn quorum(quorum: Quorum) -> String {
    match quorum {
        Quorum::HalfOfMembers {} => "når minst halvparten av medlemmene er til stede".into(),
        Quorum::AllMembersRepresented {} => "når alle medlemmer er representert".into(),
        Quorum::Count { members } => format!("når minst {members} med stemmerett er til stede"),
    }
}

pub(super) fn majority(majority: Majority) -> &'static str {
    match majority {
        Majority::Simple => "alminnelig flertall",
        Majority::TwoThirds => "to tredels flertall",
        Majority::Unanimity => "enstemmighet",
    }
}

pub(super) fn office(office: Office) -> &'static str {
    match office {
        Office::Mayor => "ordfører",
        Office::DeputyMayor => "varaordfører",
        Office::CountyMayor => "fylkesordfører",
        Office::OppositionRepresentative => "representant for opposisjonen",
        Office::ExecutiveCommitteeMember => "formannskapsmedlem",
        Office::CountyExecutiveCommitteeMember => "fylkesutvalgsmedlem",
        Office::MunicipalDirector => "rådmann",
        Office::CountyDirector => "fylkesrådmann",
        Office::GeneralManager => "daglig leder",
        Office::UnionRepresentative => "tillitsvalgt",
        Office::Delegate => "utsending",
    }
}

/// Who acted, by role.
pub(super) fn role(role: Role) -> &'static str {
    match role {
        Role::Secretariat => "sekretariatet",
        Role::Delegate => "utsending",
        Role::MemberIntegration => "medlemmets fagsystem",
        Role::Auditor => "revisor",
        Role::Archivist => "arkivar",
        Role::Operator => "drift",
        Role::System => "Samvirke",
        Role::Public => "offentligheten",
    }
}

pub(super) fn meeting_state(state: MeetingState) -> &'static str {
    match state {
        MeetingState::Planned => "planlagt",
        MeetingState::Called => "innkalt",
        MeetingState::Open => "pågår",
        MeetingState::Adjourned => "avbrutt, fortsetter",
        MeetingState::Closed => "hevet",
        MeetingState::Reported => "holdt, etter kilde",
        MeetingState::Cancelled => "avlyst",
    }
}

pub(super) fn item_kind(kind: agenda::ItemKind) -> &'static str {
    match kind {
        agenda::ItemKind::Ps => "PS",
        agenda::ItemKind::Rs => "RS",
        agenda::ItemKind::Ds => "DS",
        agenda::ItemKind::Fo => "FO",
        agenda::ItemKind::An => "AN",
    }
}

pub(super) fn item_state(state: ItemState) -> &'static str {
    match state {
        ItemState::OnAgenda => "på dagsorden",
        ItemState::Late => "satt opp etter innkallingen",
        ItemState::LateAccepted => "satt opp etter innkallingen, godtatt",
        ItemState::LateRefused => "satt opp etter innkallingen, ikke godtatt",
        ItemState::Withdrawn => "trukket",
        ItemState::TakenUp => "tatt opp",
        ItemState::Concluded => "behandlet",
    }
}

pub(super) fn item_outcome(outcome: agenda::Outcome) -> &'static str {
    match outcome {
        agenda::Outcome::Decided => "Vedtak",
        agenda::Outcome::Recommended => "Innstilling",
        agenda::Outcome::Rejected => "Avvist",
        agenda::Outcome::TookNote => "Tatt til orientering",
        agenda::Outcome::Forwarded => "Sendt videre",
        agenda::Outcome::Postponed => "Utsatt",
        agenda::Outcome::SentBack => "Sendt tilbake",
    }
}

pub(super) fn chair_as(chairs_as: ChairAs) -> &'static str {
    match chairs_as {
        ChairAs::Chair => "leder",
        ChairAs::DeputyChair => "nestleder",
        ChairAs::Substitute => "valgt for møtet",
    }
}

pub(super) fn vote_result(result: VoteResult) -> &'static str {
    match result {
        VoteResult::Carried => "vedtatt",
        VoteResult::Lost => "falt",
    }
}

pub(super) fn withheld(because: Withheld) -> &'static str {
    match because {
        Withheld::Restricted => "skjermet",
        Withheld::ClosedDoors => "behandlet for lukkede dører",
    }
}

pub(super) fn case_kind(kind: CaseKind) -> &'static str {
    match kind {
        CaseKind::Decision => "vedtakssak",
        CaseKind::Orientation => "orienteringssak",
        CaseKind::Discussion => "drøftingssak",
        CaseKind::Hearing => "høringssak",
        CaseKind::Statement => "uttalelse",
    }
}

pub(super) fn case_state(state: CaseState) -> &'static str {
    match state {
        CaseState::UnderTreatment => "til behandling",
        CaseState::OnHearing => "på høring",
        CaseState::Decided => "vedtatt",
        CaseState::WithMembers => "hos medlemmene",
        CaseState::Settled => "avgjort",
        CaseState::Withdrawn => "trukket",
        CaseState::Closed => "avsluttet",
    }
}

pub(super) fn treats(authority: treatment::Authority) -> &'static str {
    match authority {
        treatment::Authority::Prepares => "forbereder",
        treatment::Authority::Recommends => "innstiller",
        treatment::Authority::Decides => "vedtar",
        treatment::Authority::TakesNote => "tar til orientering",
        treatment::Authority::Forwards => "sender videre",
    }
}

pub(super) fn treatment_outcome(outcome: treatment::Outcome) -> &'static str {
    match outcome {
        treatment::Outcome::Decided => "vedtak",
        treatment::Outcome::Recommended => "innstilling",
        treatment::Outcome::TookNote => "tatt til orientering",
        treatment::Outcome::Forwarded => "sendt videre",
        treatment::Outcome::Postponed => "utsatt",
        treatment::Outcome::SentBack => "sendt tilbake",
        treatment::Outcome::Rejected => "avvist",
    }
}

pub(super) fn member_outcome(outcome: MemberOutcome) -> &'static str {
    match outcome {
        MemberOutcome::Adopted => "vedtatt",
        MemberOutcome::AdoptedWithChanges => "vedtatt med endringer",
        MemberOutcome::Rejected => "avvist",
        MemberOutcome::TookNote => "tatt til orientering",
    }
}

pub(super) fn settle_rule(rule: &SettleRule) -> String {
    match rule {
        SettleRule::AllAdoptSameText {} => "alle medlemmer vedtar samme tekst".into(),
        SettleRule::MajorityOfMembers {} => "et flertall av medlemmene vedtar samme tekst".into(),
        SettleRule::AsAgreed { text } => format!("etter avtalen: {text}"),
    }
}

pub(super) fn settle_result(result: SettleResult) -> &'static str {
    match result {
        SettleResult::Adopted => "vedtatt",
        SettleResult::Rejected => "avvist",
        SettleResult::NotAgreed => "ikke enighet",
    }
}

/// How a case stands to another: `følger opp`.
pub(super) fn relates(relation: RelationKind) -> &'static str {
    match relation {
        RelationKind::FollowsUp => "følger opp",
        RelationKind::Supplements => "utfyller",
        RelationKind::Replaces => "erstatter",
    }
}

/// The same, seen from the other: `følges opp av`.
pub(super) fn related_by(relation: RelationKind) -> &'static str {
    match relation {
        RelationKind::FollowsUp => "følges opp av",
        RelationKind::Supplements => "utfylles av",
        RelationKind::Replaces => "erstattes av",
    }
}

pub(super) fn hearing_state(state: HearingState) -> &'static str {
    match state {
        HearingState::Open => "åpen",
        HearingState::Closed => "avsluttet",
        HearingState::SummedUp => "oppsummert",
        HearingState::Adopted => "vedtatt etter høringen",
    }
}

pub(super) fn follow_up_state(state: FollowUpState) -> &'static str {
    match state {
        FollowUpState::Open => "åpen",
        FollowUpState::Done => "utført",
        FollowUpState::Dropped => "lagt bort",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_shows_the_hour_in_norway() {
        let summer: LocalTime = "2017-06-01T09:00".parse().unwrap();
        let winter: LocalTime = "2017-02-23T23:30".parse().unwrap();
        assert_eq!((clock(summer), clock(winter)), ("09.00".into(), "23.30".into()));
    }
}
