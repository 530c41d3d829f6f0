//! A contact from registration until it is forgotten: whom it belongs to and how often it is told
//! of what.
//!
//! Nothing here knows a name or an address. A person is a place in the address book, named by a
//! UUID.

use samvirke_kernel::{Command, Decider, aggregate, rejections};
use samvirke_schemas::{
    contacts::contact::{self as published, BelongsTo, Event, Frequency, Preferences, Topic},
    principal::Role,
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

#[cfg(test)]
mod tests;

/// A contact as its history describes it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub enum Contact {
    #[default]
    Unregistered,
    Registered(RegisteredContact),
    /// Whom it belonged to is kept; who it was is not.
    Forgotten(BelongsTo),
}

/// What a registered contact consists of.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RegisteredContact {
    pub belongs_to: BelongsTo,
    /// The place in the address book.
    pub person: Uuid,
    pub preferences: Preferences,
}

/// What is asked of a contact, once the person is in the address book and only its place is left.
#[derive(
    Clone, Debug, PartialEq, Serialize, Deserialize, strum::IntoStaticStr, strum::VariantNames,
)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[strum(serialize_all = "kebab-case")]
pub enum Request {
    Register { belongs_to: BelongsTo, person: Uuid, preferences: Preferences },
    Change { person: Uuid },
    Prefer { preferences: Preferences },
    Forget {},
}

impl samvirke_schemas::Tagged for Request {
    const TAGS: &'static [&'static str] = <Self as strum::VariantNames>::VARIANTS;

    fn tag(&self) -> &'static str {
        self.into()
    }
}

impl Request {
    /// Takes out of what was asked whatever is personal, and puts `place` there instead.
    pub fn sealed(
        asked: published::Request,
        place: Uuid,
    ) -> (Self, Option<samvirke_schemas::contacts::person::Person>) {
        match asked {
            published::Request::Register { belongs_to, person, preferences } => {
                (Self::Register { belongs_to, person: place, preferences }, Some(person))
            }
            published::Request::Change { person } => (Self::Change { person: place }, Some(person)),
            published::Request::Prefer { preferences } => (Self::Prefer { preferences }, None),
            published::Request::Forget {} => (Self::Forget {}, None),
        }
    }
}

rejections! {
    /// Why a contact refuses a command.
    pub enum Rejection {
        NotYourContact: Forbidden, "personopplysningsloven",
            "only the member that the contact belongs to, the secretariat and the operator may do this",
            "bare medlemmet som kontakten hører til, sekretariatet og drift kan gjøre dette";
        IdNotRandom: Value("id"), "personopplysningsloven",
            "a contact's id is a UUID, such as vestregionen:0192f3a0-7c1e-7d2a-9b1f-3f5d6c7b8a90, \
             so that it says nothing of whom it is",
            "id-en til en kontakt er en UUID, som vestregionen:0192f3a0-7c1e-7d2a-9b1f-3f5d6c7b8a90, \
             så den ikke sier noe om hvem det er";
        NotRegistered: Missing, "personopplysningsloven",
            "the contact is not registered; register it first",
            "kontakten er ikke registrert; registrer den først";
        AlreadyRegistered: State, "personopplysningsloven",
            "the contact is already registered, for somebody else; give the new one its own id",
            "kontakten er allerede registrert, for noen andre; gi den nye sin egen id";
        IsForgotten: State, "personvernforordningen art. 17",
            "the contact is forgotten for good; register another",
            "kontakten er slettet for godt; registrer en ny";
        TooSeldom { topic: Topic, least: Frequency }: Value("preferences"), "kommuneloven § 11-3",
            "{topic} must be told, {least} at the least",
            "{topic} må varsles, minst {least}";
    }
}

