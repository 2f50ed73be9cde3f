//! Counts of sessions that were made.

use sqlx::SqliteConnection;

use super::span::{Counts, Span, Tally};
use crate::domain::{DeviceType, search::stats::LISTED};

pub(super) async fn by_step(connection: &mut SqliteConnection, span: &Span<'_>) -> sqlx::Result<Counts> {
    let mut select = span.since(&format!("{} AS step, count(*)", span.step_of_row()), "login_events");
    select.0.push(" GROUP BY step");
    let rows: Vec<(Option<i64>, i64)> = select.0.build_query_as().fetch_all(connection).await?;
    let mut counts = span.no_counts();
    for (step, count) in rows {
        counts.add(step, count.unsigned_abs());
    }
    Ok(counts)
}

/// By what a column holds.
pub(super) async fn by_name(
    connection: &mut SqliteConnection,
    span: &Span<'_>,
    column: &str,
) -> sqlx::Result<Vec<(String, u64)>> {
    let columns = format!("coalesce({column}, '') AS name, count(*) AS logins");
    let mut select = span.within(&columns, "login_events");
    select.0.push(" GROUP BY name ORDER BY logins DESC, name LIMIT ").push(LISTED);
    let rows: Vec<(String, i64)> = select.0.build_query_as().fetch_all(connection).await?;
    Ok(rows.into_iter().map(|(name, count)| (name, count.unsigned_abs())).collect())
}

/// Types that a newer release tells apart count as unknown.
pub(super) async fn by_device_type(
    connection: &mut SqliteConnection,
    span: &Span<'_>,
) -> sqlx::Result<Vec<(DeviceType, u64)>> {
    let mut tally = Tally::default();
    for (name, count) in by_name(connection, span, "device_type").await? {
        tally.add(DeviceType::from_name(&name).unwrap_or_default().name().to_owned(), count);
    }
    Ok(tally.most_first(DeviceType::from_name))
}
