//! Findings that wait to be forwarded to the alert stream.

use std::mem;

use sqlx::SqliteConnection;

use super::{column, engine_error::EngineError};
use crate::{
    domain::{Alert, UnixMillis, UserHandle, alert::AlertGroupPosition, limits},
    store::{
        Finding, FindingEntry, FindingTrigger,
        findings::decode_alerts,
        record,
        rules::deduplication::{DedupEntry, count_finding},
    },
};

/// The number of sessions that a login evicted, and the stored record of the least recently active of them.
#[derive(Clone, Debug, Default)]
pub(super) struct EvictedSessions {
    pub sessions: u64,
    pub record: Vec<u8>,
}

/// Appends the findings whose trigger occurred and that are outside their dedup window. Returns the alerts they raise.
pub(super) async fn raise_alerts(
    connection: &mut SqliteConnection,
    handle: UserHandle,
    findings: &[Finding],
    evicted: &EvictedSessions,
    now: UnixMillis,
) -> Result<Vec<Alert>, EngineError> {
    let mut entries = Vec::new();
    for finding in findings.iter().take(limits::MAX_FINDINGS_PER_LOGIN) {
        let EvictedSessions { sessions, record } = match finding.trigger {
            FindingTrigger::Login => EvictedSessions::default(),
            FindingTrigger::Eviction if evicted.sessions == 0 => continue,
            FindingTrigger::Eviction => evicted.clone(),
        };
        let Some(count) = count_occurrences(connection, handle, finding, now).await? else { continue };
        let alert = record::encode_alert(&finding.alert);
        entries.push(FindingEntry { alert, count, evicted: sessions, evicted_record: record });
    }
    let size = u32::try_from(entries.len()).unwrap_or(u32::MAX);
    for (entry, position) in entries.iter_mut().zip(1..) {
        entry.alert = record::with_group(mem::take(&mut entry.alert), AlertGroupPosition { position, size });
        append(connection, handle, entry).await?;
    }
    if !findings.is_empty() {
        sqlx::query(include_str!("sql/trim_dedup_entries.sql"))
            .bind(&handle.0[..])
            .bind(column::count(limits::MAX_DEDUP_KEYS_PER_USER))
            .execute(connection)
            .await?;
    }
    Ok(decode_alerts(entries))
}

/// Resets deduplication: the next finding of the user raises an alert, whatever its dedup key.
pub(super) async fn reset_dedup(connection: &mut SqliteConnection, handle: UserHandle) -> Result<(), EngineError> {
    sqlx::query("UPDATE matters SET raised_at = 0 WHERE handle = ?1").bind(&handle.0[..]).execute(connection).await?;
    Ok(())
}

/// Counts a finding with its dedup key. Returns the number of findings that an alert now represents, or `None` within
/// the dedup window.
async fn count_occurrences(
    connection: &mut SqliteConnection,
    handle: UserHandle,
    finding: &Finding,
    now: UnixMillis,
) -> Result<Option<u64>, EngineError> {
    let key = finding.key();
    let known: Option<(i64, u32)> =
        sqlx::query_as("SELECT raised_at, found FROM matters WHERE handle = ?1 AND dedup_key = ?2")
            .bind(&handle.0[..])
            .bind(&key[..])
            .fetch_optional(&mut *connection)
            .await?;
    let known = known.map(|(at, suppressed)| DedupEntry { raised_at: column::time(at), suppressed });
    let (entry, count) = count_finding(known, finding.dedup_window, now);
    sqlx::query(include_str!("sql/put_dedup_entry.sql"))
        .bind(&handle.0[..])
        .bind(&key[..])
        .bind(column::integer(entry.raised_at))
        .bind(entry.suppressed)
        .execute(connection)
        .await?;
    Ok(count)
}

async fn append(
    connection: &mut SqliteConnection,
    handle: UserHandle,
    entry: &FindingEntry,
) -> Result<(), EngineError> {
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
