//! Read models: what the streams tell, laid out for questions.
//!
//! A read model is a table of documents, one row folded from its events, and can be dropped and
//! rebuilt at any time. Nothing here keeps truth.

pub mod fact;
pub mod model;

pub mod database;
pub mod listing;
pub mod projected;
pub mod tables;

mod access_columns;
mod page;
pub mod query;

pub mod audit_copy;

pub mod bodies;
pub mod cooperation_overview;
pub mod networks;

pub mod case_file;
mod case_listing;
pub mod case_register;
pub mod case_timeline;
pub mod case_way;

pub mod decisions;
pub mod follow_ups;
pub mod hearings;
pub mod inbox;
mod receipts;

pub mod calendar;
pub mod meeting_record;

pub mod operate;
pub mod service;

pub use service::service;
