//! One cooperation: names, form, agreement, members, leadership.

use samvirke_kernel::envelope::EnvelopeError;
use samvirke_schemas::{
    networks::cooperation::{Event, Memberships},
    queries::cooperation_overview::{Leader, Overview, Parameters, Phase},
};

use crate::{
    fact::Fact,
    model::ReadModel,
    query::{Asked, QueryError, document},
};

/// The read model.
#[derive(Debug)]
pub struct CooperationOverview;

impl ReadModel for CooperationOverview {
    const NAME: &'static str = "cooperation_overview";
    const VERSION: u32 = 1;
    const CONTEXTS: &'static [&'static str] = &["networks"];
    const TABLE: &'static str = "cooperations";
    const TABLES: &'static str = "
CREATE TABLE cooperations (
    id text PRIMARY KEY,
    document jsonb NOT NULL
);
";

    type Row = Overview;

    fn touched(fact: &Fact) -> Result<Vec<String>, EnvelopeError> {
        Ok(if fact.is("cooperation") { vec![fact.id().to_string()] } else { Vec::new() })
    }

    fn take(
        _id: &str,
        mut row: Option<Overview>,
        fact: &Fact,
    ) -> Result<Option<Overview>, EnvelopeError> {
        for event in fact.events::<Event>()? {
            match (event, &mut row) {
                (Event::Founded { .. }, Some(_)) | (_, None) => (),
                (event, Some(overview)) => fold(overview, event),
            }
        }
        if let Some(overview) = &mut row {
            overview.version = fact.version();
            return Ok(row);
        }
        founded(fact)
    }
}

fn founded(fact: &Fact) -> Result<Option<Overview>, EnvelopeError> {
    let mut row = None;
    for event in fact.events::<Event>()? {
        match (event, &mut row) {
            (
                Event::Founded {
                    names,
                    legal_form,
                    purpose,
                    office_municipality,
                    agreement,
                    founded_on,
                    legal_basis: _,
                },
                None,
            ) => {
                row = Some(Overview {
                    id: fact.id().clone(),
                    version: fact.version(),
                    names,
                    legal_form,
                    purpose: purpose.into(),
                    office_municipality,
                    agreement,
                    founded_on,
                    phase: Phase::Active,
                    members: Memberships::default(),
                    leader: None,
                    dissolved_on: None,
                    custody: None,
                });
            }
            (event, Some(overview)) => fold(overview, event),
            (_, None) => (),
        }
    }
    Ok(row)
}

fn fold(overview: &mut Overview, event: Event) {
    overview.members.take(&event);
    match event {
        Event::Founded { .. } => (),
        Event::MemberAdmitted { .. } | Event::MemberReleased { .. } => (),
        Event::AgreementAmended { agreement } => overview.agreement = agreement,
        Event::LeadershipHandedOver { to, from } => {
            overview.leader = Some(Leader { member: to, from });
        }
        Event::Paused { .. } => overview.phase = Phase::Paused,
        Event::Resumed {} => overview.phase = Phase::Active,
        Event::Dissolved { on, custody, .. } => {
            overview.phase = Phase::Dissolved;
            overview.dissolved_on = Some(on);
            overview.custody = Some(custody);
        }
    }
}

/// Answers `cooperation-overview`.
pub(crate) async fn answer(
    asked: &Asked<'_>,
    parameters: Parameters,
) -> Result<Overview, QueryError> {
    asked.seen::<CooperationOverview>().await?;
    let mut overview: Overview =
        document::<CooperationOverview>(asked.pool, &parameters.id.to_string()).await?;
    if let Some(day) = parameters.on {
        overview.members.keep_on(day);
    }
    Ok(overview)
}
