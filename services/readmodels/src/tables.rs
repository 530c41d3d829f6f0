//! Every table that is filled from the streams.

use crate::{
    audit_copy, bodies, case_file, case_timeline, cooperation_overview, database::Layout,
    meeting_record, model::Table, networks,
};

/// All of them, in the order they are listed to operators.
pub static ALL: &[&dyn Table] = &[
    &audit_copy::TABLE,
    &cooperation_overview::TABLE,
    &bodies::TABLE,
    &networks::TABLE,
    &case_file::TABLE,
    &case_timeline::TABLE,
    &meeting_record::TABLE,
];

/// Every table's layout.
pub fn layouts() -> Vec<Layout> {
    ALL.iter().map(|table| table.layout()).collect()
}

/// Finds a table by the name of its layout.
pub fn find(name: &str) -> Option<&'static dyn Table> {
    ALL.iter().copied().find(|table| table.layout().name == name)
}
