//! The stream of alerts in Redis. Findings lie with their bucket and alerts apart from all of them, maybe on
//! another server: so a finding is copied first and removed when that was answered.

use std::time::Duration;

use async_trait::async_trait;
use redis::{Value, streams::StreamRangeReply};

use super::{
    RedisSessionStore,
    binding::{INSTALLATION, check_installation, read_bound},
    forgotten_alerts, keys,
    listener::listen,
    outbox::reached,
    request::Request,
    slot::Slot,
};
use crate::{
    domain::{Bucket, Owner, UnixMillis, time::millis},
    store::{
        AlertMessages, AlertPage, AlertPosition, AlertStream, BucketClaim, FindingEntry, Forwarded, Keep, StoreError,
        StreamedAlert, Waiting,
    },
};

const READING: &str = "reading alerts";

#[async_trait]
impl AlertStream for RedisSessionStore {
    /// While some servers of a Cluster cannot be reached, what waits on the others.
    async fn waiting(&self) -> Result<Waiting, StoreError> {
        const DURING: &str = "looking for findings";
        let lengths: Vec<_> = Bucket::all().map(|bucket| Request::on("XLEN", &keys::findings(bucket))).collect();
        let lengths = reached(self.router.each_as::<u64>(DURING, &lengths).await)?;
        let waits = Bucket::all().zip(&lengths).filter(|(_, length)| length.is_some_and(|length| length > 0));
        let buckets: Vec<_> = waits.map(|(bucket, _)| bucket).collect();
        if buckets.is_empty() {
            return Ok(Waiting::default());
        }
        let heads: Vec<_> = buckets.iter().map(|bucket| head(*bucket, 1)).collect();
        let heads = reached(self.router.each_as::<StreamRangeReply>(DURING, &heads).await)?;
        // A stream id begins with the server's time in milliseconds.
        let firsts = heads.iter().flatten().filter_map(|head| head.ids.first()?.id.parse::<AlertPosition>().ok());
        let oldest = firsts.min().map(|id| UnixMillis::new(id.major));
        Ok(Waiting { buckets, findings: lengths.into_iter().flatten().sum(), oldest })
    }

    async fn forward(&self, bucket: Bucket, limit: usize, keep: Keep) -> Result<Forwarded, StoreError> {
        forward(self, bucket, None, limit, keep).await
    }

    async fn read(&self, after: AlertPosition, limit: usize) -> Result<AlertPage, StoreError> {
        let mut pipe = redis::pipe();
        pipe.cmd("HGET").arg(keys::last_alert()).arg("p");
        pipe.cmd("XRANGE").arg(keys::alerts()).arg(format!("({after}")).arg("+").arg("COUNT").arg(limit);
        pipe.cmd("HGET").arg(keys::alerts_meta()).arg(INSTALLATION);
        let (newest, found, installation): (Option<String>, StreamRangeReply, Option<String>) =
            self.router.in_order(READING, Slot::of(&keys::alerts()), pipe).await?;
        check_installation(READING, installation.as_deref(), self.router.options.installation)?;
        let newest = newest.map_or(Ok(AlertPosition::START), |newest| newest.parse())?;
        let alerts = found.ids.into_iter().map(|mut entry| {
            let previous = text_of(&mut entry.map, "p");
            streamed(&entry.id, &previous, bytes_of(&mut entry.map, "a"))
        });
        let alerts = alerts.collect::<Result<Vec<_>, _>>()?;
        let mut before = alerts.first().map_or(newest, |first| first.previous);
        if before > after {
            before = forgotten_alerts::seen_through(self, after, before).await?;
        }
        Ok(AlertPage { newest, before, alerts })
    }

    async fn newest(&self) -> Result<AlertPosition, StoreError> {
        let mut pipe = redis::pipe();
        pipe.cmd("HGET").arg(keys::last_alert()).arg("p");
        pipe.cmd("HGET").arg(keys::alerts_meta()).arg(INSTALLATION);
        let (newest, installation): (Option<String>, Option<String>) =
            self.router.in_order(READING, Slot::of(&keys::alerts()), pipe).await?;
        check_installation(READING, installation.as_deref(), self.router.options.installation)?;
        newest.map_or(Ok(AlertPosition::START), |newest| newest.parse())
    }

