//! From a fact on the feed to a mail at a real mail server, on real NATS and PostgreSQL.

mod checkpoint;
mod contacts;
mod deadlines;
mod deliveries;
pub(crate) mod facts;
mod lag;
mod meetings;
mod parking;
mod preferences;
mod rig;
mod wordings;
