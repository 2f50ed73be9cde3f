//! Builder of queries with optional conditions. SQLite does not consider the values of parameters when it plans, so a
//! condition that is not requested must not be in the statement.

use std::net::Ipv4Addr;

use sqlx::{Encode, QueryBuilder, Sqlite, Type};

use crate::{
    audit::sqlite::column::address,
    domain::{
        TenantId, UserId,
        ip_range::IpRange,
        search::{TenantFilter, TimeRange},
    },
    sqlite::integer,
};

/// A statement that ends with conditions.
pub(super) struct SelectBuilder(pub QueryBuilder<Sqlite>);

impl SelectBuilder {
    /// Creates a statement. `select` must end before its `WHERE`.
    pub fn new(select: &str) -> Self {
        Self(QueryBuilder::new(format!("{select} WHERE true")))
    }

    pub fn and(&mut self, condition: &str) {
        self.0.push(" AND ").push(condition);
    }

    /// Adds a condition that ends with one parameter.
    pub fn and_bind<'t, T: Encode<'t, Sqlite> + Type<Sqlite>>(&mut self, condition: &str, value: T) {
        self.0.push(" AND ").push(condition).push(" ").push_bind(value);
    }

    /// Adds a condition as [`Self::and_bind`] does, if there is a value.
    pub fn and_bind_optional<'t, T: Encode<'t, Sqlite> + Type<Sqlite>>(&mut self, condition: &str, value: Option<T>) {
        if let Some(value) = value {
            self.and_bind(condition, value);
        }
    }

    /// Adds conditions for one of the tenants and for the user. `table` is the table that is searched.
    pub fn and_owner(&mut self, table: &str, tenants: &TenantFilter, user: Option<&UserId>) {
        match (tenants, user) {
            (Some(tenants), _) => self.and_in("tenant", tenants.iter().map(TenantId::as_str)),
            (None, Some(_)) => self.and_any_tenant(table),
            (None, None) => (),
        }
        self.and_bind_optional("user_id =", user.map(UserId::as_str));
    }

    /// Adds a condition that holds for every row with a tenant. It makes an index that begins with the tenant usable
    /// for a user.
    fn and_any_tenant(&mut self, table: &str) {
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

    pub fn and_in<'t>(&mut self, column: &str, values: impl Iterator<Item = &'t str>) {
        self.0.push(format_args!(" AND {column} IN ("));
        let mut list = self.0.separated(", ");
        let mut values = values.peekable();
        if values.peek().is_none() {
            // NULL equals nothing. For an empty list SQLite knows that it never matches, drops the other conditions,
            // and then finds that a partial index is not usable.
            list.push("NULL");
        }
        for value in values {
            list.push_bind(value);
        }
        self.0.push(")");
    }

    pub fn and_window(&mut self, column: &str, window: TimeRange) {
        self.and_bind_optional(&format!("{column} >="), window.start.map(integer));
        self.and_bind_optional(&format!("{column} <"), window.end.map(integer));
    }

    pub fn and_ip_range(&mut self, range: IpRange) {
        if range.first == range.last {
            self.and_bind("ip =", address(range.first));
        } else {
            self.and_bind("ip >=", address(range.first));
            self.and_bind("ip <=", address(range.last));
        }
        if range.first.is_ipv6() {
            // The range of mapped IPv4 addresses is excluded, as families are not mixed.
            self.and_bind("NOT (ip >=", address(Ipv4Addr::UNSPECIFIED.into()));
            self.and_bind("ip <=", address(Ipv4Addr::BROADCAST.into()));
            self.0.push(")");
        }
    }
}
