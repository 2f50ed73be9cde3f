//! Recent failures of authentication: per bucket, a hash of records and a sorted set with their order of removal, for
//! users and for networks.

use async_trait::async_trait;
use redis::Value;
use redis_cluster::RedisRequest;

use super::{
    RedisSessionStore,
    create::{encode_findings, parse_raised},
    keys,
    reply::ScriptReply,
};
use crate::{
    domain::{
        Alert, UnixMillis, UserHandle,
        alert::AlertGroupPosition,
        failures::{FailureRecord, FailureSubject},
        time::millis,
    },
    store::{
        FailureFindings, FailureReport, FailureStore, FindingEntry, StoreError, UserFindings,
        failures::decode_or_default,
        findings::decode_alerts,
        outbox::OutboxEntry,
        record::{encode_alert, encode_failure, with_group},
    },
};

#[async_trait]
impl FailureStore for RedisSessionStore {
    async fn record_failure(&self, report: FailureReport) -> Result<FailureRecord, StoreError> {
        let FailureReport { now, subject, handle, failure, event, limit } = report;
        let bucket = handle.bucket();
        let [records, scores] = keys::failures(bucket, subject);
        let entry = event.as_ref().and_then(OutboxEntry::from_auth_failure).unwrap_or_default();
        let answer: Vec<Value> = self
            .scripts
            .record_failure
            .call_at(&[records, scores, keys::outbox(bucket), keys::meta(bucket)], now)
            .arg(&handle.0[..])
            .arg(subject.capacity())
            .arg(limit)
            .arg(&encode_failure(&failure)[..])
            .arg(u8::from(failure.counts_towards_throttle()))
            .arg(entry.reason)
            .arg(entry.subject)
            .arg(entry.owner)
            .arg(entry.record)
            .arg(entry.cause)
            .run(&self.router)
            .await?;
        parse_record("recording a failure", answer)
    }

    async fn record_success(&self, handle: UserHandle, now: UnixMillis) -> Result<FailureRecord, StoreError> {
        // Few users have failures, and a read costs Redis less than a script.
        let known = self.load_record(FailureSubject::User, handle).await?;
        if known.is_none() {
            return Ok(FailureRecord::default());
        }
        let bucket = handle.bucket();
        let [records, _] = keys::failures(bucket, FailureSubject::User);
        let call = self.scripts.record_success.call_at(&[records, keys::meta(bucket)], now).arg(&handle.0[..]);
        parse_record("recording a success", call.run(&self.router).await?)
    }

    async fn load_failures(&self, subject: FailureSubject, handle: UserHandle) -> Result<FailureRecord, StoreError> {
        Ok(decode_or_default(&self.load_record(subject, handle).await?.unwrap_or_default()))
    }

    async fn raise_findings(&self, findings: FailureFindings) -> Result<Vec<Alert>, StoreError> {
        let FailureFindings { now, subject, handle, findings } = findings;
        let bucket = handle.bucket();
        let [records, _] = keys::failures(bucket, subject);
        let keys = [records, keys::findings(bucket), keys::meta(bucket)];
        let alerts: Vec<_> = findings.iter().map(|finding| encode_alert(&finding.alert)).collect();
        let mut call = self.scripts.raise_findings.call_at(&keys, now).arg(&handle.0[..]);
        for (finding, alert) in findings.iter().zip(&alerts) {
            call = call.arg(finding.slot).arg(millis(finding.dedup_window)).arg(&alert[..]);
        }
        let answer: Vec<Value> = call.run(&self.router).await?;
        let mut reply = ScriptReply::new("raising findings", answer);
        match reply.outcome()?.as_str() {
            "raised" => {
                let raised = reply.list()?;
                let size = u32::try_from(raised.len()).unwrap_or(u32::MAX);
                let entries = raised.into_iter().zip(1..).map(|(mut raised, position)| {
                    let index = usize::try_from(raised.number()?).unwrap_or(usize::MAX);
                    let alert = alerts
                        .get(index)
                        .ok_or_else(|| StoreError::corrupt("raising findings", "unknown index of a finding"))?;
                    let alert = with_group(alert.clone(), AlertGroupPosition { position, size });
                    Ok(FindingEntry { alert, count: raised.number()?, ..FindingEntry::default() })
                });
                Ok(decode_alerts(entries.collect::<Result<Vec<_>, StoreError>>()?))
            }
            other => reply.unknown_outcome(other),
        }
    }

    async fn raise_user_findings(&self, findings: UserFindings) -> Result<Vec<Alert>, StoreError> {
        let UserFindings { now, owner, handle, findings } = findings;
        let encoded = encode_findings(&findings);
        let keys = keys::user_keys(handle);
        let mut call = self.scripts.raise_user_findings.call_for_user(&keys, now, &owner.to_bytes());
        for (finding, alert) in &encoded {
            call = call.arg(&alert[..]).arg(&finding.key()[..]).arg(millis(finding.dedup_window));
        }
        let answer: Vec<Value> = call.run(&self.router).await?;
        let mut reply = ScriptReply::new("raising findings", answer);
        match reply.outcome()?.as_str() {
            "raised" => parse_raised(&mut reply, &encoded),
            "collision" => Err(StoreError::HandleCollision),
            other => reply.unknown_outcome(other),
        }
    }

    async fn delete_failures(&self, handle: UserHandle) -> Result<(), StoreError> {
        let [records, scores] = keys::failures(handle.bucket(), FailureSubject::User);
        let requests = [
            RedisRequest::new("HDEL", &records).arg(&handle.0[..]),
            RedisRequest::new("ZREM", &scores).arg(&handle.0[..]),
        ];
        self.router.query_all::<u64>("removing failures", &requests).await?;
        Ok(())
    }
}

impl RedisSessionStore {
    /// Returns the encoded failures, if there are any.
    async fn load_record(&self, subject: FailureSubject, handle: UserHandle) -> Result<Option<Vec<u8>>, StoreError> {
        let [records, _] = keys::failures(handle.bucket(), subject);
        let request = RedisRequest::new("HGET", &records).arg(&handle.0[..]);
        Ok(self.router.query("reading failures", request).await?)
    }
}

fn parse_record(during: &'static str, answer: Vec<Value>) -> Result<FailureRecord, StoreError> {
    let mut reply = ScriptReply::new(during, answer);
    match reply.outcome()?.as_str() {
        "recorded" => Ok(decode_or_default(&reply.bytes()?)),
        other => reply.unknown_outcome(other),
    }
}
