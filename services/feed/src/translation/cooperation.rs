//! What is said of a cooperation. Everything about it is public.

use samvirke_schemas::{
    feed::{Concerns, Fact, fact::brief, fact::cooperation as fact},
    networks::cooperation::Event,
};

use super::Telling;

pub(super) fn tell(event: &Event, telling: &mut Telling<'_>) {
    match event {
        Event::Founded {
            names,
            legal_form,
            legal_basis,
            purpose,
            office_municipality,
            agreement,
            founded_on,
        } => telling.publicly(
            Concerns::default(),
            Fact::CooperationFounded(fact::Founded {
                names: names.clone(),
                legal_form: *legal_form,
                legal_basis: legal_basis.clone(),
                purpose: purpose.clone(),
                office_municipality: office_municipality.clone(),
                agreement: agreement.clone(),
                founded_on: *founded_on,
            }),
        ),
        Event::MemberAdmitted { member, names, kind, from } => telling.publicly(
            Concerns { members: [member.clone()].into(), ..Concerns::default() },
            Fact::CooperationMemberAdmitted(fact::MemberAdmitted {
                cooperation: brief::Cooperation { id: telling.cooperation().clone(), names: None },
                member: member.clone(),
                names: names.clone(),
                kind: *kind,
                from: *from,
            }),
        ),
        Event::MemberReleased { .. }
        | Event::AgreementAmended { .. }
        | Event::LeadershipHandedOver { .. }
        | Event::Paused { .. }
        | Event::Resumed {}
        | Event::Dissolved { .. } => (),
    }
}
