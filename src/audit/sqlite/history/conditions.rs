//! What rows have to fulfil. SQLite does not look at parameters when it plans, so a condition that is not asked for
//! must not be there.

use std::net::Ipv4Addr;

use sqlx::{Encode, QueryBuilder, Sqlite, Type};

use crate::{
    audit::sqlite::column::address,
    domain::{
        TenantId, UserId,
        ip_range::IpRange,
        search::{Tenants, Window},
    },
    store::sqlite::column::integer,
};

/// A statement that ends with conditions.
pub(super) struct Conditions(pub QueryBuilder<Sqlite>);

impl Conditions {
    /// `select` ends before its `WHERE`.
    pub fn of(select: &str) -> Self {
        Self(QueryBuilder::new(format!("{select} WHERE true")))
    }

    pub fn requires(&mut self, condition: &str) {
        self.0.push(" AND ").push(condition);
    }

    /// A condition with one parameter, which it ends with.
    pub fn holds<'t, T: Encode<'t, Sqlite> + Type<Sqlite>>(&mut self, condition: &str, value: T) {
        self.0.push(" AND ").push(condition).push(" ").push_bind(value);
    }

    /// As [`Self::holds`], when there is a value.
    pub fn holds_if<'t, T: Encode<'t, Sqlite> + Type<Sqlite>>(&mut self, condition: &str, value: Option<T>) {
        if let Some(value) = value {
            self.holds(condition, value);
        }
    }

    /// About one of the tenants, and about the user. `table` is where they are looked for.
    pub fn about(&mut self, table: &str, tenants: &Tenants, user: Option<&UserId>) {
        match (tenants, user) {
            (Some(tenants), _) => self.one_of("tenant", tenants.iter().map(TenantId::as_str)),
            (None, Some(_)) => self.any_tenant(table),
            (None, None) => (),
        }
        self.holds_if("user_id =", user.map(UserId::as_str));
    }

    /// Holds for every row that has a tenant. With it, an index that begins with the tenant serves for a user.
    fn any_tenant(&mut self, table: &str) {
        self.0.push(format_args!(
            " AND tenant IN (
                WITH RECURSIVE known (tenant) AS (
                    SELECT min(tenant) FROM {table}
                    UNION ALL
                    SELECT (SELECT min(other.tenant) FROM {table} AS other WHERE other.tenant > known.tenant)
                    FROM known WHERE known.tenant IS NOT NULL
                )
                SELECT tenant FROM known WHERE tenant IS NOT NULL
            )"
        ));
    }

    pub fn one_of<'t>(&mut self, column: &str, values: impl Iterator<Item = &'t str>) {
        self.0.push(format_args!(" AND {column} IN ("));
        let mut list = self.0.separated(", ");
        let mut values = values.peekable();
        if values.peek().is_none() {
            // Nothing's equal. Of an empty list SQLite knows that it never holds, drops the other conditions, and then
            // finds that a partial index does not serve.
            list.push("NULL");
        }
        for value in values {
            list.push_bind(value);
        }
        self.0.push(")");
    }

    pub fn within(&mut self, column: &str, window: Window) {
        self.holds_if(&format!("{column} >="), window.start.map(integer));
        self.holds_if(&format!("{column} <"), window.end.map(integer));
    }

    pub fn from(&mut self, range: IpRange) {
        if range.first == range.last {
            self.holds("ip =", address(range.first));
        } else {
            self.holds("ip >=", address(range.first));
            self.holds("ip <=", address(range.last));
        }
        if range.first.is_ipv6() {
            // Where IPv4 lies among the rest; families are not mixed.
            self.holds("NOT (ip >=", address(Ipv4Addr::UNSPECIFIED.into()));
            self.holds("ip <=", address(Ipv4Addr::BROADCAST.into()));
            self.0.push(")");
        }
    }
}
