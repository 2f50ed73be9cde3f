//! Counts of created sessions.

use sqlx::SqliteConnection;

use super::stats_window::{NameCounts, StatsWindow, StepCounts};
use crate::domain::{DeviceType, search::stats::MAX_LISTED_NAMES};

pub(super) async fn count_by_step(
    connection: &mut SqliteConnection,
    span: &StatsWindow<'_>,
) -> sqlx::Result<StepCounts> {
    let mut select = span.select_since(&format!("{} AS step, count(*)", span.step_column("at")), "login_events");
    select.0.push(" GROUP BY step");
    let rows: Vec<(Option<i64>, i64)> = select.0.build_query_as().fetch_all(connection).await?;
    let mut counts = span.zero_counts();
    for (step, count) in rows {
        counts.add(step, count.unsigned_abs());
    }
    Ok(counts)
}

/// Counts logins by the value of a column.
pub(super) async fn count_by_name(
    connection: &mut SqliteConnection,
    span: &StatsWindow<'_>,
    column: &str,
) -> sqlx::Result<Vec<(String, u64)>> {
    let columns = format!("coalesce({column}, '') AS name, count(*) AS logins");
    let mut select = span.select_within(&columns, "login_events");
    select.0.push(" GROUP BY name ORDER BY logins DESC, name LIMIT ").push(MAX_LISTED_NAMES);
    let rows: Vec<(String, i64)> = select.0.build_query_as().fetch_all(connection).await?;
    Ok(rows.into_iter().map(|(name, count)| (name, count.unsigned_abs())).collect())
}

/// Counts logins by device type. Types of a newer release count as unknown.
pub(super) async fn count_by_device_type(
    connection: &mut SqliteConnection,
    span: &StatsWindow<'_>,
) -> sqlx::Result<Vec<(DeviceType, u64)>> {
    let mut tally = NameCounts::default();
    for (name, count) in count_by_name(connection, span, "device_type").await? {
        tally.add(DeviceType::from_name(&name).unwrap_or_default().name().to_owned(), count);
    }
    Ok(tally.into_sorted(DeviceType::from_name))
}
