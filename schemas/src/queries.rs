//! The parameters and answers of queries, a module for each.

pub mod page;

pub mod bodies;
pub mod body;
pub mod cooperation_overview;
pub mod networks;

pub mod case;
pub mod case_register;
pub mod case_way;
pub mod decisions;
pub mod follow_ups;
pub mod hearings;
pub mod inbox;
pub mod receipts;

pub mod calendar;
pub mod meeting;

pub mod contacts;
pub mod feed;
pub mod notifications;
pub mod subscription;
pub mod subscription_attempts;
pub mod subscription_secret;
pub mod subscriptions;
