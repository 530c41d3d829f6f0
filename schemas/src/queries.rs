//! The parameters and answers of queries, a module for each read model.

pub mod cooperation_overview;
