//! What is said of a cooperation. Everything about it is public.

use samvirke_schemas::{
    feed::{Concerns, Fact, fact::cooperation as fact},
    names::Names,
    networks::cooperation::{Event, Memberships},
    organisation::OrganisationNumber,
};

use super::{heard::Heard, telling::Telling};

/// What is remembered of a cooperation.
#[derive(Debug, Default)]
pub(super) struct Cooperation {
    pub(super) names: Option<Names>,
    pub(super) memberships: Memberships,
}

pub(super) fn hear(heard: &mut Heard, event: &Event, telling: &mut Telling<'_>) {
    let known = heard.cooperations.entry(telling.cooperation().clone()).or_default();
    known.memberships.take(event);
    if let Event::Founded { names, .. } = event {
        known.names = Some(names.clone());
    }
    let members = concerned(event).into_iter().cloned().collect();
    telling.publicly(Concerns { members, ..Concerns::default() }, fact(heard, event, telling));
}

/// The member that it happened to.
fn concerned(event: &Event) -> Option<&OrganisationNumber> {
    match event {
        Event::MemberAdmitted { member, .. } | Event::MemberReleased { member, .. } => Some(member),
        Event::LeadershipHandedOver { to, .. } => Some(to),
        Event::Founded { .. }
        | Event::AgreementAmended { .. }
        | Event::Paused { .. }
        | Event::Resumed {}
        | Event::Dissolved { .. } => None,
    }
}

fn fact(heard: &Heard, event: &Event, telling: &Telling<'_>) -> Fact {
    let id = telling.cooperation();
    let cooperation = heard.cooperation(id);
    match event.clone() {
        Event::Founded {
            names,
            legal_form,
            legal_basis,
            purpose,
            office_municipality,
            agreement,
            founded_on,
        } => Fact::CooperationFounded(fact::Founded {
            names,
            legal_form,
            legal_basis,
            purpose,
            office_municipality,
            agreement,
            founded_on,
        }),
        Event::MemberAdmitted { member, names, kind, from } => {
            Fact::CooperationMemberAdmitted(fact::MemberAdmitted {
                cooperation,
                member,
                names,
                kind,
                from,
            })
        }
        Event::MemberReleased { member, to, reason } => {
            let member = heard.member(id, &member);
            let released = fact::MemberReleased { cooperation, member, to, reason };
            Fact::CooperationMemberReleased(released)
        }
        Event::AgreementAmended { agreement } => {
            Fact::CooperationAgreementAmended(fact::AgreementAmended { cooperation, agreement })
        }
        Event::LeadershipHandedOver { to, from } => {
            let to = heard.member(id, &to);
            let handed_over = fact::LeadershipHandedOver { cooperation, to, from };
            Fact::CooperationLeadershipHandedOver(handed_over)
        }
        Event::Paused { reason } => Fact::CooperationPaused(fact::Paused { cooperation, reason }),
        Event::Resumed {} => Fact::CooperationResumed(fact::Resumed { cooperation }),
        Event::Dissolved { on, reason, custody } => {
            Fact::CooperationDissolved(fact::Dissolved { cooperation, on, reason, custody })
        }
    }
}
