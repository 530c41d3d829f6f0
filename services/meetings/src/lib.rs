//! Meetings from plan to published minutes.
//!
//! The aggregate is pure; nothing in it knows a clock, a server or another service.

pub mod meeting;

pub mod bodies;
pub mod inbox;

pub use inbox::service;
