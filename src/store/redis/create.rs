use redis::Value;

use super::{RedisSessionStore, keys, reply::ScriptReply};
use crate::{
    domain::{Alert, LimitAction, alert::AlertGroupPosition, limits::MAX_FINDINGS_PER_LOGIN, time::millis},
    store::{
        CreateOutcome, Finding, FindingEntry, FindingTrigger, HistoryUpdate, RequestKey, SessionCreation, StoreError,
        findings::decode_alerts,
        record::{encode, encode_alert, encode_cause, encode_clock, encode_history, with_group},
    },
};

/// Implements the store's `create`: one script.
pub(super) async fn create(store: &RedisSessionStore, creation: SessionCreation) -> Result<CreateOutcome, StoreError> {
    let SessionCreation { session, history, .. } = &creation;
    let encoded = encode_findings(&creation.findings);
    let handle = session.id.handle;
    let (id, body, nonce, key) = match &creation.request {
        Some(key) => (&key.id[..], &key.body[..], &key.nonce[..], &[key.key_id][..]),
        None => Default::default(),
    };
    // The script replaces these zeros with the bucket's generation, and this node's time with its own.
    let mut call = store
        .scripts
        .create
        .call_for_user(&keys::user_keys(handle), creation.now, &session.owner.to_bytes())
        .arg(&session.id.unique[..])
        .arg(encode(&session.record, 0)?)
        .arg(&encode_clock(&session.clock, 0)[..])
        .arg(creation.limit)
        .arg(u8::from(creation.on_limit == LimitAction::Refuse))
        .arg(creation.authenticated_at.map(|at| at.get().to_string()).unwrap_or_default())
        .arg(u8::from(session.record.device.named_by_caller))
        .arg(id)
        .arg(body)
        .arg(nonce)
        .arg(key)
        .arg(encode_cause(&creation.cause))
        .arg(history.as_ref().map(|update| encode_history(&update.history)).unwrap_or_default())
        .arg(expected_version(history.as_ref()))
        .arg(history.as_ref().map_or(0, |update| millis(update.keep_for)))
        .arg(encoded.len());
    for (finding, alert) in &encoded {
        call = call.arg(&alert[..]).arg(&finding.key()[..]).arg(millis(finding.dedup_window));
        call = call.arg(u8::from(finding.trigger == FindingTrigger::Eviction));
    }
    for touch in creation.touches.iter().filter(|touch| touch.session_id.handle == handle) {
        call = call.arg(&touch.session_id.unique[..]).arg(touch.at.get());
    }
    let answer: Vec<Value> = call.run(&store.router).await?;

    let mut reply = ScriptReply::new("creating a session", answer);
    match reply.outcome()?.as_str() {
        "created" => {
            reply.number()?;
            let ended = reply.list()?.iter_mut().map(|ended| ended.ended(handle)).collect::<Result<_, _>>()?;
            let alerts = parse_raised(&mut reply, &encoded)?;
            let created_at = reply.time()?;
            let mut session = creation.session;
            session.record.set_start(created_at);
            // The script stored the same value.
            session.clock.last_active = session.clock.last_active.max(created_at);
            Ok(CreateOutcome::Created { session: Box::new(session), ended, alerts })
        }
        "repeated" => {
            let stored = reply.session(&session.owner, handle)?;
            let (nonce, [key_id]) = (reply.array()?, reply.array()?);
            let request = creation
                .request
                .ok_or_else(|| StoreError::corrupt("creating a session", "a repeated request without a request id"))?;
            Ok(CreateOutcome::Repeated { session: Box::new(stored), request: RequestKey { nonce, key_id, ..request } })
        }
        "repeated_ended" => Ok(CreateOutcome::RepeatedEnded),
        "request_reused" => Ok(CreateOutcome::RequestIdReused),
        "limit_reached" => Ok(CreateOutcome::LimitReached { live: u32::try_from(reply.number()?).unwrap_or(u32::MAX) }),
        "history_conflict" => Ok(CreateOutcome::HistoryConflict(Box::new(creation))),
        "authenticated_before_revocation" => Ok(CreateOutcome::AuthenticatedBeforeRevocation { floor: reply.time()? }),
        "collision" => Err(StoreError::HandleCollision),
        other => reply.unknown_outcome(other),
    }
}

/// Returns the findings that count, each with its stored alert.
pub(super) fn encode_findings(findings: &[Finding]) -> Vec<(&Finding, Vec<u8>)> {
    findings.iter().take(MAX_FINDINGS_PER_LOGIN).map(|finding| (finding, encode_alert(&finding.alert))).collect()
}

/// Formats the expected version for the comparison in the script; empty for any version.
fn expected_version(update: Option<&HistoryUpdate>) -> String {
    update.and_then(|update| update.expected_version).map(|version| version.to_string()).unwrap_or_default()
}

/// Parses the list of the findings that raised alerts. Returns these alerts.
pub(super) fn parse_raised(reply: &mut ScriptReply, encoded: &[(&Finding, Vec<u8>)]) -> Result<Vec<Alert>, StoreError> {
    let raised = reply.list()?;
    let size = u32::try_from(raised.len()).unwrap_or(u32::MAX);
    let places = (1..).map(|position| AlertGroupPosition { position, size });
    let entries = raised.into_iter().zip(places).map(|(raised, group)| parse_raised_entry(raised, group, encoded));
    Ok(decode_alerts(entries.collect::<Result<Vec<_>, _>>()?))
}

/// Parses the entry that the script wrote: index of the finding, count, evicted sessions, record of the first of them.
fn parse_raised_entry(
    mut raised: ScriptReply,
    group: AlertGroupPosition,
    encoded: &[(&Finding, Vec<u8>)],
) -> Result<FindingEntry, StoreError> {
    let place = usize::try_from(raised.number()?).unwrap_or(usize::MAX);
    let (_, alert) = encoded
        .get(place)
        .ok_or_else(|| StoreError::corrupt("raising findings", "unknown index of a raised finding"))?;
    let (count, evicted) = (raised.number()?, raised.number()?);
    Ok(FindingEntry { alert: with_group(alert.clone(), group), count, evicted, evicted_record: raised.bytes()? })
}
