//! The denylist: per bucket, a sorted set of digests by the time at which each denial ends.

use std::collections::BTreeMap;

use async_trait::async_trait;
use redis::Value;

use super::{RedisSessionStore, keys, reply::ScriptReply, script::ScriptCall};
use crate::{
    domain::{Bucket, DeniedJwt, JwtIdDigest, UnixMillis, event::RevocationScope, limits::MAX_DENIALS_PER_BUCKET},
    store::{
        DenialCounts, Denylist, JwtDenial, StoreError,
        record::{encode_cause, encode_denied_jwts},
    },
};

const DURING: &str = "denying JWTs";

#[async_trait]
impl Denylist for RedisSessionStore {
    /// Reads which of the JWTs are already denied, and leaves these out: a denial is never shortened, so they stay
    /// denied. Then the script denies those of one bucket and appends the event, and after that those of every other
    /// bucket in one round trip to each server.
    async fn deny(&self, denial: JwtDenial) -> Result<DenialCounts, StoreError> {
        let requested = denial.jwts.len();
        let live: Vec<_> = denial.jwts.iter().filter(|jwt| jwt.expires_at > denial.now).collect();
        let digests: Vec<_> = live.iter().map(|jwt| jwt.digest).collect();
        let stored = self.find_denials(&digests).await?;
        let is_new = |(jwt, ends_at): &(&DeniedJwt, Option<UnixMillis>)| ends_at.is_none_or(|at| at < jwt.expires_at);
        let new: Vec<_> = live.iter().copied().zip(stored).filter(is_new).map(|(jwt, _)| jwt).collect();
        let mut counts = DenialCounts {
            denied: 0,
            already_denied: count(live.len() - new.len()),
            expired: count(requested - live.len()),
        };

        let mut buckets: BTreeMap<Bucket, Vec<&DeniedJwt>> = BTreeMap::new();
        for jwt in &new {
            buckets.entry(jwt.digest.bucket()).or_default().push(jwt);
        }
        let total = buckets.len();
        let mut calls = buckets.into_iter();
        let Some((bucket, jwts)) = calls.next() else { return Ok(counts) };
        let event = DenialEvent { denial: &denial, jwts: &new, has_others: total > 1 };
        let first = self.deny_call(bucket, &jwts, denial.now, Some(event));
        counts = counts.plus(decode_counts(first.run(&self.router).await?)?);

        let others = calls.map(|(bucket, jwts)| self.deny_call(bucket, &jwts, denial.now, None));
        let answers = self.scripts.deny.run_many::<Vec<Value>>(&self.router, others).await;
        let mut failed = Vec::new();
        for answer in answers {
            match answer.and_then(decode_counts) {
                Ok(denied) => counts = counts.plus(denied),
                Err(error) => failed.push(error),
            }
        }
        if failed.is_empty() {
            return Ok(counts);
        }
        let partial =
            StoreError::PartiallyDenied { reached: bucket_count(total - failed.len()), total: bucket_count(total) };
        let does_not_pass = |error: &StoreError| {
            matches!(error, StoreError::Corrupt { .. } | StoreError::DenylistFull { .. } | StoreError::Binding { .. })
        };
        Err(failed.into_iter().find(does_not_pass).unwrap_or(partial))
    }

    async fn find_denials(&self, ids: &[JwtIdDigest]) -> Result<Vec<Option<UnixMillis>>, StoreError> {
        let mut buckets: BTreeMap<Bucket, Vec<usize>> = BTreeMap::new();
        for (index, id) in ids.iter().enumerate() {
            buckets.entry(id.bucket()).or_default().push(index);
        }
        let calls = buckets.iter().map(|(bucket, indices)| {
            let call = self.scripts.find_denials.call_for_installation(&[keys::denylist(*bucket), keys::meta(*bucket)]);
            indices.iter().fold(call, |call, &index| call.arg(&ids[index].0[..]))
        });
        let answers = self.scripts.find_denials.run_many::<Vec<Option<u64>>>(&self.router, calls).await;
        let mut found = vec![None; ids.len()];
        for (indices, answer) in buckets.values().zip(answers) {
            for (&index, ends_at) in indices.iter().zip(answer?) {
                found[index] = ends_at.map(UnixMillis::new);
            }
        }
        Ok(found)
    }
}

/// The event of a denial.
#[derive(Clone, Copy)]
struct DenialEvent<'a> {
    denial: &'a JwtDenial,
    jwts: &'a [&'a DeniedJwt],
    /// True if JWTs of other buckets are denied as well.
    has_others: bool,
}

impl RedisSessionStore {
    fn deny_call(
        &self,
        bucket: Bucket,
        jwts: &[&DeniedJwt],
        now: UnixMillis,
        event: Option<DenialEvent<'_>>,
    ) -> ScriptCall<'_> {
        let keys = [keys::denylist(bucket), keys::outbox(bucket), keys::meta(bucket)];
        let call = self.scripts.deny.call_at(&keys, now).arg(MAX_DENIALS_PER_BUCKET);
        let call = call.arg(u8::from(event.is_some_and(|event| event.has_others)));
        let call = match event {
            Some(DenialEvent { denial, jwts, .. }) => {
                let audited: Vec<_> = jwts.iter().map(|jwt| jwt.audited()).collect();
                call.arg(&denial.event.0[..])
                    .arg(RevocationScope::Tenant(denial.tenant.clone()).to_bytes())
                    .arg(encode_denied_jwts(audited.iter()))
                    .arg(encode_cause(&denial.cause))
            }
            None => (0..4).fold(call, |call, _| call.arg("")),
        };
        jwts.iter().fold(call, |call, jwt| call.arg(&jwt.digest.0[..]).arg(jwt.expires_at.get()))
    }
}

fn decode_counts(reply: Vec<Value>) -> Result<DenialCounts, StoreError> {
    let mut reply = ScriptReply::new(DURING, reply);
    match reply.outcome()?.as_str() {
        "denied" => {
            let mut next = || reply.number().map(|number| u32::try_from(number).unwrap_or(u32::MAX));
            Ok(DenialCounts { denied: next()?, already_denied: next()?, expired: next()? })
        }
        "full" => Err(StoreError::DenylistFull { limit: MAX_DENIALS_PER_BUCKET }),
        other => reply.unknown_outcome(other),
    }
}

fn count(jwts: usize) -> u32 {
    u32::try_from(jwts).unwrap_or(u32::MAX)
}

fn bucket_count(buckets: usize) -> u16 {
    u16::try_from(buckets).unwrap_or(u16::MAX)
}
