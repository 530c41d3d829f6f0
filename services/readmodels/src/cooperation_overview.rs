//! One cooperation: names, form, agreement, members, leadership.

use samvirke_schemas::{
    networks::cooperation::{Event, Memberships},
    queries::cooperation_overview::{Leader, Overview, Parameters, Phase},
};

use crate::{
    fact::Fact,
    listing::row_table,
    model::{ReadModel, Rows, TableKey},
    query::{QueryContext, QueryError, document},
};

/// The table `cooperations`.
pub static TABLE: Rows<CooperationOverview> = Rows::new();
/// The table as questions name it.
pub(crate) const KEY: TableKey = Rows::<CooperationOverview>::KEY;

/// The read model.
#[derive(Debug)]
pub struct CooperationOverview;

impl ReadModel for CooperationOverview {
    const NAME: &'static str = "cooperation_overview";
    const VERSION: u32 = 4;
    const CONTEXT: &'static str = "networks";
    const KIND: &'static str = "cooperation";
    const TABLE: &'static str = "cooperations";
    const TABLES: &'static [&'static str] = &[row_table!("cooperations")];

    type Event = Event;
    type Row = Overview;

    fn begin(event: Event, fact: &Fact) -> Option<Overview> {
        let Event::Founded {
            names,
            legal_form,
            purpose,
            office_municipality,
            agreement,
            founded_on,
            legal_basis: _,
        } = event
        else {
            return None;
        };
        Some(Overview {
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
        })
    }

    fn fold(overview: &mut Overview, event: Event, _fact: &Fact) {
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

    fn finish(overview: &mut Overview, fact: &Fact) {
        overview.version = fact.version();
    }
}

/// Answers `cooperation-overview`.
pub(crate) async fn answer(
    context: &QueryContext<'_>,
    parameters: Parameters,
) -> Result<Overview, QueryError> {
    context.seen(&[KEY], &parameters.id.cooperation).await?;
    let mut overview: Overview =
        document::<CooperationOverview>(context.pool, &parameters.id.to_string()).await?;
    if let Some(day) = parameters.on {
        overview.members.keep_on(day);
    }
    Ok(overview)
}
