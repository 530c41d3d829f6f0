//! The cases context: registers and cases.

pub mod case;
pub mod register;
