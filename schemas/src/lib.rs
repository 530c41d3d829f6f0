//! The published language: what services say to each other and to the world.
//!
//! Every command and event payload lives here, because other contexts, the gateway and integrators
//! read them. Nothing here decides anything: a value only knows whether it is well formed.

pub mod id;
pub mod principal;

pub mod case_number;
pub mod date;
pub mod digest;
pub mod excerpt;
pub mod legal_basis;
pub mod local_time;
pub mod names;
pub mod organisation;
pub mod partial_date;
pub mod period;
pub mod text;

pub mod cases;
pub mod contacts;
pub mod feed;
pub mod meetings;
pub mod networks;
pub mod subscriptions;

pub mod catalogue;
pub mod message;
pub mod queries;
pub mod reply;
pub mod standing;
pub mod stored;
pub mod upcast;

use upcast::Upcaster;

/// A wire enum whose variants are the commands or events of one aggregate.
///
/// On the wire it is externally tagged, so that one variant is `{"<type>": {…}}`.
pub trait Tagged: serde::Serialize + serde::de::DeserializeOwned {
    /// Every tag, in the order of the variants.
    const TAGS: &'static [&'static str];
    /// Lifts events that were written in older versions, one step each. Whoever reads an event of this
    /// type reads it with these, in whatever context.
    const UPCASTERS: &'static [Upcaster] = &[];

    /// The tag of this value, in kebab case.
    fn tag(&self) -> &'static str;
}

/// Implements [`Tagged`] for an enum that derives `strum`'s `IntoStaticStr` and `VariantNames`.
macro_rules! tagged {
    ($type:ty) => {
        impl $crate::Tagged for $type {
            const TAGS: &'static [&'static str] = <$type as strum::VariantNames>::VARIANTS;

            fn tag(&self) -> &'static str {
                self.into()
            }
        }
    };
}

/// Implements [`Tagged`] and `cqrs_es::DomainEvent` for an event enum.
macro_rules! event {
    ($type:ty) => {
        tagged!($type);

        impl cqrs_es::DomainEvent for $type {
            fn event_type(&self) -> String {
                $crate::Tagged::tag(self).to_owned()
            }

            fn event_version(&self) -> String {
                $crate::event_version(self).to_string()
            }
        }
    };
}

pub(crate) use {event, tagged};

/// The schema version in which `event` is written today.
pub fn event_version<E: Tagged>(event: &E) -> u32 {
    upcast::version_today(E::UPCASTERS, event.tag())
}
