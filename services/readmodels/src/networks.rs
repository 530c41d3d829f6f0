//! The networks of a cooperation: theme, leader, participants, activities (R52).

use samvirke_schemas::{
    id::CooperationId,
    networks::network::{Event, Party},
    partial_date::PartialDate,
    queries::{
        networks::{Activity, Answer, Network, Parameters, Participant},
        page::Page,
    },
};
use serde::{Deserialize, Serialize};
use sqlx::QueryBuilder;

use crate::{
    fact::Fact,
    listing::row_table,
    model::{ReadModel, Rows, TableKey},
    page::{self, Order, Wanted},
    query::{QueryContext, QueryError},
};

/// The table `networks`.
pub static TABLE: Rows<Networks> = Rows::new();
/// The table as questions name it.
pub(crate) const KEY: TableKey = Rows::<Networks>::KEY;

/// The read model.
#[derive(Debug)]
pub struct Networks;

/// A network with its place in the list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Row {
    cooperation: CooperationId,
    sort: String,
    network: Network,
}

impl ReadModel for Networks {
    const NAME: &'static str = "networks";
    const VERSION: u32 = 2;
    const CONTEXT: &'static str = "networks";
    const KIND: &'static str = "network";
    const TABLE: &'static str = "networks";
    const TABLES: &'static [&'static str] = &[concat!(
        row_table!(
            "networks",
            "    cooperation text GENERATED ALWAYS AS (document->>'cooperation') STORED,
    sort text COLLATE \"C\" GENERATED ALWAYS AS (document->>'sort') STORED"
        ),
        "CREATE INDEX ON networks (cooperation, sort);"
    )];

    type Event = Event;
    type Row = Row;

    fn begin(event: Event, fact: &Fact) -> Option<Row> {
        let Event::Started { names, theme, purpose, leader, initiated_by, established } = event
        else {
            return None;
        };
        let id = fact.id().clone();
        Some(Row {
            cooperation: id.cooperation.clone(),
            sort: format!("{}/{id}", theme.as_str().to_lowercase()),
            network: Network {
                id,
                version: fact.version(),
                names,
                theme,
                purpose,
                leader,
                initiated_by,
                established,
                closed: None,
                participants: Vec::new(),
                activities: Vec::new(),
            },
        })
    }

    fn fold(row: &mut Row, event: Event, _fact: &Fact) {
        let network = &mut row.network;
        match event {
            Event::Started { .. } => (),
            Event::ParticipantAdded { participant, from } => {
                network.participants.push(Participant { participant, from, to: None });
            }
            Event::ParticipantRemoved { participant, to, .. } => left(network, &participant, to),
            Event::LeaderChanged { leader, .. } => network.leader = leader,
            Event::ActivityRecorded { title, on } => {
                network.activities.push(Activity { title, on })
            }
            Event::Closed { on, .. } => network.closed = Some(on),
        }
    }

    fn finish(row: &mut Row, fact: &Fact) {
        row.network.version = fact.version();
    }
}

fn left(network: &mut Network, participant: &Party, to: PartialDate) {
    let stays = network.participants.iter_mut().rev();
    for stay in stays.filter(|stay| stay.participant == *participant && stay.to.is_none()) {
        stay.to = Some(to);
    }
}

/// Answers `networks`.
pub(crate) async fn answer(
    context: &QueryContext<'_>,
    parameters: Parameters,
) -> Result<Answer, QueryError> {
    context.seen(&[KEY], &parameters.cooperation).await?;
    let Parameters { cooperation, after, limit } = parameters;
    let mut sql = QueryBuilder::new("SELECT sort, document FROM networks WHERE cooperation = ");
    sql.push_bind(cooperation.to_string());
    let wanted =
        Wanted { query: "networks", after: after.as_ref(), limit, order: Order::Ascending };
    let found: Page<Row> = page::fetch(context.pool, sql, wanted).await?;
    Ok(page::map(found, |row| row.network))
}
