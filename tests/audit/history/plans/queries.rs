//! The frequent queries of administrators and of the service itself.

use std::time::Duration;

use session_authority::{
    audit::AuditHistory,
    domain::{
        IpRange, UnixMillis,
        search::{
            AlertSearch, AuditEventKind, EventPosition, EventSearch, PageRequest, SessionFilter, SessionPosition,
            SessionSearch, SessionState, StatsQuery, TimeRange,
        },
    },
};

use crate::audit::history::model::{tenant, user};

/// The end of the installation's data: 2026-11-21T00:00:00Z.
pub const UNTIL: UnixMillis = UnixMillis::new(1_795_219_200_000);
const DAY: Duration = Duration::from_hours(24);
const PAGE: u32 = 51;

pub struct PlannedQuery {
    pub name: &'static str,
    pub allowed_scan: AllowedScan,
    kind: QueryKind,
}

/// The tables that a query may read as a whole.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum AllowedScan {
    /// No table may be read as a whole.
    ByIndex,
    /// No large table: reading a few hundred rows is faster than hundreds of index lookups.
    ByIndexIfLarge,
    /// At most that number of partitions.
    Months(usize),
    /// Any table: no index serves.
    Everything,
}

enum QueryKind {
    Sessions(SessionSearch, Option<SessionPosition>),
    Count(SessionSearch),
    Events(EventSearch, Option<EventPosition>),
    Stats(StatsQuery),
    Alerts(AlertSearch),
}

impl PlannedQuery {
    /// Runs the query. Returns the number of rows in the result.
    pub async fn run(&self, history: &dyn AuditHistory) -> u64 {
        match &self.kind {
            QueryKind::Sessions(search, after) => {
                let page = PageRequest { size: PAGE, after: *after };
                history.search_sessions(search, page).await.expect("sessions").len() as u64
            }
            QueryKind::Count(search) => {
                history.count_sessions(search).await.expect("a count");
                1
            }
            QueryKind::Events(search, after) => {
                let page = PageRequest { size: PAGE, after: *after };
                history.list_events(search, page).await.expect("events").len() as u64
            }
            QueryKind::Alerts(search) => {
                let page = PageRequest { size: PAGE, after: None };
                history.list_alerts(search, page).await.expect("alerts").len() as u64
            }
            QueryKind::Stats(query) => history.stats(query).await.expect("stats").series.len() as u64,
        }
    }
}

pub fn all() -> Vec<PlannedQuery> {
    [searches(), counts(), events(), stats(), alerts()].into_iter().flatten().collect()
}

fn searches() -> Vec<PlannedQuery> {
    let half_a_year =
        SessionPosition { created_at: UNTIL.minus(180 * DAY), id: "a".repeat(32).parse().expect("a session id") };
    let ask = |name, reads, search| PlannedQuery { name, allowed_scan: reads, kind: QueryKind::Sessions(search, None) };
    let by_index = |name, filter| ask(name, AllowedScan::ByIndex, session_search(filter));
    vec![
        by_index("latest sessions", SessionFilter::default()),
        PlannedQuery {
            name: "sessions of half a year ago",
            allowed_scan: AllowedScan::ByIndex,
            kind: QueryKind::Sessions(SessionSearch::default(), Some(half_a_year)),
        },
        ask("active sessions", AllowedScan::ByIndex, live(SessionFilter::default())),
        by_index("sessions of a large tenant", SessionFilter { tenants: Some(vec![tenant("large")]), ..any() }),
        by_index("sessions of a small tenant", SessionFilter { tenants: Some(vec![tenant("small-7")]), ..any() }),
        by_index("sessions of a user", SessionFilter { tenants: Some(vec![tenant("large")]), ..of_user() }),
        ask("sessions of a user of any tenant", AllowedScan::ByIndexIfLarge, session_search(of_user())),
        by_index("sessions on a device", SessionFilter { device_id: Some("device-1234-0".to_owned()), ..any() }),
        by_index("sessions from an address", SessionFilter { ip: range("10.0.77.32"), ..any() }),
        by_index("sessions from a /24", SessionFilter { ip: range("10.0.77.0/24"), ..any() }),
        ask(
            "active sessions from a /24",
            AllowedScan::ByIndex,
            live(SessionFilter { ip: range("10.0.77.0/24"), ..any() }),
        ),
        by_index("sessions from a usual country", SessionFilter { country: Some("BR".to_owned()), ..any() }),
        by_index("sessions of a week", SessionFilter { created: week(), ..any() }),
        ask(
            "sessions from no country",
            AllowedScan::Everything,
            session_search(SessionFilter { country: Some("XX".to_owned()), ..any() }),
        ),
    ]
}

