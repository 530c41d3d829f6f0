//! `samvirke show case 24/2017`: what the API answers, laid out for people, in bokmål.
//!
//! Invariant: everything shown comes from the published queries, read into their own types. Who asks
//! sees what the API lets them see, and nothing is fetched behind its back.

mod asker;
mod known;
mod sheet;
mod words;

mod bodies;
mod cooperation;

mod meeting;
mod meetings;

mod case;
mod cases;

pub(crate) mod feed;
mod subscriptions;

use samvirke_schemas::{
    case_number::CaseNumber,
    date::Date,
    id::{AggregateId, LocalId},
    organisation::OrganisationNumber,
    queries::{
        body, calendar, case as case_query, case_register, case_way, cooperation_overview,
        meeting as meeting_query, subscription, subscription_attempts,
        subscriptions as subscription_list,
    },
};
use serde::Serialize;

use crate::{
    arguments::{Asking, Show, Subscriptions, SubscriptionsQuestion, Thing},
    configuration::Configuration,
    outcome::Outcome,
    terminal,
};
use asker::Asker;
use known::Known;
use sheet::Sheet;

/// Asks for one thing, or a list, and shows it.
pub(crate) async fn run(configuration: &Configuration, asked: &Show) -> anyhow::Result<Outcome> {
    let asker = Asker::new(configuration, &asked.asking)?;
    let showing = Showing { configuration, asker, asking: &asked.asking };
    match &asked.thing {
        Thing::Cooperation { id } => showing.cooperation(id.as_ref()).await?,
        Thing::Bodies { on } => showing.bodies(*on).await?,
        Thing::Body { id, on } => showing.body(id, *on).await?,
        Thing::Meetings { body, year } => showing.meetings(body.as_deref(), *year).await?,
        Thing::Meeting { id } => showing.meeting(id).await?,
        Thing::Cases { year, text } => {
            showing.cases(*year, text.as_ref()).await?;
        }
        Thing::Case { id, timeline } => match id.parse::<CaseNumber>() {
            Ok(number) => showing.way(number, *timeline).await?,
            Err(_) => showing.case(id, *timeline).await?,
        },
    }
    Ok(Outcome::Done)
}

/// Asks about subscriptions, and shows the answer.
pub(crate) async fn subscriptions(
    configuration: &Configuration,
    asked: &Subscriptions,
) -> anyhow::Result<Outcome> {
    let asker = Asker::new(configuration, &asked.asking)?.or_operator(configuration)?;
    let showing = Showing { configuration, asker, asking: &asked.asking };
    match &asked.question {
        None => showing.subscriptions(None, None).await?,
        Some(SubscriptionsQuestion::List { member, phase }) => {
            showing.subscriptions(member.as_ref(), *phase).await?;
        }
        Some(SubscriptionsQuestion::Show { id }) => showing.subscription(id).await?,
        Some(SubscriptionsQuestion::Attempts { id }) => showing.attempts(id).await?,
    }
    Ok(Outcome::Done)
}

/// What every kind needs to be shown.
struct Showing<'a> {
    configuration: &'a Configuration,
    asker: Asker,
    asking: &'a Asking,
}

