//! Findings on their way to the stream of alerts.

use std::mem;

use sqlx::SqliteConnection;

use super::{column, fault::Fault};
use crate::{
    domain::{Alert, UnixMillis, UserHandle, alert::GroupPlace, limits, time::millis},
    store::{Finding, FindingEntry, Trigger, findings::raised, record},
};

/// Sessions that a login evicted, and the stored record of the least recently active of them.
#[derive(Clone, Debug, Default)]
pub(super) struct Evicted {
    pub sessions: u64,
    pub record: Vec<u8>,
}

/// Appends the findings that came true and are not kept quiet. Answers the alerts that they raise.
pub(super) async fn raise(
    connection: &mut SqliteConnection,
    handle: UserHandle,
    findings: &[Finding],
    evicted: &Evicted,
    now: UnixMillis,
) -> Result<Vec<Alert>, Fault> {
    let mut entries = Vec::new();
    for finding in findings.iter().take(limits::FINDINGS_PER_LOGIN) {
        let Evicted { sessions, record } = match finding.raised_by {
            Trigger::Login => Evicted::default(),
            Trigger::Eviction if evicted.sessions == 0 => continue,
            Trigger::Eviction => evicted.clone(),
        };
        let Some(count) = times_found(connection, handle, finding, now).await? else { continue };
        let alert = record::encode_alert(&finding.alert);
        entries.push(FindingEntry { alert, count, evicted: sessions, evicted_record: record });
    }
    let size = u32::try_from(entries.len()).unwrap_or(u32::MAX);
    for (entry, position) in entries.iter_mut().zip(1..) {
        entry.alert = record::with_group(mem::take(&mut entry.alert), GroupPlace { position, size });
        append(connection, handle, entry).await?;
    }
    if !findings.is_empty() {
        sqlx::query(include_str!("sql/trim_matters.sql"))
            .bind(&handle.0[..])
            .bind(column::count(limits::QUIET_MATTERS_PER_USER))
            .execute(connection)
            .await?;
    }
    Ok(raised(entries))
}

/// Lets the next finding of every matter of the user raise an alert.
pub(super) async fn allow_again(connection: &mut SqliteConnection, handle: UserHandle) -> Result<(), Fault> {
    sqlx::query("UPDATE matters SET raised_at = 0 WHERE handle = ?1").bind(&handle.0[..]).execute(connection).await?;
    Ok(())
}

/// How many findings an alert of that key stands for; `None` when it is not yet time for another.
async fn times_found(
    connection: &mut SqliteConnection,
    handle: UserHandle,
    finding: &Finding,
    now: UnixMillis,
) -> Result<Option<u64>, Fault> {
    let key = finding.key();
    let known: Option<(i64, u32)> =
        sqlx::query_as("SELECT raised_at, found FROM matters WHERE handle = ?1 AND dedup_key = ?2")
            .bind(&handle.0[..])
            .bind(&key[..])
            .fetch_optional(&mut *connection)
            .await?;
    // Either way: a clock that was ahead must not keep a matter quiet for longer.
    let apart = |at| now.since(at).max(at.since(now));
    let quiet = known.filter(|(at, _)| millis(apart(column::time(*at))) < millis(finding.quiet_for));
    let (raised_at, since, count) = match (quiet, known) {
        (Some((at, found)), _) => (at, found.saturating_add(1), None),
        (None, known) => (column::integer(now), 0, Some(u64::from(known.map_or(0, |(_, found)| found)) + 1)),
    };
    sqlx::query(include_str!("sql/put_matter.sql"))
        .bind(&handle.0[..])
        .bind(&key[..])
        .bind(raised_at)
        .bind(since)
        .execute(connection)
        .await?;
    Ok(count)
}

async fn append(connection: &mut SqliteConnection, handle: UserHandle, entry: &FindingEntry) -> Result<(), Fault> {
    sqlx::query(include_str!("sql/append_finding.sql"))
        .bind(handle.bucket().0)
        .bind(entry.alert.as_slice())
        .bind(i64::try_from(entry.count).unwrap_or(i64::MAX))
        .bind(i64::try_from(entry.evicted).unwrap_or(i64::MAX))
        .bind(entry.evicted_record.as_slice())
        .execute(connection)
        .await?;
    Ok(())
}
