//! The subscriptions context: who is sent what of the feed, and where to.

pub mod subscription;
