//! What is published about a cooperation. Everything about it is public.

use samvirke_schemas::{
    feed::{Concerns, Fact, fact::cooperation as fact},
    networks::cooperation::Event,
    organisation::OrganisationNumber,
};

use super::{message_builder::MessageBuilder, state::TranslationState};

pub(super) fn observe(
    state: &mut TranslationState,
    event: &Event,
    builder: &mut MessageBuilder<'_>,
) {
    let known = state.cooperations.entry(builder.cooperation().clone()).or_default();
    known.memberships.take(event);
    if let Event::Founded { names, .. } = event {
        known.names = Some(names.clone());
    }
    let members = concerned(event).into_iter().cloned().collect();
    builder.publicly(Concerns { members, ..Concerns::default() }, fact(state, event, builder));
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

fn fact(state: &TranslationState, event: &Event, builder: &MessageBuilder<'_>) -> Fact {
    let id = builder.cooperation();
    let cooperation = state.cooperation(id);
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
            let member = state.member(id, &member);
            let released = fact::MemberReleased { cooperation, member, to, reason };
            Fact::CooperationMemberReleased(released)
        }
        Event::AgreementAmended { agreement } => {
            Fact::CooperationAgreementAmended(fact::AgreementAmended { cooperation, agreement })
        }
        Event::LeadershipHandedOver { to, from } => {
            let to = state.member(id, &to);
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