    async fn forget(&self, owner: &Owner) -> Result<u64, StoreError> {
        forgotten_alerts::forget(self, owner).await
    }

    fn before(&self, position: AlertPosition, span: Duration) -> AlertPosition {
        AlertPosition { major: position.major.saturating_sub(millis(span)), minor: 0 }
    }

    async fn listen(&self) -> Result<AlertMessages, StoreError> {
        listen(&self.router).await
    }
}

/// The store's `forward`. The claim decides when the findings are removed; what was appended by then is not appended again.
pub(super) async fn forward(
    store: &RedisSessionStore,
    bucket: Bucket,
    claim: Option<BucketClaim>,
    limit: usize,
    keep: Keep,
) -> Result<Forwarded, StoreError> {
    const READING: &str = "reading findings";
    let found = read_bound::<StreamRangeReply>(READING, store, &[bucket], |bucket| head(bucket, limit)).await?;
    let found = found.into_iter().flatten().next().unwrap_or_default();
    if found.ids.is_empty() {
        return Ok(Forwarded::default());
    }
    let (mut ids, mut unreadable) = (Vec::new(), 0);
    let mut append = store.scripts.append_alerts.call(&keys::of_alerts());
    append = append.arg(keys::ALERTS_CHANNEL).arg(keep.alerts).arg(millis(keep.age));
    append = append.arg(keep.archived.map(|position| position.to_string()).unwrap_or_default());
    for mut entry in found.ids {
        let (id, bytes, read) = finding_of(&mut entry.map).to_streamed();
        if let Err(error) = read {
            unreadable += 1;
            tracing::error!(%bucket, entry = entry.id, %error, "a finding cannot be read; it is passed on as it is");
        }
        append = append.arg(&id.0[..]).arg(bytes);
        ids.push(entry.id);
    }
    let alerts = append.run(&store.router).await?;
    let remove = store.scripts.delete_entries.call_bound(&[keys::findings(bucket), keys::meta(bucket)]);
    let remove = remove.arg(claim.map(|claim| claim.to_string()).unwrap_or_default()).arg(ids);
    let left: u64 = remove.run(&store.router).await?;
    Ok(Forwarded { alerts, unreadable, more: left > 0 })
}

/// The oldest findings of a bucket.
fn head(bucket: Bucket, limit: usize) -> Request<'static> {
    Request::on("XRANGE", &keys::findings(bucket)).arg("-").arg("+").arg("COUNT").arg(limit)
}

/// What is published of an alert: its position, the one before, and the stored alert, a space between them.
pub(super) fn published(message: &[u8]) -> Result<StreamedAlert, StoreError> {
    let mut parts = message.splitn(3, |byte| *byte == b' ');
    let mut part = || parts.next().unwrap_or_default();
    let (position, previous, alert) = (part(), part(), part());
    streamed(&String::from_utf8_lossy(position), &String::from_utf8_lossy(previous), alert.to_vec())
}

fn streamed(position: &str, previous: &str, alert: Vec<u8>) -> Result<StreamedAlert, StoreError> {
    Ok(StreamedAlert::of(position.parse()?, previous.parse()?, alert))
}

pub(super) type Fields = std::collections::HashMap<String, Value>;

fn finding_of(fields: &mut Fields) -> FindingEntry {
    let number = |bytes: Vec<u8>| std::str::from_utf8(&bytes).ok().and_then(|text| text.parse().ok());
    FindingEntry {
        alert: bytes_of(fields, "a"),
        count: number(bytes_of(fields, "n")).unwrap_or(1),
        evicted: number(bytes_of(fields, "x")).unwrap_or_default(),
        evicted_record: bytes_of(fields, "r"),
    }
}

pub(super) fn text_of(fields: &mut Fields, name: &str) -> String {
    String::from_utf8_lossy(&bytes_of(fields, name)).into_owned()
}

pub(super) fn bytes_of(fields: &mut Fields, name: &str) -> Vec<u8> {
    match fields.remove(name) {
        Some(Value::BulkString(bytes)) => bytes,
        _ => Vec::new(),
    }
}
