//! `session-authority tenants`.

use clap::Args;
use prost_types::Timestamp;

use crate::{
    api,
    cli::{
        option_values::{self, TimeArgument},
        terminal::RenderContext,
    },
    domain::UnixMillis,
};

use super::listing::ListingCommand;

/// List tenants with their active sessions, and their sign-ins and alerts of the last day
#[derive(Args)]
pub struct TenantsCommand {
    /// Count sign-ins and alerts from this time on (RFC 3339, a day in UTC, or a duration before now) [default: 24h]
    #[arg(long, value_name = "TIME", value_parser = option_values::parse_time_arg)]
    since: Option<TimeArgument>,
}

impl ListingCommand for TenantsCommand {
    type Query = api::ListTenantsRequest;

    const HEADER: &'static [&'static str] = &["TENANT", "ACTIVE SESSIONS", "SIGN-INS", "ALERTS"];
    const EMPTY_MESSAGE: &'static str = "no tenant has sessions";

    fn query(&self, now: UnixMillis) -> Self::Query {
        api::ListTenantsRequest {
            since: self.since.map(|since| since.start(now)),
            ..api::ListTenantsRequest::default()
        }
    }

    fn window_end(_: &Self::Query) -> Option<Timestamp> {
        None
    }

    fn row(entry: &api::TenantEntry, _: RenderContext) -> Vec<String> {
        let counts = [entry.active_sessions, entry.logins, entry.alerts].map(|count| count.to_string());
        std::iter::once(entry.tenant_id.clone()).chain(counts).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::terminal::TerminalStyle;

    #[test]
    fn a_tenant_has_its_counts() {
        let entry = api::TenantEntry { tenant_id: "acme".to_owned(), active_sessions: 3, logins: 5, alerts: 1 };
        let view = RenderContext { now: UnixMillis::new(0), style: TerminalStyle::PLAIN };
        assert_eq!(TenantsCommand::row(&entry, view), ["acme", "3", "5", "1"]);
    }
}
