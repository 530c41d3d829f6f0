//! What follows from a fact.
