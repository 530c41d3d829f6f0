//! Read models: what the streams tell, laid out for questions.
//!
//! A read model is a table of documents, one row folded from its events, and can be dropped and
//! rebuilt at any time. Nothing here keeps truth.

pub mod database;
pub mod fact;
pub mod model;
pub mod query;
pub mod service;

pub mod audit_copy;
pub mod cooperation_overview;

pub use service::service;
