//! Detection: the login histories of users, and the findings that wait to be forwarded to the alert stream.

use std::mem;

use sqlx::SqliteConnection;

use super::transaction::EngineError;
use crate::{
    domain::{Alert, LoginHistory, UnixMillis, UserHandle, alert::AlertGroupPosition, limits},
    sqlite::{count, integer, time},
    store::{
        Finding, FindingEntry, FindingTrigger, HistoryUpdate,
        findings::{decode_alerts, decode_history_or_default},
        record,
        rules::deduplication::{DedupEntry, count_finding},
    },
};

/// Returns the version and the stored form of the user's history: 0 and empty if the user has no history.
pub(super) async fn load_history(
    connection: &mut SqliteConnection,
    handle: UserHandle,
) -> Result<(u64, Vec<u8>), EngineError> {
    let row: Option<(i64, Vec<u8>)> = sqlx::query_as("SELECT version, history FROM histories WHERE handle = ?1")
        .bind(&handle.0[..])
        .fetch_optional(connection)
        .await?;
    let (version, history) = row.unwrap_or_default();
    Ok((u64::try_from(version).unwrap_or_default(), history))
}

/// Replaces version `version` of the user's history.
pub(super) async fn put_history(
    connection: &mut SqliteConnection,
    handle: UserHandle,
    version: u64,
    update: &HistoryUpdate,
    now: UnixMillis,
) -> Result<(), EngineError> {
    sqlx::query(
        "INSERT INTO histories (handle, version, history, keep_until)
         VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (handle) DO UPDATE SET
             version = excluded.version, history = excluded.history, keep_until = excluded.keep_until",
    )
    .bind(&handle.0[..])
    .bind(i64::try_from(version.saturating_add(1)).unwrap_or(i64::MAX))
    .bind(record::encode_history(&update.history))
    .bind(integer(now.plus(update.keep_for)))
    .execute(connection)
    .await?;
    Ok(())
}

/// Removes from the user's history the facts that compromised sign-ins introduced: `clean` returns the history without
/// them. Also resets deduplication: the next finding of the user raises an alert, whatever its dedup key.
pub(super) async fn remove_compromised(
    connection: &mut SqliteConnection,
    handle: UserHandle,
    clean: impl FnOnce(LoginHistory) -> LoginHistory + Send,
) -> Result<(), EngineError> {
    let (version, history) = load_history(connection, handle).await?;
    sqlx::query("UPDATE histories SET version = ?2, history = ?3 WHERE handle = ?1")
        .bind(&handle.0[..])
        .bind(i64::try_from(version.saturating_add(1)).unwrap_or(i64::MAX))
        .bind(record::encode_history(&clean(decode_history_or_default(&history))))
        .execute(&mut *connection)
        .await?;
    reset_deduplication(connection, handle).await
}

/// Ends the deduplication windows of a user: the next finding raises an alert, whatever its dedup key.
pub(super) async fn reset_deduplication(
    connection: &mut SqliteConnection,
    handle: UserHandle,
) -> Result<(), EngineError> {
    sqlx::query("UPDATE matters SET raised_at = 0 WHERE handle = ?1").bind(&handle.0[..]).execute(connection).await?;
    Ok(())
}

/// Deletes the login history, the dedup keys and the answers of a user.
pub(super) async fn delete_user_data(connection: &mut SqliteConnection, handle: UserHandle) -> Result<(), EngineError> {
    for statement in [
        "DELETE FROM histories WHERE handle = ?1",
        "DELETE FROM matters WHERE handle = ?1",
        "DELETE FROM answers WHERE handle = ?1",
    ] {
        sqlx::query(statement).bind(&handle.0[..]).execute(&mut *connection).await?;
    }
    Ok(())
}

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
        trim_dedup_entries(connection, handle).await?;
    }
    Ok(decode_alerts(entries))
}

/// Appends a finding that raises its alert in any case. Returns the alert.
pub(super) async fn raise_alert(
    connection: &mut SqliteConnection,
    handle: UserHandle,
    alert: &Alert,
) -> Result<Vec<Alert>, EngineError> {
    let group = AlertGroupPosition { position: 1, size: 1 };
    let alert = record::with_group(record::encode_alert(alert), group);
    let entry = FindingEntry { alert, count: 1, ..FindingEntry::default() };
    append(connection, handle, &entry).await?;
    Ok(decode_alerts([entry]))
}

/// Appends findings that raise their alerts in any case, each with the number of findings that it stands for. Returns
/// the alerts.
pub(super) async fn append_counted(
    connection: &mut SqliteConnection,
    handle: UserHandle,
    alerts: &[(Alert, u64)],
) -> Result<Vec<Alert>, EngineError> {
    let size = u32::try_from(alerts.len()).unwrap_or(u32::MAX);
    let mut entries = Vec::with_capacity(alerts.len());
    for ((alert, count), position) in alerts.iter().zip(1..) {
        let alert = record::with_group(record::encode_alert(alert), AlertGroupPosition { position, size });
        let entry = FindingEntry { alert, count: *count, ..FindingEntry::default() };
        append(connection, handle, &entry).await?;
        entries.push(entry);
    }
    Ok(decode_alerts(entries))
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
    let known = known.map(|(at, suppressed)| DedupEntry { raised_at: time(at), suppressed });
    let (entry, count) = count_finding(known, finding.dedup_window, now);
    sqlx::query("INSERT OR REPLACE INTO matters (handle, dedup_key, raised_at, found) VALUES (?1, ?2, ?3, ?4)")
        .bind(&handle.0[..])
        .bind(&key[..])
        .bind(integer(entry.raised_at))
        .bind(entry.suppressed)
        .execute(connection)
        .await?;
    Ok(count)
}

/// Deletes the dedup entries of a user except those that raised an alert last.
async fn trim_dedup_entries(connection: &mut SqliteConnection, handle: UserHandle) -> Result<(), EngineError> {
    sqlx::query(
        "DELETE FROM matters
         WHERE handle = ?1 AND dedup_key IN (
             SELECT dedup_key FROM matters WHERE handle = ?1 ORDER BY raised_at DESC, dedup_key DESC LIMIT -1 OFFSET ?2
         )",
    )
    .bind(&handle.0[..])
    .bind(count(limits::MAX_DEDUP_KEYS_PER_USER))
    .execute(connection)
    .await?;
    Ok(())
}

async fn append(
    connection: &mut SqliteConnection,
    handle: UserHandle,
    entry: &FindingEntry,
) -> Result<(), EngineError> {
    sqlx::query("INSERT INTO findings (bucket, alert, count, evicted, evicted_record) VALUES (?1, ?2, ?3, ?4, ?5)")
        .bind(handle.bucket().0)
        .bind(entry.alert.as_slice())
        .bind(i64::try_from(entry.count).unwrap_or(i64::MAX))
        .bind(i64::try_from(entry.evicted).unwrap_or(i64::MAX))
        .bind(entry.evicted_record.as_slice())
        .execute(connection)
        .await?;
    Ok(())
}
