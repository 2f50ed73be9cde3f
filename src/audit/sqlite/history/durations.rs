//! Durations of sessions.

use std::{collections::HashMap, time::Duration};

use sqlx::SqliteConnection;

use super::{select_builder::SelectBuilder, stats_window::StatsWindow};
use crate::domain::search::stats::QUANTILES;

/// Returns the quantiles of the durations of `endings` sessions, the number that [`ranked_durations_query`] ranks.
pub(super) async fn load_quantiles(
    connection: &mut SqliteConnection,
    span: &StatsWindow<'_>,
    endings: u64,
) -> sqlx::Result<Vec<(f64, Duration)>> {
    if endings == 0 {
        return Ok(Vec::new());
    }
    let ranks = QUANTILES.map(|quantile| rank(quantile, endings));
    let rows: Vec<(i64, i64)> = ranked_durations_query(span, ranks).0.build_query_as().fetch_all(connection).await?;
    let durations: HashMap<i64, i64> = rows.into_iter().collect();
    let duration = |rank| durations.get(&rank).map(|millis| Duration::from_millis(millis.unsigned_abs()));
    Ok(QUANTILES.into_iter().zip(ranks).filter_map(|(quantile, rank)| Some((quantile, duration(rank)?))).collect())
}

/// Selects the durations with the given ranks, shortest first.
pub(super) fn ranked_durations_query(
    span: &StatsWindow<'_>,
    [first, second, third]: [i64; QUANTILES.len()],
) -> SelectBuilder {
    let columns = "rank, lasted FROM (
        SELECT max(at - started_at, 0) AS lasted, row_number() OVER (ORDER BY max(at - started_at, 0)) AS rank";
    let mut select = span.select_within(columns, "session_events");
    select.and("kind = 'ended' AND started_at IS NOT NULL");
    select.0.push(format_args!(") WHERE rank IN ({first}, {second}, {third})"));
    select
}

/// Returns the nearest rank: the share of `count`, rounded up.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    reason = "a number of rows is within the exact range, and a share of it is not more"
)]
fn rank(quantile: f64, count: u64) -> i64 {
    (quantile * count as f64).ceil() as i64
}
