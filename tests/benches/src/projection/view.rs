//! The cooperation overview as one would write it for cqrs-es: the same content as the read model.

use cqrs_es::{EventEnvelope, View};
use samvirke_networks::cooperation::Cooperation;
use samvirke_schemas::{
    networks::cooperation::{Event, Memberships},
    queries::cooperation_overview::{Leader, Overview, Phase},
};
use serde::{Deserialize, Serialize};

/// The view; empty until the founding.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct OverviewView(Option<Overview>);

impl View<Cooperation> for OverviewView {
    fn update(&mut self, event: &EventEnvelope<Cooperation>) {
        match (&mut self.0, &event.payload) {
            (None, founding) => self.0 = founded(&event.aggregate_id, founding),
            (Some(overview), event) => take(overview, event),
        }
        if let Some(overview) = &mut self.0 {
            overview.version = event.sequence as u64;
        }
    }
}

fn founded(id: &str, event: &Event) -> Option<Overview> {
    let Event::Founded {
        names,
        legal_form,
        purpose,
        office_municipality,
        agreement,
        founded_on,
        ..
    } = event
    else {
        return None;
    };
    Some(Overview {
        id: id.parse().ok()?,
        version: 0,
        names: names.clone(),
        legal_form: *legal_form,
        purpose: purpose.to_string(),
        office_municipality: office_municipality.clone(),
        agreement: agreement.clone(),
        founded_on: *founded_on,
        phase: Phase::Active,
        members: Memberships::default(),
        leader: None,
        dissolved_on: None,
        custody: None,
    })
}

fn take(overview: &mut Overview, event: &Event) {
    overview.members.take(event);
    match event {
        Event::Founded { .. } | Event::MemberAdmitted { .. } | Event::MemberReleased { .. } => (),
        Event::AgreementAmended { agreement } => overview.agreement = agreement.clone(),
        Event::LeadershipHandedOver { to, from } => {
            overview.leader = Some(Leader { member: to.clone(), from: *from });
        }
        Event::Paused { .. } => overview.phase = Phase::Paused,
        Event::Resumed {} => overview.phase = Phase::Active,
        Event::Dissolved { on, custody, .. } => {
            overview.phase = Phase::Dissolved;
            overview.dissolved_on = Some(*on);
            overview.custody = Some(custody.clone());
        }
    }
}
