//! The papers laid before the bodies, and what one body advises another.
//!
//! A paper is never exchanged: the same id with other contents is its next version.

use samvirke_schemas::{
    cases::case::{
        Event,
        paper::{Paper, Recommendation},
    },
    id::LocalId,
};
use serde::{Deserialize, Serialize};

use super::{CaseData, Decision, Rejection, within};

/// The most papers in a case.
pub const PAPERS_MAX: usize = 500;
/// The most pairs of bodies with a recommendation between them.
pub const RECOMMENDATIONS_MAX: usize = 64;

/// A paper with the number of its latest version.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PaperTrail {
    pub latest: Paper,
    /// 1 for the first.
    pub version: u32,
}

impl CaseData {
    pub(super) fn add_paper(&self, paper: &Paper) -> Decision {
        let version = match self.paper(&paper.paper) {
            Some(trail) if trail.latest == *paper => return Ok(Vec::new()),
            Some(trail) => trail.version + 1,
            None => {
                within(self.papers.len() + 1, PAPERS_MAX, "papers")?;
                1
            }
        };
        Ok(vec![Event::PaperAdded { version, paper: paper.clone() }])
    }

    pub(super) fn paper_added(&mut self, paper: &Paper) {
        match self.papers.iter_mut().find(|trail| trail.latest.paper == paper.paper) {
            Some(trail) => {
                trail.version += 1;
                trail.latest = paper.clone();
            }
            None => self.papers.push(PaperTrail { latest: paper.clone(), version: 1 }),
        }
    }

    /// Checks that a paper that something refers to is there.
    pub(super) fn has_paper(&self, paper: Option<&LocalId>) -> Result<(), Rejection> {
        match paper {
            Some(id) if self.paper(id).is_none() => {
                Err(Rejection::NoSuchPaper { paper: id.clone() })
            }
            Some(_) | None => Ok(()),
        }
    }

    fn paper(&self, id: &LocalId) -> Option<&PaperTrail> {
        self.papers.iter().find(|trail| trail.latest.paper == *id)
    }

    pub(super) fn recommend(&self, advice: &Recommendation) -> Decision {
        if advice.from == advice.to {
            return Err(Rejection::RecommendsToItself);
        }
        match self.recommendations.iter().find(|earlier| same_pair(earlier, advice)) {
            Some(earlier) if earlier == advice => return Ok(Vec::new()),
            Some(_) if advice.text.is_none() => return Err(Rejection::AlreadyFormulated),
            Some(_) => (),
            None => {
                within(self.recommendations.len() + 1, RECOMMENDATIONS_MAX, "recommendations")?;
            }
        }
        Ok(vec![Event::Recommended(advice.clone())])
    }

    pub(super) fn recommended(&mut self, advice: &Recommendation) {
        self.recommendations.retain(|earlier| !same_pair(earlier, advice));
        self.recommendations.push(advice.clone());
    }
}

fn same_pair(one: &Recommendation, other: &Recommendation) -> bool {
    one.from == other.from && one.to == other.to
}
