//! Whose rows are asked for, so that an index serves.

use crate::audit::postgres::transaction::AuditTransaction;
use crate::domain::{UserId, search::Tenants};

/// With more of them than this, a user who is looked for in all of them is looked for in every row.
const TENANTS: usize = 1_000;

/// The statement that tells the tenants of a table, the first `$1` of them.
pub(super) const OF_SESSIONS: &str = include_str!("sql/tenants_of_sessions.sql");
pub(super) const OF_EVENTS: &str = include_str!("sql/tenants_of_events.sql");

/// The tenants and the user that rows must be of, as statements take them; `None`: any.
#[derive(Debug)]
pub(super) struct Scope {
    /// One tenant alone is told apart, because its rows are found in the order in which they are listed.
    pub tenant: Option<String>,
    pub tenants: Option<Vec<String>>,
    pub user: Option<String>,
}

impl Scope {
    /// A user is known within a tenant only, and so is the index: looked for in any, one is looked for in each that
    /// `listing` tells of.
    pub async fn of(
        transaction: &mut AuditTransaction<'_>,
        tenants: &Tenants,
        user: Option<&UserId>,
        listing: &'static str,
    ) -> sqlx::Result<Self> {
        let stated = tenants.as_ref().map(|tenants| tenants.iter().map(|tenant| tenant.as_str().to_owned()).collect());
        let tenants = match (stated, user) {
            (None, Some(_)) => all(transaction, listing).await?,
            (stated, _) => stated,
        };
        let user = user.map(|user| user.as_str().to_owned());
        Ok(match tenants {
            Some(one) if one.len() == 1 => Self { tenant: one.into_iter().next(), tenants: None, user },
            tenants => Self { tenant: None, tenants, user },
        })
    }
}

async fn all(transaction: &mut AuditTransaction<'_>, listing: &'static str) -> sqlx::Result<Option<Vec<String>>> {
    let limit = i64::try_from(TENANTS + 1).unwrap_or(i64::MAX);
    let tenants: Vec<String> = sqlx::query_scalar(listing).bind(limit).fetch_all(transaction).await?;
    Ok((tenants.len() <= TENANTS).then_some(tenants))
}
