//! Notifications: whoever wants to be told by e-mail is told, once, in their own language.
//!
//! A fact of the feed becomes rows of an outbox, and a row becomes a mail. Feed and contacts decide
//! what is sent and to whom; the clock only says when.

pub mod settings;

pub mod contact;
pub mod inbox;
mod queries;
mod unsubscribe;

mod news;
mod notice;

mod address_book;
mod checkpoint;
mod contacts;
pub mod database;
mod hours;
mod memory;

pub mod due;
pub mod intake;
mod outbox;
pub mod parked;
mod public_titles;

mod hypertext;
pub mod letter;
mod wording;

pub mod bounce;
pub mod mailer;
pub mod sender;

pub mod operate;
mod service;

pub use service::{Config, ServiceError, service};
pub use settings::{Key, Settings};

#[cfg(test)]
mod golden;
#[cfg(test)]
mod tests;
