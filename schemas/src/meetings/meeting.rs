//! A meeting of a body: what may be asked of it and what happens to it.

mod event;
mod request;

pub use event::Event;
pub use request::Request;
