//! The change feed over HTTP, on a real FEED that the tests write to as the relay does.

mod events;
mod pages;
mod publisher;
mod streams;
