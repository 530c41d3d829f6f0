//! The tokens an import acts with: one that was given, or one of the demo's issuer for each role.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::ensure;
use chrono::{DateTime, Utc};
use samvirke_kernel::clock;
use samvirke_private_servers::Secret;
use samvirke_schemas::{
    id::CooperationId,
    principal::{Grant, Role},
};

use super::line::{Line, Who};
use crate::issuer;

/// How long a token made here is valid.
const VALID: Duration = Duration::from_secs(3_600);
/// A token with less time left than this is replaced.
const LEFT_MIN: chrono::TimeDelta = chrono::TimeDelta::minutes(10);

/// Finds the token for each line.
pub(crate) struct Wallet {
    given: Option<Secret>,
    data: PathBuf,
    made: HashMap<(Who, CooperationId), (Secret, DateTime<Utc>)>,
}

impl Wallet {
    /// Uses `given` for all lines, or the demo's issuer in `data`.
    pub(crate) fn new(given: Option<Secret>, data: &Path) -> Self {
        Self { given, data: data.to_owned(), made: HashMap::new() }
    }

    /// The token for one line.
    pub(crate) fn token(&mut self, line: &Line) -> anyhow::Result<Secret> {
        if let Some(given) = &self.given {
            return Ok(given.clone());
        }
        ensure!(
            issuer::is_in(&self.data),
            "give a token with --token-file, or the directory of a running samvirke up with --data"
        );
        let cooperation = line.to.id.cooperation.clone();
        let now = clock::now();
        let place = (line.who.clone(), cooperation);
        if let Some((token, until)) = self.made.get(&place)
            && *until - now > LEFT_MIN
        {
            return Ok(token.clone());
        }
        let (grants, member) = holdings(&place.0, &place.1);
        let holder = issuer::holder(grants, member);
        let token = issuer::mint(&self.data, &holder, None, now, VALID)?;
        self.made.insert(place, (token.clone(), now + VALID));
        Ok(token)
    }
}

fn holdings(
    who: &Who,
    cooperation: &CooperationId,
) -> (Vec<Grant>, Option<samvirke_schemas::organisation::OrganisationNumber>) {
    let here = |role| Grant { role, cooperation: Some(cooperation.clone()) };
    match who {
        Who::Secretariat => (vec![here(Role::Secretariat)], None),
        Who::Operator => (vec![Grant { role: Role::Operator, cooperation: None }], None),
        Who::Member(number) => {
            (vec![here(Role::Delegate), here(Role::MemberIntegration)], Some(number.clone()))
        }
    }
}
