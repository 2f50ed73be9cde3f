//! Scope of a query, in a form that an index supports.

use crate::audit::postgres::transaction::AuditTransaction;
use crate::domain::{UserId, search::TenantFilter};

/// Maximum number of tenants that are searched one by one for a user. With more of them, every row is searched.
const MAX_TENANTS: usize = 1_000;

/// The statements that list the tenants of a table, at most `$1` of them.
pub(super) const TENANTS_OF_SESSIONS: &str = include_str!("sql/tenants_of_sessions.sql");
pub(super) const TENANTS_OF_EVENTS: &str = include_str!("sql/tenants_of_events.sql");

/// The tenants and the user whose rows match, as parameters of a statement; `None`: any.
#[derive(Debug)]
pub(super) struct QueryScope {
    /// A single tenant is a separate case, because its rows can be read in the order in which they are listed.
    pub tenant: Option<String>,
    pub tenants: Option<Vec<String>>,
    pub user: Option<String>,
}

impl QueryScope {
    /// Resolves the scope. A user belongs to a tenant, and the index begins with the tenant. A user of any tenant is
    /// therefore searched in each tenant that `listing` returns.
    pub async fn resolve(
        transaction: &mut AuditTransaction<'_>,
        tenants: &TenantFilter,
        user: Option<&UserId>,
        listing: &'static str,
    ) -> sqlx::Result<Self> {
        let requested =
            tenants.as_ref().map(|tenants| tenants.iter().map(|tenant| tenant.as_str().to_owned()).collect());
        let tenants = match (requested, user) {
            (None, Some(_)) => load_tenants(transaction, listing).await?,
            (requested, _) => requested,
        };
        let user = user.map(|user| user.as_str().to_owned());
        Ok(match tenants {
            Some(one) if one.len() == 1 => Self { tenant: one.into_iter().next(), tenants: None, user },
            tenants => Self { tenant: None, tenants, user },
        })
    }
}

async fn load_tenants(
    transaction: &mut AuditTransaction<'_>,
    listing: &'static str,
) -> sqlx::Result<Option<Vec<String>>> {
    let limit = i64::try_from(MAX_TENANTS + 1).unwrap_or(i64::MAX);
    let tenants: Vec<String> = sqlx::query_scalar(listing).bind(limit).fetch_all(transaction).await?;
    Ok((tenants.len() <= MAX_TENANTS).then_some(tenants))
}
