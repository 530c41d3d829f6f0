//! Cooperations, their bodies and their networks.
//!
//! Each aggregate is one pure file; nothing in it knows a clock, a server or another service.

pub mod body;
pub mod cooperation;
pub mod network;

pub mod inbox;
mod policies;

pub use inbox::service;

#[cfg(test)]
mod golden;
