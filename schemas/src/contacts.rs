//! Contacts: whom Samvirke tells by e-mail, and of what.

pub mod contact;
pub mod person;
