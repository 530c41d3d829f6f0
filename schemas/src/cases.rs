//! The cases context: registers and cases.
