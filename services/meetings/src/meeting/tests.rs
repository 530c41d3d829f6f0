//! The rules of meetings, told on Vestregionen's steering group.

mod agenda;
mod attendance;
mod golden;
mod items;
mod minutes;
mod plan;
mod reported;
mod sitting;
mod votes;
pub(super) mod world;
