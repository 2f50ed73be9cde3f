//! Statistics of one snapshot.

use std::time::Duration;

use sqlx::{
    PgConnection, Postgres, Row,
    postgres::{PgArguments, PgRow},
    query::Query,
};

use super::scope::{QueryScope, TENANTS_OF_EVENTS, TENANTS_OF_SESSIONS};
use crate::{
    audit::{
        postgres::transaction::AuditTransaction,
        tables::stored_columns::{decode_name, decode_number},
        unreadable_rows::UnreadableRows,
    },
    domain::{
        AuthEventKind, DeviceType, EndReason, UnixMillis,
        search::{
            SessionStats, StatsPoint, StatsQuery,
            stats::{MAX_LISTED_NAMES, QUANTILES},
        },
        time::millis,
    },
};

pub(super) async fn stats(connection: &mut PgConnection, query: &StatsQuery) -> sqlx::Result<SessionStats> {
    let mut transaction = AuditTransaction::begin_read_snapshot(connection).await?;
    let sessions =
        QueryScope::resolve(&mut transaction, &query.tenants, query.user.as_ref(), TENANTS_OF_SESSIONS).await?;
    let events = QueryScope::resolve(&mut transaction, &query.tenants, query.user.as_ref(), TENANTS_OF_EVENTS).await?;

    let mut stats = SessionStats { series: empty_series(query), ..SessionStats::default() };
    let mut unreadable = UnreadableRows::default();
    count_active(&mut transaction, &sessions, &mut stats).await?;
    count_logins(&mut transaction, &events, query, &mut stats, &mut unreadable).await?;
    count_endings_and_failures(&mut transaction, &events, query, &mut stats, &mut unreadable).await?;
    count_alerts(&mut transaction, &events, query, &mut stats).await?;
    load_durations(&mut transaction, &events, query, &mut stats).await?;
    let more = net_growth_since(&mut transaction, &events, query.end).await?;
    transaction.commit().await?;

    count_back(&mut stats, more);
    unreadable.log_skipped();
    Ok(stats)
}

/// Returns the points of the series, with counts of zero.
fn empty_series(query: &StatsQuery) -> Vec<StatsPoint> {
    let next = |start: &UnixMillis| Some(start.plus(query.step)).filter(|next| *next < query.end && next > start);
    std::iter::successors(Some(query.start), next).map(|start| StatsPoint { start, ..StatsPoint::default() }).collect()
}

async fn count_active(
    transaction: &mut AuditTransaction<'_>,
    scope: &QueryScope,
    stats: &mut SessionStats,
) -> sqlx::Result<()> {
    let row = scoped_query(include_str!("sql/count_active.sql"), scope).fetch_one(transaction).await?;
    stats.active_sessions = decode_number("sessions", row.try_get("sessions")?)?;
    stats.active_users = decode_number("users", row.try_get("users")?)?;
    Ok(())
}

async fn count_logins(
    transaction: &mut AuditTransaction<'_>,
    scope: &QueryScope,
    query: &StatsQuery,
    stats: &mut SessionStats,
    unreadable: &mut UnreadableRows,
) -> sqlx::Result<()> {
    let listed = i64::try_from(MAX_LISTED_NAMES).unwrap_or(i64::MAX);
    let statement =
        window_query(include_str!("sql/count_logins.sql"), scope, query).bind(step_millis(query)).bind(listed);
    for row in statement.fetch_all(transaction).await? {
        let count = decode_number("logins", row.try_get("logins")?)?;
        if let Some(point) = point(&row, stats)? {
            point.logins = count;
            stats.logins += count;
        } else if let Some(country) = row.try_get("country")? {
            stats.logins_by_country.push((country, count));
        } else if let Some(browser) = row.try_get("browser")? {
            stats.logins_by_browser.push((browser, count));
        } else if let Some(kind) = unreadable.skip_unreadable(
            row.try_get("device_type").and_then(|name| decode_name("device_type", name, DeviceType::from_name)),
        )? {
            stats.logins_by_device_type.push((kind, count));
        }
    }
    Ok(())
}