impl Decider for Contact {
    const CONTEXT: &'static str = "contacts";
    const KIND: &'static str = "contact";
    const REDUCER: &'static [&'static str] =
        &[include_str!("contact.rs"), include_str!("../../../schemas/src/contacts/contact.rs")];

    type Request = Request;
    type Facts = ();
    type Event = Event;
    type Rejection = Rejection;

    fn authorise(&self, command: &Command<Request>) -> Result<(), Rejection> {
        let offices = [Role::Secretariat, Role::Operator];
        let unsubscribes =
            matches!(command.request, Request::Prefer { .. }) && command.is_from(&[Role::System]);
        if command.is_from(&offices) || unsubscribes {
            return Ok(());
        }
        let asked = match &command.request {
            Request::Register { belongs_to, .. } => Some(belongs_to),
            Request::Change { .. } | Request::Prefer { .. } | Request::Forget {} => None,
        };
        // Whoever may register a contact for a member may not thereby take another's.
        let all = [self.belongs_to(), asked];
        let mut owners = all.into_iter().flatten().peekable();
        let own = |owner: &BelongsTo| match owner {
            BelongsTo::Member { member, .. } => {
                command.principal.speaks_for(member, &command.id.cooperation)
            }
            BelongsTo::Seat { .. } | BelongsTo::Secretariat {} => false,
        };
        if owners.peek().is_some() && owners.all(own) {
            Ok(())
        } else {
            Err(Rejection::NotYourContact)
        }
    }

    fn decide(&self, command: &Command<Request>) -> Result<Vec<Event>, Rejection> {
        if Uuid::parse_str(command.id.local.as_str()).is_err() {
            return Err(Rejection::IdNotRandom);
        }
        match &command.request {
            Request::Register { belongs_to, person, preferences } => {
                self.register(belongs_to, *person, preferences)
            }
            Request::Change { person } => {
                let changed = self.registered()?.person != *person;
                Ok(changed
                    .then_some(Event::PersonChanged { person: *person })
                    .into_iter()
                    .collect())
            }
            Request::Prefer { preferences } => self.prefer(preferences),
            Request::Forget {} => match self {
                Self::Unregistered => Err(Rejection::NotRegistered),
                Self::Registered(_) => Ok(vec![Event::Forgotten {}]),
                Self::Forgotten(_) => Ok(Vec::new()),
            },
        }
    }

    fn evolve(&mut self, event: &Event) {
        match event {
            Event::Registered { belongs_to, person, preferences } => {
                *self = Self::Registered(RegisteredContact {
                    belongs_to: belongs_to.clone(),
                    person: *person,
                    preferences: preferences.clone(),
                });
            }
            Event::PersonChanged { person } => {
                if let Self::Registered(registered) = self {
                    registered.person = *person;
                }
            }
            Event::Preferred { preferences } => {
                if let Self::Registered(registered) = self {
                    registered.preferences.extend(preferences);
                }
            }
            Event::Forgotten {} => {
                if let Self::Registered(registered) = self {
                    *self = Self::Forgotten(registered.belongs_to.clone());
                }
            }
        }
    }
}

aggregate!(Contact);

impl Contact {
    /// The place of the person in the address book, while there is one.
    pub fn person(&self) -> Option<Uuid> {
        self.registered().ok().map(|registered| registered.person)
    }

    fn belongs_to(&self) -> Option<&BelongsTo> {
        match self {
            Self::Unregistered => None,
            Self::Registered(registered) => Some(&registered.belongs_to),
            Self::Forgotten(belonged_to) => Some(belonged_to),
        }
    }

    fn registered(&self) -> Result<&RegisteredContact, Rejection> {
        match self {
            Self::Unregistered => Err(Rejection::NotRegistered),
            Self::Registered(registered) => Ok(registered),
            Self::Forgotten(_) => Err(Rejection::IsForgotten),
        }
    }

    fn register(
        &self,
        belongs_to: &BelongsTo,
        person: Uuid,
        preferences: &Preferences,
    ) -> Result<Vec<Event>, Rejection> {
        match self {
            Self::Forgotten(_) => Err(Rejection::IsForgotten),
            Self::Registered(registered) if registered.person == person => Ok(Vec::new()),
            Self::Registered(_) => Err(Rejection::AlreadyRegistered),
            Self::Unregistered => {
                check(preferences)?;
                Ok(vec![Event::Registered {
                    belongs_to: belongs_to.clone(),
                    person,
                    preferences: preferences.clone(),
                }])
            }
        }
    }

    fn prefer(&self, preferences: &Preferences) -> Result<Vec<Event>, Rejection> {
        let registered = self.registered()?;
        check(preferences)?;
        let now = |topic| registered.preferences.get(topic).copied().unwrap_or_default();
        let changed: Preferences = preferences
            .iter()
            .filter(|(topic, frequency)| now(topic) != **frequency)
            .map(|(topic, frequency)| (*topic, *frequency))
            .collect();
        Ok(if changed.is_empty() {
            Vec::new()
        } else {
            vec![Event::Preferred { preferences: changed }]
        })
    }
}

fn check(preferences: &Preferences) -> Result<(), Rejection> {
    let too_seldom = preferences.iter().find(|(topic, frequency)| **frequency > topic.least());
    match too_seldom {
        Some((topic, _)) => Err(Rejection::TooSeldom { topic: *topic, least: topic.least() }),
        None => Ok(()),
    }
}
