//! The answers to alerts, each remembered so that a repeat finds it.

use sqlx::SqliteConnection;

use super::{findings, outbox, remembered, transaction::EngineError, users::UserEntry};
use crate::{
    domain::{
        EndReason, EventKind, SessionId, UnixMillis, UserHandle,
        alert::{AlertId, AlertVerdict},
        event::RevocationScope,
        limits,
    },
    sqlite::{count, integer},
    store::{
        AlertAnswer, AnswerOutcome, StoreError,
        outbox::OutboxEntry,
        record,
        rules::liveness::{EndingDetails, SessionHead},
    },
};

/// Records an answer. All decisions precede the first write, so an answer that is not recorded changes nothing.
pub(super) async fn answer_alert(
    connection: &mut SqliteConnection,
    answer: AlertAnswer,
) -> Result<AnswerOutcome, EngineError> {
    let AlertAnswer { now, owner, handle, acknowledged, session, history, alert, revocation, cause } = answer;
    let user = UserEntry::find_or_new(connection, handle, &owner).await?;
    let verdict = acknowledged.verdict;
    let known = find_answer(connection, handle, acknowledged.alert, now).await?;
    let mut session_ids = Vec::new();
    if let Some(known) = known {
        if known.verdict.includes(verdict) {
            return Ok(AnswerOutcome::Repeated { session_ids: known.session_ids });
        }
        if !known.verdict.may_become(verdict) {
            return Ok(AnswerOutcome::Conflicting(known.verdict));
        }
        session_ids = known.session_ids;
    }
    let (version, _) = findings::load_history(connection, handle).await?;
    if history.expected_version.is_some_and(|expected| expected != version) {
        return Ok(AnswerOutcome::HistoryConflict);
    }
    let sessions = user.partition_sessions(connection, &[], now).await?;
    let ends_all = verdict == (AlertVerdict::WasNotMe { ends_all: true });
    let ends = |head: &SessionHead| match verdict {
        AlertVerdict::WasMe => false,
        AlertVerdict::WasNotMe { ends_all } => ends_all || session == Some(user.session_id(head)),
    };
    let (leaving, remaining): (Vec<_>, Vec<_>) = sessions.live.into_iter().partition(ends);

    findings::put_history(connection, handle, version, &history, now).await?;
    if verdict != AlertVerdict::WasMe {
        findings::reset_deduplication(connection, handle).await?;
    }
    let over = user.end(connection, sessions.ended, now).await?;
    let reason = if ends_all { EndReason::RevokedAll } else { EndReason::Revoked };
    let ending = EndingDetails { reason, at: now, cause: cause.clone(), is_mass_revocation: false };
    let ended = user.end_all(connection, leaving.into_iter().rev(), &ending).await?;
    if !over.is_empty() || !ended.is_empty() {
        user.update_or_remove(connection, &remaining).await?;
    }
    if ends_all {
        remembered::raise_floor(connection, handle, now).await?;
        let scope = RevocationScope::User(owner.clone());
        let entry = outbox::new_scope_entry(EventKind::RevokedAll, revocation, &scope, now, &cause);
        outbox::append(connection, handle.bucket(), &entry).await?;
    }
    session_ids.extend(ended.iter().map(|ended| ended.session_id));
    put_answer(connection, handle, acknowledged.alert, &RecordedAnswer { verdict, session_ids }, now).await?;
    let entry = OutboxEntry::from_acknowledgement(&owner, session, acknowledged);
    let entry = OutboxEntry { at: now.get(), cause: record::encode_cause(&cause), ..entry };
    outbox::append(connection, handle.bucket(), &entry).await?;
    let alerts = findings::raise_alert(connection, handle, &alert).await?;
    Ok(AnswerOutcome::Recorded { ended, alerts })
}

/// An answer, with the sessions that it ended.
struct RecordedAnswer {
    verdict: AlertVerdict,
    session_ids: Vec<SessionId>,
}

async fn find_answer(
    connection: &mut SqliteConnection,
    handle: UserHandle,
    alert: AlertId,
    now: UnixMillis,
) -> Result<Option<RecordedAnswer>, EngineError> {
    let row: Option<(u8, Vec<u8>)> =
        sqlx::query_as("SELECT verdict, ended FROM answers WHERE handle = ?1 AND alert_id = ?2 AND made_at >= ?3")
            .bind(&handle.0[..])
            .bind(&alert.0[..])
            .bind(integer(now.minus(limits::ANSWER_RETENTION)))
            .fetch_optional(connection)
            .await?;
    let Some((verdict, ended)) = row else { return Ok(None) };
    let verdict = AlertVerdict::from_code(verdict);
    let (uniques, _) = ended.as_chunks::<{ SessionId::UNIQUE_BYTES }>();
    Ok(Some(RecordedAnswer {
        verdict: verdict.ok_or_else(|| StoreError::corrupt("reading an answer", "unknown verdict"))?,
        session_ids: uniques.iter().map(|unique| SessionId { handle, unique: *unique }).collect(),
    }))
}

/// Stores an answer, and deletes all but the newest answers of the user.
async fn put_answer(
    connection: &mut SqliteConnection,
    handle: UserHandle,
    alert: AlertId,
    answer: &RecordedAnswer,
    now: UnixMillis,
) -> Result<(), EngineError> {
    sqlx::query(
        "INSERT OR REPLACE INTO answers (handle, alert_id, verdict, ended, made_at) VALUES (?1, ?2, ?3, ?4, ?5)",
    )
    .bind(&handle.0[..])
    .bind(&alert.0[..])
    .bind(answer.verdict.code())
    .bind(answer.session_ids.iter().flat_map(|id| id.unique).collect::<Vec<u8>>())
    .bind(integer(now))
    .execute(&mut *connection)
    .await?;
    sqlx::query(
        "DELETE FROM answers
         WHERE handle = ?1 AND alert_id IN (
             SELECT alert_id FROM answers WHERE handle = ?1 ORDER BY made_at DESC, alert_id DESC LIMIT -1 OFFSET ?2
         )",
    )
    .bind(&handle.0[..])
    .bind(count(limits::MAX_ANSWERS_PER_USER))
    .execute(connection)
    .await?;
    Ok(())
}
