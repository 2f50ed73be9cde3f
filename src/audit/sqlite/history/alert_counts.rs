//! Counts of alerts.

use sqlx::SqliteConnection;

use super::{
    alerts,
    select_builder::SelectBuilder,
    stats_window::{NameCounts, StatsWindow},
};
use crate::domain::search::{SessionStats, stats::MAX_LISTED_NAMES};

/// Adds the alerts of the window to the statistics, which have their series.
pub(super) async fn add(
    connection: &mut SqliteConnection,
    window: &StatsWindow<'_>,
    stats: &mut SessionStats,
) -> sqlx::Result<()> {
    let query = window.query;
    let index = alerts::index(&query.tenants, query.user.as_ref());
    let step = window.step_column("event_time");
    let mut select =
        SelectBuilder::new(&format!("SELECT {step} AS step, severity, rule, count(*) FROM alerts INDEXED BY {index}"));
    select.and_owner("alerts", &query.tenants, query.user.as_ref());
    select.and_window("event_time", window.range());
    select.and("answered_alert_id IS NULL GROUP BY step, severity, rule");
    let rows: Vec<(i64, i64, String, i64)> = select.0.build_query_as().fetch_all(connection).await?;
    let mut by_rule = NameCounts::default();
    for (step, severity, rule, count) in rows {
        let count = count.unsigned_abs();
        let (step, severity) = (usize::try_from(step), u32::try_from(severity));
        stats.add_alerts(step.unwrap_or(usize::MAX), severity.unwrap_or_default(), count);
        by_rule.add(rule, count);
    }
    stats.alerts_by_rule = by_rule.into_sorted(|rule| Some(rule.to_owned()));
    stats.alerts_by_rule.truncate(MAX_LISTED_NAMES);
    Ok(())
}
