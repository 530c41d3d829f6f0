//! Cases and the registers that number them.
//!
//! Each aggregate is pure; [`numbering`] joins the two for the one commit in which a case takes its
//! number. Nothing in them knows a clock, a server or another service.

pub mod case;
pub mod register;

pub mod numbering;

pub mod inbox;
pub mod members;
mod policies;

pub use inbox::service;
