//! Case registers and cases.
//!
//! Each aggregate is pure; nothing in it knows a clock, a server or another service. [`numbering`]
//! decides the one commit that touches two of them.

pub mod case;
pub mod register;

pub mod numbering;