impl Showing<'_> {
    async fn cooperation(&self, id: Option<&AggregateId>) -> anyhow::Result<()> {
        let id = match id {
            Some(id) => id.clone(),
            None => AggregateId::of_cooperation(self.configuration.cooperation()?.clone()),
        };
        let parameters = cooperation_overview::Parameters { id, on: None };
        if self.asking.json {
            return self.as_it_came("cooperation-overview", &parameters).await;
        }
        let overview = self.asker.ask("cooperation-overview", &parameters).await?;
        say(|sheet| cooperation::lay_out(&overview, sheet));
        Ok(())
    }

    async fn bodies(&self, on: Option<Date>) -> anyhow::Result<()> {
        let cooperation = self.configuration.cooperation()?;
        if self.asking.json {
            let parameters = samvirke_schemas::queries::bodies::Parameters {
                cooperation: cooperation.clone(),
                on,
                after: None,
                limit: asker::LIMIT,
            };
            return self.as_it_came("bodies", &parameters).await;
        }
        let known = Known::ask(&self.asker, cooperation).await?;
        let entries = known::bodies_of(&self.asker, cooperation, on).await?;
        let mut bodies = Vec::with_capacity(entries.len());
        for entry in &entries {
            let parameters = body::Parameters { id: entry.id.clone(), on };
            bodies.push(self.asker.ask("body", &parameters).await?);
        }
        say(|sheet| bodies::lay_out(&bodies, &known, sheet));
        Ok(())
    }

    async fn body(&self, id: &str, on: Option<Date>) -> anyhow::Result<()> {
        let parameters = body::Parameters { id: self.id(id)?, on };
        if self.asking.json {
            return self.as_it_came("body", &parameters).await;
        }
        let body: body::Body = self.asker.ask("body", &parameters).await?;
        let known = Known::ask(&self.asker, &body.id.cooperation).await?;
        say(|sheet| bodies::lay_out_one(&body, &known, sheet));
        Ok(())
    }

    async fn meetings(&self, body: Option<&str>, year: Option<u16>) -> anyhow::Result<()> {
        let cooperation = self.configuration.cooperation()?;
        let body = body.map(|id| self.id(id)).transpose()?;
        let day = |month, day| year.and_then(|year| Date::from_ymd(i32::from(year), month, day));
        let page = |after| calendar::Parameters {
            cooperation: cooperation.clone(),
            body: body.clone(),
            member: None,
            from: day(1, 1),
            to: day(12, 31),
            state: None,
            after,
            limit: asker::LIMIT,
        };
        if self.asking.json {
            return self.as_it_came("calendar", &page(None)).await;
        }
        let entries = self.asker.all("calendar", page).await?;
        let known = Known::ask(&self.asker, cooperation).await?;
        say(|sheet| meetings::lay_out(&entries, &known, sheet));
        Ok(())
    }

    async fn meeting(&self, id: &str) -> anyhow::Result<()> {
        let parameters = meeting_query::Parameters { id: self.id(id)? };
        if self.asking.json {
            return self.as_it_came("meeting", &parameters).await;
        }
        let meeting: meeting_query::Meeting = self.asker.ask("meeting", &parameters).await?;
        let known = Known::ask(&self.asker, &meeting.id.cooperation).await?;
        // Seats are named by the body as it stood on the meeting's first day.
        let on = meeting.days.first().map(|first| first.day);
        let parameters = body::Parameters { id: meeting.body.clone(), on };
        let body: body::Body = self.asker.ask("body", &parameters).await?;
        say(|sheet| meeting::lay_out(&meeting, body.in_force.as_ref(), &known, sheet));
        Ok(())
    }

    async fn cases(
        &self,
        year: Option<u16>,
        text: Option<&samvirke_schemas::text::Line>,
    ) -> anyhow::Result<()> {
        let cooperation = self.configuration.cooperation()?;
        let page = |after| case_register::Parameters {
            cooperation: cooperation.clone(),
            body: None,
            year,
            kind: None,
            state: None,
            member: None,
            text: text.cloned(),
            number: None,
            after,
            limit: asker::LIMIT,
        };
        if self.asking.json {
            return self.as_it_came("case-register", &page(None)).await;
        }
        let entries = self.asker.all("case-register", page).await?;
        let known = Known::ask(&self.asker, cooperation).await?;
        say(|sheet| cases::lay_out(&entries, &known, sheet));
        Ok(())
    }

    /// The cases of a number, and the one that it is about in full.
    async fn way(&self, number: CaseNumber, timeline: bool) -> anyhow::Result<()> {
        let cooperation = self.configuration.cooperation()?.clone();
        let parameters = case_way::Parameters { cooperation: cooperation.clone(), number };
        if self.asking.json {
            return self.as_it_came("case-way", &parameters).await;
        }
        let way: case_way::Answer = self.asker.ask("case-way", &parameters).await?;
        let Some(main) = case::main_of(&way, number) else {
            anyhow::bail!("there is no case {number} in {cooperation}");
        };
        let parameters = case_query::Parameters { id: main.clone() };
        let case: case_query::Case = self.asker.ask("case", &parameters).await?;
        self.show_case(&case, &way, timeline).await
    }

    async fn case(&self, id: &str, timeline: bool) -> anyhow::Result<()> {
        let parameters = case_query::Parameters { id: self.id(id)? };
        if self.asking.json {
            return self.as_it_came("case", &parameters).await;
        }
        let case: case_query::Case = self.asker.ask("case", &parameters).await?;
        let parameters = case_way::Parameters {
            cooperation: case.id.cooperation.clone(),
            number: case.number.number,
        };
        let way = self.asker.ask("case-way", &parameters).await?;
        self.show_case(&case, &way, timeline).await
    }

    async fn show_case(
        &self,
        case: &case_query::Case,
        way: &case_way::Answer,
        timeline: bool,
    ) -> anyhow::Result<()> {
        let known = Known::ask(&self.asker, &case.id.cooperation).await?;
        say(|sheet| case::lay_out(case, way, &known, timeline, sheet));
        Ok(())
    }

    async fn subscriptions(
        &self,
        member: Option<&OrganisationNumber>,
        phase: Option<subscription::Phase>,
    ) -> anyhow::Result<()> {
        let cooperation = self.configuration.cooperation()?;
        let page = |after| subscription_list::Parameters {
            cooperation: cooperation.clone(),
            member: member.cloned(),
            phase,
            after,
            limit: asker::LIMIT,
        };
        if self.asking.json {
            return self.as_it_came("subscriptions", &page(None)).await;
        }
        let found = self.asker.all("subscriptions", page).await?;
        let known = Known::ask(&self.asker, cooperation).await?;
        say(|sheet| subscriptions::lay_out(&found, &known, sheet));
        Ok(())
    }

    async fn subscription(&self, id: &str) -> anyhow::Result<()> {
        let parameters = subscription::Parameters { id: self.id(id)? };
        if self.asking.json {
            return self.as_it_came("subscription", &parameters).await;
        }
        let found: subscription::Subscription = self.asker.ask("subscription", &parameters).await?;
        let known = Known::ask(&self.asker, &found.id.cooperation).await?;
        say(|sheet| subscriptions::lay_out_one(&found, &known, sheet));
        Ok(())
    }

    async fn attempts(&self, id: &str) -> anyhow::Result<()> {
        let id = self.id(id)?;
        let parameters = subscription_attempts::Parameters { id: id.clone(), limit: asker::LIMIT };
        if self.asking.json {
            return self.as_it_came("subscription-attempts", &parameters).await;
        }
        let found: subscription_attempts::Answer =
            self.asker.ask("subscription-attempts", &parameters).await?;
        say(|sheet| subscriptions::lay_out_attempts(&id, &found.items, sheet));
        Ok(())
    }

    /// Says an answer as the API gives it; of a list, its first page.
    async fn as_it_came(&self, query: &str, parameters: &impl Serialize) -> anyhow::Result<()> {
        let answer = self.asker.as_it_came(query, parameters).await?;
        terminal::say(&serde_json::to_string_pretty(&answer)?);
        Ok(())
    }

    /// `vestregionen:sg`, or `sg` alone in the cooperation that is meant.
    fn id(&self, text: &str) -> anyhow::Result<AggregateId> {
        if text.contains(':') {
            return Ok(text.parse()?);
        }
        let local: LocalId = text.parse()?;
        Ok(AggregateId::new(self.configuration.cooperation()?.clone(), local))
    }
}

/// Says what is laid out on a sheet.
fn say(lay_out: impl FnOnce(&mut Sheet)) {
    let mut sheet = Sheet::default();
    lay_out(&mut sheet);
    sheet.lines().iter().for_each(|line| terminal::say(line));
}