fn counts() -> Vec<PlannedQuery> {
    let ask = |name, search| PlannedQuery { name, allowed_scan: AllowedScan::ByIndex, kind: QueryKind::Count(search) };
    vec![
        ask("count of active sessions", live(any())),
        ask(
            "count of active sessions of a user",
            live(SessionFilter { tenants: Some(vec![tenant("large")]), ..of_user() }),
        ),
        ask(
            "count of active sessions on a device",
            live(SessionFilter { device_id: Some("device-1234-0".to_owned()), ..any() }),
        ),
    ]
}

fn events() -> Vec<PlannedQuery> {
    let id = session_authority::domain::EventId([0; 16]);
    let half_a_year = EventPosition { at: UNTIL.minus(180 * DAY), id };
    let ask =
        |name, search| PlannedQuery { name, allowed_scan: AllowedScan::ByIndex, kind: QueryKind::Events(search, None) };
    // A session ID of the installation: user handle and session.
    let session = "wwwwwwwwwwwwwwwwwwww".to_owned() + "wwwwwwwwwwww";
    vec![
        ask("latest events", EventSearch::default()),
        PlannedQuery {
            name: "events of half a year ago",
            allowed_scan: AllowedScan::ByIndex,
            kind: QueryKind::Events(EventSearch::default(), Some(half_a_year)),
        },
        ask("events of a large tenant", EventSearch { tenants: Some(vec![tenant("large")]), ..EventSearch::default() }),
        ask(
            "events of a user",
            EventSearch {
                tenants: Some(vec![tenant("large")]),
                user: Some(user("user-1234")),
                ..EventSearch::default()
            },
        ),
        PlannedQuery {
            name: "events of a user of any tenant",
            allowed_scan: AllowedScan::ByIndexIfLarge,
            kind: QueryKind::Events(EventSearch { user: Some(user("user-1234")), ..EventSearch::default() }, None),
        },
        ask(
            "events of a session",
            EventSearch { session: Some(session.parse().expect("a session id")), ..EventSearch::default() },
        ),
        ask("events by an actor", EventSearch { actor: Some("admin:eve".to_owned()), ..EventSearch::default() }),
        ask("events from an address", EventSearch { ip: range("10.0.77.32"), ..EventSearch::default() }),
        ask("events from a /24", EventSearch { ip: range("10.0.77.0/24"), ..EventSearch::default() }),
        ask("endings", EventSearch { kinds: vec![AuditEventKind::Ended], ..EventSearch::default() }),
        ask("mass revocations", EventSearch { kinds: vec![AuditEventKind::RevokedAll], ..EventSearch::default() }),
        ask("events of a week", EventSearch { occurred: week(), ..EventSearch::default() }),
        PlannedQuery {
            name: "events of a kind that never happened",
            allowed_scan: AllowedScan::Everything,
            kind: QueryKind::Events(
                EventSearch { kinds: vec![AuditEventKind::UserForgotten], ..EventSearch::default() },
                None,
            ),
        },
    ]
}

fn stats() -> Vec<PlannedQuery> {
    let days =
        |days: u32| StatsQuery { tenants: None, user: None, start: UNTIL.minus(days * DAY), end: UNTIL, step: DAY };
    let of_user = StatsQuery { tenants: Some(vec![tenant("large")]), user: Some(user("user-1234")), ..days(30) };
    let ask = |name, reads, query| PlannedQuery { name, allowed_scan: reads, kind: QueryKind::Stats(query) };
    vec![
        // Two months of two tables each.
        ask("counts of 30 days", AllowedScan::Months(4), days(30)),
        ask("counts of a user, 30 days", AllowedScan::ByIndex, of_user),
        ask("counts of a year", AllowedScan::Everything, days(365)),
    ]
}

fn alerts() -> Vec<PlannedQuery> {
    let ask = |name, search| PlannedQuery { name, allowed_scan: AllowedScan::ByIndex, kind: QueryKind::Alerts(search) };
    let of = |name| Some(vec![tenant(name)]);
    vec![
        ask("latest alerts", AlertSearch::default()),
        ask("latest alerts of a large tenant", AlertSearch { tenants: of("large"), ..AlertSearch::default() }),
        ask("latest alerts of a small tenant", AlertSearch { tenants: of("small-7"), ..AlertSearch::default() }),
        ask(
            "alerts of a user",
            AlertSearch { tenants: of("large"), user: Some(user("user-1234")), ..AlertSearch::default() },
        ),
    ]
}

fn any() -> SessionFilter {
    SessionFilter::default()
}

fn of_user() -> SessionFilter {
    SessionFilter { user: Some(user("user-1234")), ..any() }
}

fn session_search(filter: SessionFilter) -> SessionSearch {
    SessionSearch { filter, ..SessionSearch::default() }
}

fn live(filter: SessionFilter) -> SessionSearch {
    SessionSearch { state: Some(SessionState::Live), ..session_search(filter) }
}

fn week() -> TimeRange {
    TimeRange { start: Some(UNTIL.minus(100 * DAY)), end: Some(UNTIL.minus(93 * DAY)) }
}

fn range(text: &str) -> Option<IpRange> {
    IpRange::parse("ip_range", text).ok()
}
