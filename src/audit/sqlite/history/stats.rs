//! Statistics.

use sqlx::{Connection, SqliteConnection};

use super::{
    alert_counts, durations,
    ending_counts::{self, EndingAndFailureCounts},
    live::LIVE,
    logins,
    select_builder::SelectBuilder,
    stats_window::{StatsWindow, StepCounts},
};
use crate::domain::{
    AuthEventKind, EndReason,
    search::{SessionStats, StatsPoint, StatsQuery},
};

pub(super) async fn stats(connection: &mut SqliteConnection, query: &StatsQuery) -> sqlx::Result<SessionStats> {
    let mut reading = connection.begin().await?;
    let window = StatsWindow::new(query);
    let (active_sessions, active_users) = count_active(&mut reading, query).await?;
    let logins = logins::count_by_step(&mut reading, &window).await?;
    let events = ending_counts::count_by_step(&mut reading, &window).await?;
    let [refused_call_events, token_denials] = count_other_events(&mut reading, &window).await?;
    let series = build_series(&window, active_sessions, &logins, &events);
    let mut stats = SessionStats {
        active_sessions,
        active_users,
        logins: logins.total_in_window(),
        endings: events.endings.total_in_window(),
        failed_logins: events.failures.total_in_window(),
        refused_call_events,
        token_denials,
        logins_by_country: logins::count_by_name(&mut reading, &window, "country").await?,
        logins_by_device_type: logins::count_by_device_type(&mut reading, &window).await?,
        logins_by_browser: logins::count_by_name(&mut reading, &window, "browser").await?,
        durations: durations::load_quantiles(&mut reading, &window, events.known_durations).await?,
        endings_by_reason: events.by_reason.into_sorted(EndReason::from_name),
        failed_logins_by_kind: events.by_kind.into_sorted(AuthEventKind::from_name),
        series,
        ..SessionStats::default()
    };
    alert_counts::add(&mut reading, &window, &mut stats).await?;
    reading.rollback().await?;
    Ok(stats)
}

/// Returns the numbers of events of refused calls, and of denials of JWTs.
async fn count_other_events(connection: &mut SqliteConnection, window: &StatsWindow<'_>) -> sqlx::Result<[u64; 2]> {
    let columns = "count(*) FILTER (WHERE kind = 'call_refused'), count(*) FILTER (WHERE kind = 'tokens_denied')";
    let mut select = window.select_within(columns, "session_events");
    select.and("kind IN ('call_refused', 'tokens_denied')");
    let (refused, denied): (i64, i64) = select.0.build_query_as().fetch_one(connection).await?;
    Ok([refused.unsigned_abs(), denied.unsigned_abs()])
}

/// Returns the number of live sessions, and of users that have one.
async fn count_active(connection: &mut SqliteConnection, query: &StatsQuery) -> sqlx::Result<(u64, u64)> {
    let mut select = live_query(query);
    let (sessions, users): (i64, i64) = select.0.build_query_as().fetch_one(connection).await?;
    Ok((sessions.unsigned_abs(), users.unsigned_abs()))
}

pub(super) fn live_query(query: &StatsQuery) -> SelectBuilder {
    let index = if query.user.is_some() { "sessions_of_user" } else { "sessions_live" };
    let mut select = SelectBuilder::new(&format!(
        "SELECT coalesce(sum(sessions), 0), count(*)
         FROM (SELECT count(*) AS sessions FROM sessions INDEXED BY {index}"
    ));
    select.and_owner("sessions", &query.tenants, query.user.as_ref());
    select.and(LIVE);
    select.0.push(" GROUP BY tenant, user_id)");
    select
}

/// Returns the points of the window. Counting back from now, sessions that began since are subtracted and sessions that
/// ended since are added.
fn build_series(
    span: &StatsWindow<'_>,
    active: u64,
    logins: &StepCounts,
    happened: &EndingAndFailureCounts,
) -> Vec<StatsPoint> {
    let EndingAndFailureCounts { endings, failures, .. } = happened;
    let (mut active_then, mut logins_since) = (active + endings.after_window, logins.after_window);
    let mut series: Vec<_> = span
        .step_starts()
        .zip(&logins.steps)
        .zip(&endings.steps)
        .zip(&failures.steps)
        .rev()
        .map(|(((start, &logins), &endings), &failed_logins)| {
            active_then += endings;
            logins_since += logins;
            // For some sessions only the end may be known, or only the start.
            StatsPoint {
                start,
                active_sessions: active_then.saturating_sub(logins_since),
                logins,
                endings,
                failed_logins,
                ..StatsPoint::default()
            }
        })
        .collect();
    series.reverse();
    series
}