async fn count_endings_and_failures(
    transaction: &mut AuditTransaction<'_>,
    scope: &QueryScope,
    query: &StatsQuery,
    stats: &mut SessionStats,
    unreadable: &mut UnreadableRows,
) -> sqlx::Result<()> {
    let statement =
        window_query(include_str!("sql/count_endings_and_failures.sql"), scope, query).bind(step_millis(query));
    for row in statement.fetch_all(transaction).await? {
        let count: u64 = decode_number("events", row.try_get("events")?)?;
        let kind: &str = row.try_get("kind")?;
        let is_ending = kind == "ended";
        if !is_ending && kind != "auth_failed" {
            // Their rows by step have the whole number; they have no reason.
            let total = if kind == "call_refused" { &mut stats.refused_call_events } else { &mut stats.token_denials };
            if row.try_get::<Option<i64>, _>("step")?.is_some() {
                *total += count;
            }
            continue;
        }
        if let Some(point) = point(&row, stats)? {
            if is_ending {
                point.endings = count;
                stats.endings += count;
            } else {
                point.failed_logins = count;
                stats.failed_logins += count;
            }
        } else if is_ending {
            let reason = unreadable
                .skip_unreadable(row.try_get("why").and_then(|name| decode_name("why", name, EndReason::from_name)))?;
            stats.endings_by_reason.extend(reason.map(|reason| (reason, count)));
        } else {
            let kind = unreadable.skip_unreadable(
                row.try_get("why").and_then(|name| decode_name("why", name, AuthEventKind::from_name)),
            )?;
            stats.failed_logins_by_kind.extend(kind.map(|kind| (kind, count)));
        }
    }
    Ok(())
}

async fn count_alerts(
    transaction: &mut AuditTransaction<'_>,
    scope: &QueryScope,
    query: &StatsQuery,
    stats: &mut SessionStats,
) -> sqlx::Result<()> {
    let statement = window_query(include_str!("sql/count_alerts.sql"), scope, query).bind(step_millis(query));
    for row in statement.fetch_all(transaction).await? {
        let count = decode_number("alerts", row.try_get("alerts")?)?;
        if let Some(rule) = row.try_get("rule")? {
            stats.alerts_by_rule.push((rule, count));
        } else {
            let (step, severity): (i64, i16) = (row.try_get("step")?, row.try_get("severity")?);
            stats.add_alerts(decode_number("step", step)?, decode_number("severity", severity.into())?, count);
        }
    }
    stats.alerts_by_rule.truncate(MAX_LISTED_NAMES);
    Ok(())
}

/// Returns the point of the series that a row belongs to, if any.
fn point<'a>(row: &PgRow, stats: &'a mut SessionStats) -> sqlx::Result<Option<&'a mut StatsPoint>> {
    let step: Option<i64> = row.try_get("step")?;
    Ok(step.and_then(|step| stats.series.get_mut(usize::try_from(step).ok()?)))
}

async fn load_durations(
    transaction: &mut AuditTransaction<'_>,
    scope: &QueryScope,
    query: &StatsQuery,
    stats: &mut SessionStats,
) -> sqlx::Result<()> {
    let row = window_query(include_str!("sql/load_durations.sql"), scope, query)
        .bind(QUANTILES)
        .fetch_one(transaction)
        .await?;
    let durations: Vec<i64> = row.try_get("durations")?;
    let durations = durations.into_iter().map(|millis| Duration::from_millis(millis.try_into().unwrap_or_default()));
    stats.durations = QUANTILES.into_iter().zip(durations).collect();
    Ok(())
}

/// Returns the number of sessions that began since `since`, less the number that ended.
async fn net_growth_since(
    transaction: &mut AuditTransaction<'_>,
    scope: &QueryScope,
    since: UnixMillis,
) -> sqlx::Result<i64> {
    let statement = scoped_query(include_str!("sql/net_growth_since.sql"), scope).bind(since);
    statement.fetch_one(transaction).await?.try_get("more")
}

/// Computes the active sessions at the start of each step: those that are active now, less the ones that began since,
/// plus the ones that ended since.
fn count_back(stats: &mut SessionStats, more: i64) {
    let mut active = i64::try_from(stats.active_sessions).unwrap_or(i64::MAX).saturating_sub(more);
    for point in stats.series.iter_mut().rev() {
        active = active.saturating_add_unsigned(point.endings).saturating_sub_unsigned(point.logins);
        point.active_sessions = u64::try_from(active).unwrap_or_default();
    }
}

fn scoped_query<'q>(statement: &'static str, scope: &'q QueryScope) -> Query<'q, Postgres, PgArguments> {
    sqlx::query(statement).bind(&scope.tenant).bind(&scope.tenants).bind(&scope.user)
}

fn window_query<'q>(
    statement: &'static str,
    scope: &'q QueryScope,
    query: &StatsQuery,
) -> Query<'q, Postgres, PgArguments> {
    scoped_query(statement, scope).bind(query.start).bind(query.end)
}

fn step_millis(query: &StatsQuery) -> i64 {
    i64::try_from(millis(query.step).max(1)).unwrap_or(i64::MAX)
}
