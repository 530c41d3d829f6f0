//! `GET /v1/decisions.atom`: what bodies have decided, newest first.

use axum::{http::HeaderMap, response::Response};
use chrono::{DateTime, FixedOffset};
use samvirke_schemas::{
    catalogue::Query,
    date::Date,
    id::{AggregateId, CooperationId},
    local_time::LocalTime,
    names::Names,
    queries::{
        bodies::{self, BodyEntry},
        cooperation_overview::{self, Overview},
        decisions::{self, Decision, Result as DecisionResult},
        page::Page,
    },
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use uuid::Uuid;

use super::{
    Asking, LIMIT,
    atom::{self, Entry, Feed},
    base, document,
};
use crate::{
    Gateway, fault::Fault, problem::Problem, query, query::Route, request_context::RequestContext,
};

/// The most decisions in the feed; who wants older ones asks `/v1/decisions`.
const ENTRIES: u32 = 100;
/// The most bodies whose names are looked up.
const BODIES_MAX: usize = 1_000;
/// The same for all times, so that a decision keeps its id.
const IDS: Uuid = Uuid::from_u128(0x1f0c_9a52_7d1e_4c35_a9c8_2f65_3b07_d4e1);

/// Asks for the feed.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "DecisionsFeedParameters")]
pub(crate) struct Parameters {
    cooperation: CooperationId,
    /// Of this body only.
    #[serde(default)]
    body: Option<AggregateId>,
}

/// The feed, for the routes and the document.
pub(crate) static DECISIONS: Query = Query {
    service: "gateway",
    name: "decisions-feed",
    path: "/v1/decisions.atom",
    summary: "What bodies have decided, newest first, as an Atom feed of what is public.",
    parameters: |generator| generator.subschema_for::<Parameters>(),
    answer: |generator| generator.subschema_for::<String>(),
};

/// Answers with the feed.
pub(crate) async fn decisions(
    gateway: &Gateway,
    route: &Route,
    query: Option<&str>,
    headers: &HeaderMap,
    context: &RequestContext,
) -> Result<Response, Problem> {
    let query = query.unwrap_or_default();
    let Parameters { cooperation, body } = query::typed(route.parameters(Vec::new(), query)?)?;
    let asking = Asking::new(gateway, context, cooperation.clone())?;
    let id = AggregateId::of_cooperation(cooperation.clone());
    let overview: Overview = asking
        .ask("cooperation-overview", &cooperation_overview::Parameters { id, on: None })
        .await?;
    let names = asking.body_names().await?;
    let parameters = decisions::Parameters {
        cooperation: cooperation.clone(),
        body: body.clone(),
        from: None,
        to: None,
        text: None,
        after: None,
        limit: Some(ENTRIES),
    };
    let found: Page<Decision> = asking.ask("decisions", &parameters).await?;
    let base = base(gateway, headers);
    let (of, named) = match &body {
        Some(body) => (body.to_string(), format!("{}, {}", name(&names, body), overview.names.nb)),
        None => (cooperation.to_string(), overview.names.nb.to_string()),
    };
    let entries: Result<_, Fault> =
        found.items.iter().map(|decision| entry(decision, &names, &base)).collect();
    let feed = Feed {
        id: Uuid::new_v5(&IDS, of.as_bytes()),
        language: "nb",
        title: format!("Vedtak: {named}"),
        author: overview.names.nb.to_string(),
        address: format!("{base}{}?{query}", DECISIONS.path),
        entries: entries?,
    };
    Ok(document(feed.render(), atom::MEDIA_TYPE, headers))
}

impl Asking<'_> {
    /// The names of all the bodies there ever were.
    pub(super) async fn body_names(&self) -> Result<BTreeMap<AggregateId, Names>, Problem> {
        let cooperation = &self.cooperation;
        let page = |after| bodies::Parameters {
            cooperation: cooperation.clone(),
            on: None,
            after,
            limit: LIMIT,
        };
        let found: Option<Vec<BodyEntry>> = self.all("bodies", page, BODIES_MAX).await?;
        // Beyond so many, a body is called by its id.
        Ok(found.unwrap_or_default().into_iter().map(|body| (body.id, body.names)).collect())
    }
}

/// The Norwegian name of a body, or its id.
pub(super) fn name(names: &BTreeMap<AggregateId, Names>, body: &AggregateId) -> String {
    names.get(body).map_or_else(|| body.to_string(), |names| names.nb.to_string())
}

fn entry(
    decision: &Decision,
    names: &BTreeMap<AggregateId, Names>,
    base: &str,
) -> Result<Entry, Fault> {
    let body = name(names, &decision.body);
    let day = decision.on.format("%d.%m.%Y");
    let outcome = match decision.result {
        DecisionResult::Adopted => "vedtok saken",
        DecisionResult::Rejected => "avviste saken",
    };
    let unanimous = match decision.unanimous {
        Some(true) => " enstemmig",
        Some(false) | None => "",
    };
    let withheld = if decision.withheld { " Saken er helt eller delvis skjermet." } else { "" };
    Ok(Entry {
        id: id(decision),
        title: format!("{} {}", decision.number, decision.title),
        updated: midnight(decision.on).ok_or(Fault::Broken)?,
        category: (decision.body.to_string(), body.clone()),
        summary: format!("{body} {outcome}{unanimous} {day}.{withheld}"),
        content: decision.text.as_ref().map(ToString::to_string),
        address: format!("{base}/v1/cases/{}", decision.case),
        address_type: "application/json",
    })
}

/// A case is decided once in each treatment, and once after its hearing.
fn id(decision: &Decision) -> Uuid {
    let how = match (&decision.treatment, &decision.meeting, &decision.item) {
        (Some(treatment), Some(meeting), Some(item)) => format!("{treatment} {meeting} {item}"),
        (Some(treatment), _, _) => treatment.to_string(),
        (None, _, _) => "hearing".to_owned(),
    };
    Uuid::new_v5(&IDS, format!("{} {how}", decision.case).as_bytes())
}

/// The beginning of a day in Norway. There is one on every day.
fn midnight(day: Date) -> Option<DateTime<FixedOffset>> {
    let midnight: LocalTime = format!("{day}T00:00").parse().ok()?;
    DateTime::parse_from_rfc3339(&midnight.to_string()).ok()
}
