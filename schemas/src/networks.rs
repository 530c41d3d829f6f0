//! The networks context: cooperations, their bodies and their networks.

pub mod cooperation;

pub mod access_group;
pub mod rules;

pub mod body;
pub mod network;
