//! Statements and signed appeals to third parties (R47). What was sent stays as it was sent.

use samvirke_schemas::{
    cases::case::{Event, statement::SentStatement},
    date::Date,
};

use super::{CaseData, Decision, Rejection, within};

/// The most statements that one case sends.
pub const STATEMENTS_MAX: usize = 100;
pub use samvirke_schemas::cases::case::statement::SIGNATORIES_MAX;

impl CaseData {
    pub(super) fn send_statement(&self, statement: &SentStatement, today: Date) -> Decision {
        let id = &statement.statement;
        match self.statements.iter().find(|known| known.statement == *id) {
            Some(known) if known == statement => return Ok(Vec::new()),
            Some(_) => return Err(Rejection::StatementDiffers { statement: id.clone() }),
            None => within(self.statements.len() + 1, STATEMENTS_MAX, "statements")?,
        }
        if statement.text.is_none() && statement.paper.is_none() {
            return Err(Rejection::NothingStated);
        }
        self.has_paper(statement.paper.as_ref())?;
        if statement.signed_by.is_empty() {
            return Err(Rejection::NobodySigned);
        }
        within(statement.signed_by.len(), SIGNATORIES_MAX, "signatories")?;
        if statement.on > today {
            return Err(Rejection::InTheFuture { day: statement.on });
        }
        Ok(vec![Event::StatementSent(statement.clone())])
    }
}
