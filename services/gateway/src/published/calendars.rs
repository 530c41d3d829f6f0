//! `GET /v1/calendars/…`: the meetings of a body, and those of a member, for calendar programs.

use axum::{http::HeaderMap, response::Response};
use samvirke_calendar::{Calendar, MEDIA_TYPE, Meeting};
use samvirke_schemas::{
    catalogue::Query,
    date::Date,
    id::{AggregateId, CooperationId},
    meetings::schedule::Venue,
    names::Names,
    organisation::OrganisationNumber,
    queries::{
        calendar::{self, Entry},
        cooperation_overview::{self, Overview},
        meeting::MeetingState,
    },
    reply::Refused,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

use super::{Asking, LIMIT, base, decisions::name, document, missing};
use crate::{
    Gateway, fault::Fault, problem::Problem, query, query::Route, request_context::RequestContext,
};

/// The most meetings in one calendar.
const MEETINGS_MAX: usize = 2_000;
/// How an address of a calendar ends.
const SUFFIX: &str = ".ics";

/// Asks for the calendar of a body.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "BodyCalendarParameters")]
pub(crate) struct OfBody {
    /// The body, such as `vestregionen:sg`.
    id: AggregateId,
    /// Meetings that end on this day or later.
    #[serde(default)]
    from: Option<Date>,
}

/// Asks for the calendar of a member.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "MemberCalendarParameters")]
pub(crate) struct OfMember {
    member: OrganisationNumber,
    cooperation: CooperationId,
    /// Meetings that end on this day or later.
    #[serde(default)]
    from: Option<Date>,
}

/// The calendar of a body, for the routes and the document.
pub(crate) static OF_BODY: Query = Query {
    service: "gateway",
    name: "body-calendar",
    path: "/v1/calendars/bodies/{id}.ics",
    summary: "The meetings of a body as iCalendar, to subscribe to.",
    parameters: |generator| generator.subschema_for::<OfBody>(),
    answer: |generator| generator.subschema_for::<String>(),
};

/// The calendar of a member.
pub(crate) static OF_MEMBER: Query = Query {
    service: "gateway",
    name: "member-calendar",
    path: "/v1/calendars/members/{member}.ics",
    summary: "The meetings of the bodies in which a member has a seat on the day, as iCalendar.",
    parameters: |generator| generator.subschema_for::<OfMember>(),
    answer: |generator| generator.subschema_for::<String>(),
};

/// Answers with the calendar of a body.
pub(crate) async fn of_body(
    gateway: &Gateway,
    route: &Route,
    file: &str,
    query: Option<&str>,
    headers: &HeaderMap,
    context: &RequestContext,
) -> Result<Response, Problem> {
    let path = vec![("id".to_owned(), stem(file)?)];
    let OfBody { id, from } = query::typed(route.parameters(path, query.unwrap_or_default())?)?;
    let asking = Asking::new(gateway, context, id.cooperation.clone())?;
    let overview = asking.overview().await?;
    let names = asking.body_names().await?;
    if !names.contains_key(&id) {
        return Err(missing("body", "organet"));
    }
    let wanted = |after| calendar::Parameters {
        body: Some(id.clone()),
        from,
        after,
        ..anything(&id.cooperation)
    };
    let meetings = asking.meetings(wanted, &names, &base(gateway, headers)).await?;
    let name = format!("{}, {}", name(&names, &id), overview.names.nb);
    let calendar = Calendar { name, organizer: None, meetings };
    Ok(document(calendar.render(), MEDIA_TYPE, headers))
}

/// Answers with the calendar of a member.
pub(crate) async fn of_member(
    gateway: &Gateway,
    route: &Route,
    file: &str,
    query: Option<&str>,
    headers: &HeaderMap,
    context: &RequestContext,
) -> Result<Response, Problem> {
    let path = vec![("member".to_owned(), stem(file)?)];
    let OfMember { member, cooperation, from } =
        query::typed(route.parameters(path, query.unwrap_or_default())?)?;
    let asking = Asking::new(gateway, context, cooperation.clone())?;
    let overview = asking.overview().await?;
    let Some(stay) = overview.members.of(&member).next_back() else {
        return Err(missing("member", "medlemmet"));
    };
    let names = asking.body_names().await?;
    let wanted = |after| calendar::Parameters {
        member: Some(member.clone()),
        from,
        after,
        ..anything(&cooperation)
    };
    let meetings = asking.meetings(wanted, &names, &base(gateway, headers)).await?;
    let name = format!("{} i {}", stay.names.nb, overview.names.nb);
    let calendar = Calendar { name, organizer: None, meetings };
    Ok(document(calendar.render(), MEDIA_TYPE, headers))
}

/// `vestregionen:sg` out of `vestregionen:sg.ics`.
fn stem(file: &str) -> Result<String, Fault> {
    file.strip_suffix(SUFFIX).map(str::to_owned).ok_or(Fault::UnknownPath)
}

fn anything(cooperation: &CooperationId) -> calendar::Parameters {
    calendar::Parameters {
        cooperation: cooperation.clone(),
        body: None,
        member: None,
        from: None,
        to: None,
        state: None,
        after: None,
        limit: LIMIT,
    }
}

impl Asking<'_> {
    async fn overview(&self) -> Result<Overview, Problem> {
        let id = AggregateId::of_cooperation(self.cooperation.clone());
        self.ask("cooperation-overview", &cooperation_overview::Parameters { id, on: None }).await
    }

    async fn meetings(
        &self,
        wanted: impl Fn(Option<samvirke_schemas::queries::page::Cursor>) -> calendar::Parameters,
        names: &BTreeMap<AggregateId, Names>,
        base: &str,
    ) -> Result<Vec<Meeting>, Problem> {
        let found: Option<Vec<Entry>> = self.all("calendar", wanted, MEETINGS_MAX).await?;
        let found = found.ok_or_else(|| {
            Refused::invalid(
                "from",
                format!("there are more than {MEETINGS_MAX} meetings; begin at a later day"),
                format!("det er flere enn {MEETINGS_MAX} møter; begynn med en senere dag"),
            )
        })?;
        Ok(found.into_iter().map(|entry| meeting(entry, names, base)).collect())
    }
}

fn meeting(entry: Entry, names: &BTreeMap<AggregateId, Names>, base: &str) -> Meeting {
    let body = name(names, &entry.body);
    let cancelled = entry.state == MeetingState::Cancelled;
    Meeting {
        sequence: entry.moves + u32::from(cancelled),
        cancelled,
        summary: match &entry.title {
            Some(title) => format!("{body}: {title}"),
            None => body,
        },
        description: Some(description(&entry)),
        place: entry.venue.as_ref().map(place),
        url: Some(format!("{base}/v1/meetings/{}", entry.id)),
        changed_at: entry.changed_at,
        id: entry.id,
        days: entry.days,
        dropped: entry.dropped,
    }
}

fn description(entry: &Entry) -> String {
    let items = match entry.items {
        0 => "Ingen saker på dagsorden.".to_owned(),
        1 => "1 sak på dagsorden.".to_owned(),
        items => format!("{items} saker på dagsorden."),
    };
    let minutes = if entry.minutes_published { " Protokollen er lagt ut." } else { "" };
    let dates = if entry.conflicting_dates { " Papirene oppgir også en annen dato." } else { "" };
    format!("{items}{minutes}{dates}")
}

fn place(venue: &Venue) -> String {
    let remote = venue.remote.as_ref().map(|how| format!("fjernmøte ({how})"));
    let both = [venue.place.as_ref().map(ToString::to_string), remote];
    both.into_iter().flatten().collect::<Vec<_>>().join(", ")
}
