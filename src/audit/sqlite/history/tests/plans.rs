//! Queries use an index if one matches, and do not sort rows that the index has in order.

use sqlx::Row;

use super::*;
use crate::{
    audit::sqlite::history::{
        durations, events, select_builder::SelectBuilder, sessions, stats, stats_window::StatsWindow,
    },
    domain::{
        IpRange,
        search::{EventSearch, SessionFilter, SessionSearch, SessionState, StatsQuery},
    },
};

const SORTED: &str = "USE TEMP B-TREE FOR ORDER BY";

async fn plan(query: &SelectBuilder) -> String {
    let log = log().await;
    let statement = sqlx::AssertSqlSafe(format!("EXPLAIN QUERY PLAN {}", query.0.sql().as_str()));
    let rows = sqlx::query(statement).fetch_all(&log.pool).await.expect("a plan");
    rows.iter().map(|row| row.get::<String, _>("detail")).collect::<Vec<_>>().join("\n")
}

fn range(text: &str) -> Option<IpRange> {
    IpRange::parse("ip", text).ok()
}

#[tokio::test]
async fn sessions_are_read_in_order_from_the_index_that_fits_best() {
    let none = SessionFilter::default;
    let live = Some(SessionState::Live);
    let acme = || tenants(&["acme"]);
    let cases = [
        (none(), None, "SCAN sessions USING INDEX sessions_by_start"),
        (none(), live, "SCAN sessions USING INDEX sessions_live"),
        (SessionFilter { tenants: acme(), ..none() }, live, "SCAN sessions USING INDEX sessions_live"),
        (
            SessionFilter { tenants: acme(), user: user("ann"), ..none() },
            live,
            "SEARCH sessions USING INDEX sessions_of_user (tenant=? AND user_id=?)",
        ),
        (
            SessionFilter { device_id: Some("d".into()), ..none() },
            None,
            "SEARCH sessions USING INDEX sessions_on_device (device_id=?)",
        ),
        (
            SessionFilter { ip: range("192.0.2.1"), ..none() },
            None,
            "SEARCH sessions USING INDEX sessions_from_address (ip=?)",
        ),
        (
            SessionFilter { ip: range("192.0.2.0/24"), ..none() },
            None,
            "SEARCH sessions USING INDEX sessions_from_address (ip>? AND ip<?)",
        ),
    ];
    for (filter, state, expected) in cases {
        let search = SessionSearch { filter, state, end_reason: None };
        let sorts = search.filter.device_id.is_some() || search.filter.ip.is_some();
        let plan = plan(&sessions::LISTING.query(sessions::list_query(&search), None, 50)).await;
        assert!(plan.contains(expected), "{search:?}: {plan}");
        assert!(sorts || !plan.contains(SORTED), "{search:?}: {plan}");
    }
}

#[tokio::test]
async fn the_next_page_begins_where_the_last_one_ended() {
    let after = Some((5, "a".to_owned()));
    let sessions = sessions::LISTING.query(sessions::list_query(&SessionSearch::default()), after.clone(), 50);
    let sessions = plan(&sessions).await;
    assert!(
        sessions.contains("SEARCH sessions USING INDEX sessions_by_start ((created_at,session_id)<(?,?))"),
        "{sessions}"
    );
    let events = plan(&events::LISTING.query(events::list_query(&EventSearch::default()), after, 50)).await;
    assert!(events.contains("SEARCH session_events USING INDEX session_events_at ((at,event_id)<(?,?))"), "{events}");
}

#[tokio::test]
async fn a_user_of_any_tenant_is_looked_for_in_each() {
    let search = SessionSearch {
        filter: SessionFilter { user: user("ann"), ..SessionFilter::default() },
        ..SessionSearch::default()
    };
    let plan = plan(&sessions::LISTING.query(sessions::list_query(&search), None, 50)).await;
    assert!(plan.contains("SEARCH sessions USING INDEX sessions_of_user (tenant=? AND user_id=?)"), "{plan}");
    assert!(plan.contains("SEARCH other USING COVERING INDEX sessions_of_user (tenant>?)"), "{plan}");
    assert!(!plan.contains("SCAN sessions"), "{plan}");
}

#[tokio::test]
async fn events_are_read_in_order_from_the_index_that_fits_best() {
    let none = EventSearch::default;
    let session = Some(made("", "ann", 1, 0).id);
    let cases = [
        (none(), "SCAN session_events USING INDEX session_events_at"),
        (EventSearch { session, ..none() }, "USING INDEX session_events_of_session (session_id=?)"),
        (
            EventSearch { tenants: tenants(&["acme"]), user: user("ann"), ..none() },
            "USING INDEX session_events_of_user (tenant=? AND user_id=?)",
        ),
        (EventSearch { ip: range("192.0.2.1"), ..none() }, "USING INDEX session_events_from_address (ip=?)"),
        (EventSearch { actor: Some("user".into()), ..none() }, "USING INDEX session_events_of_actor (actor=?)"),
    ];
    for (search, expected) in cases {
        let plan = plan(&events::LISTING.query(events::list_query(&search), None, 50)).await;
        assert!(plan.contains(expected), "{search:?}: {plan}");
        assert!(!plan.contains(SORTED), "{search:?}: {plan}");
    }
}

#[tokio::test]
async fn counting_reads_no_more_than_the_window_or_the_user() {
    let everybody = StatsQuery {
        tenants: None,
        user: None,
        start: UnixMillis::new(0),
        end: UnixMillis::new(10),
        step: std::time::Duration::from_millis(1),
    };
    let plan_of = async |query: &StatsQuery| {
        let span = StatsWindow::new(query);
        [
            plan(&stats::live_query(query)).await,
            plan(&span.select_within("count(*)", "login_events")).await,
            plan(&span.select_since("count(*)", "session_events")).await,
            plan(&durations::ranked_durations_query(&span, [1, 2, 3])).await,
        ]
    };
    let [live, logins, events, durations] = plan_of(&everybody).await;
    assert!(live.contains("USING INDEX sessions_live"), "{live}");
    assert!(logins.contains("login_events_at (at>? AND at<?)"), "{logins}");
    assert!(events.contains("session_events_at (at>?)"), "{events}");
    assert!(durations.contains("session_events_at (at>? AND at<?)"), "{durations}");

    let ann = StatsQuery { tenants: tenants(&["acme"]), user: user("ann"), ..everybody };
    let [live, logins, events, durations] = plan_of(&ann).await;
    assert!(live.contains("sessions_of_user (tenant=? AND user_id=?)"), "{live}");
    assert!(logins.contains("login_events_of_user (tenant=? AND user_id=? AND at>? AND at<?)"), "{logins}");
    assert!(events.contains("session_events_of_user (tenant=? AND user_id=? AND at>?)"), "{events}");
    assert!(durations.contains("session_events_of_user (tenant=? AND user_id=? AND at>? AND at<?)"), "{durations}");
}

#[tokio::test]
async fn unfinished_mass_revocations_are_read_once_for_all_sessions() {
    let live = Some(SessionState::Live);
    let search = SessionSearch { filter: SessionFilter::default(), state: live, end_reason: None };
    let plan = plan(&sessions::LISTING.query(sessions::list_query(&search), None, 50)).await;
    assert!(plan.contains("MATERIALIZE revoked"), "{plan}");
    assert!(plan.contains("SEARCH revoked USING AUTOMATIC COVERING INDEX (tenant=?)"), "{plan}");
}
