//! A hearing: who is asked, until when, and what came of it (R46).

use std::collections::BTreeSet;

use samvirke_schemas::{
    cases::case::hearing::{
        Adoption, HearingOpened, InvitedParty, ReceivedStatement, StatementFrom, Summary,
    },
    date::Date,
    feed::{Audience, Concerns, Fact, fact::hearing as fact},
    id::LocalId,
    local_time::LocalTime,
    names::Names,
    organisation::OrganisationNumber,
    text::Prose,
};

use super::renderer::{Renderer, withheld, withheld_id};
use crate::translation::{message_builder::MessageBuilder, state::case::Round};

impl Renderer<'_> {
    pub(super) fn hearing_opened(&self, opened: &HearingOpened, builder: &mut MessageBuilder<'_>) {
        let invited = self.members_invited();
        self.tell_addressed(
            builder,
            invited.clone(),
            self.concerns_invited(&invited),
            |audience| {
                let is_own = |one: &&InvitedParty| {
                    audience.member().is_some() && one.member.as_ref() == audience.member()
                };
                let own = opened.invited.iter().filter(is_own).take(fact::OWN_PARTIES_MAX);
                Fact::HearingOpened(fact::Opened {
                    case: self.case(audience),
                    invited_count: count(opened.invited.len()),
                    members: self.told(audience, opened.invited.iter().filter_map(member)),
                    own: self.told(audience, own.map(party)),
                    deadline: opened.deadline,
                    sent_on: opened.sent_on,
                })
            },
        );
    }

    pub(super) fn hearing_extended(
        &self,
        deadline: LocalTime,
        reason: Option<&Prose>,
        builder: &mut MessageBuilder<'_>,
    ) {
        let Some(round) = &self.case.hearing else { return };
        let invited = self.members_invited();
        self.tell_addressed(
            builder,
            invited.clone(),
            self.concerns_invited(&invited),
            |audience| {
                Fact::HearingExtended(fact::Extended {
                    case: self.case(audience),
                    earlier_deadline: round.earlier_deadline,
                    deadline,
                    reason: self.text(audience, reason),
                })
            },
        );
    }

    pub(super) fn hearing_closed(
        &self,
        on: Date,
        silent: &[LocalId],
        builder: &mut MessageBuilder<'_>,
    ) {
        let invited = self.members_invited();
        self.tell_addressed(
            builder,
            invited.clone(),
            self.concerns_invited(&invited),
            |audience| {
                Fact::HearingClosed(fact::Closed {
                    case: self.case(audience),
                    on,
                    silent_count: count(silent.len()),
                    silent: self.told(audience, silent.iter().cloned()),
                })
            },
        );
    }

    pub(super) fn hearing_summed_up(&self, summary: &Summary, builder: &mut MessageBuilder<'_>) {
        self.tell(builder, self.concerns_invited(&self.members_invited()), |audience| {
            let text = self.text(audience, Some(&summary.text));
            Fact::HearingSummedUp(fact::SummedUp { case: self.case(audience), text })
        });
    }

    pub(super) fn hearing_adopted(&self, adoption: &Adoption, builder: &mut MessageBuilder<'_>) {
        let mut concerns = self.concerns_invited(&self.members_invited());
        concerns.bodies.insert(adoption.body.clone());
        self.tell(builder, concerns, |audience| {
            Fact::HearingAdopted(fact::Adopted {
                case: self.case(audience),
                body: self.state.body(&adoption.body),
                text: self.text(audience, Some(&adoption.text)),
                on: adoption.on,
            })
        });
    }

    pub(super) fn statement_received(
        &self,
        received: &ReceivedStatement,
        builder: &mut MessageBuilder<'_>,
    ) {
        let ReceivedStatement { statement, received_at, late } = received;
        let Some(from) = self.statement_from(&statement.from) else { return };
        let member = match &from {
            fact::StatementFrom::Invited(party) => party.member.as_ref(),
            fact::StatementFrom::Uninvited { .. } => None,
        };
        let member = member.cloned().into_iter().collect();
        self.tell(builder, self.concerns_invited(&member), |audience| {
            Fact::HearingStatementReceived(fact::StatementReceived {
                case: self.case(audience),
                statement: self.id(audience, &statement.statement),
                from: self.from(audience, &from),
                summary: self.text(audience, statement.summary.as_ref()),
                received_at: *received_at,
                late: *late,
            })
        });
    }

    /// Those who are asked, where `audience` may know them: who they are can say what the case is about.
    fn told<T>(&self, audience: &Audience, those: impl Iterator<Item = T>) -> Vec<T> {
        let shown = self.shows_texts(audience);
        those.filter(|_| shown).collect()
    }

    /// An id that people have put, or a word in its place: a statement can be called by whose it is.
    fn id(&self, audience: &Audience, id: &LocalId) -> LocalId {
        match self.shows_texts(audience) {
            true => id.clone(),
            false => withheld_id(),
        }
    }

    fn from(&self, audience: &Audience, from: &fact::StatementFrom) -> fact::StatementFrom {
        match from {
            shown if self.shows_texts(audience) => shown.clone(),
            // The party is called as people have put it: `baerum`.
            fact::StatementFrom::Invited(_) => {
                let names = Names { nb: withheld(), nn: None, en: None };
                let party = withheld_id();
                fact::StatementFrom::Invited(fact::InvitedParty { party, names, member: None })
            }
            fact::StatementFrom::Uninvited { .. } => {
                fact::StatementFrom::Uninvited { organisation: withheld() }
            }
        }
    }

    /// As [`Self::concerns_members`], where everybody may know who is asked.
    fn concerns_invited(&self, invited: &BTreeSet<OrganisationNumber>) -> Concerns {
        match self.shows_texts(&Audience::Public) {
            true => self.concerns_members(invited),
            false => self.concerns(),
        }
    }

    fn members_invited(&self) -> BTreeSet<OrganisationNumber> {
        self.case.hearing.iter().flat_map(Round::members).cloned().collect()
    }

    /// None where the party was never invited, which the case does not let happen.
    fn statement_from(&self, from: &StatementFrom) -> Option<fact::StatementFrom> {
        match from {
            StatementFrom::Invited { party: id } => {
                let round = self.case.hearing.as_ref()?;
                let invited = round.invited.iter().find(|one| one.party == *id)?;
                Some(fact::StatementFrom::Invited(party(invited)))
            }
            StatementFrom::Uninvited { organisation } => {
                Some(fact::StatementFrom::Uninvited { organisation: organisation.clone() })
            }
        }
    }
}

/// At most [`samvirke_schemas::cases::case::hearing::INVITED_MAX`].
fn count(parties: usize) -> u32 {
    u32::try_from(parties).unwrap_or(u32::MAX)
}

fn member(invited: &InvitedParty) -> Option<fact::InvitedMember> {
    let member = invited.member.clone()?;
    Some(fact::InvitedMember { party: invited.party.clone(), member })
}

fn party(invited: &InvitedParty) -> fact::InvitedParty {
    let InvitedParty { party, names, member } = invited.clone();
    fact::InvitedParty { party, names, member }
}
