//! The alert stream in Redis. Findings are stored in their bucket, and alerts apart from all buckets, possibly on
//! another server. So a finding is copied first, and removed once the copy has been acknowledged.

use std::time::Duration;

use async_trait::async_trait;
use redis::streams::StreamRangeReply;
use redis_cluster::{HashSlot, RedisRequest};

use super::{
    RedisSessionStore,
    alert_entry::{parse_finding, parse_published, parse_streamed, take_bytes, take_text},
    binding::{INSTALLATION, check_installation, read_bound},
    forgotten_alerts, keys,
    outbox::keep_reachable,
};
use crate::{
    domain::{Bucket, Owner, UnixMillis, alert::AlertId, time::millis},
    store::{
        AlertMessages, AlertPage, AlertPosition, AlertRetention, AlertStream, BucketClaim, ForwardOutcome,
        PendingFindings, StoreError, StreamedAlert, record::AlertOutline,
    },
};

const READING: &str = "reading alerts";

#[async_trait]
impl AlertStream for RedisSessionStore {
    /// Returns the pending findings of the servers that are reachable, if some servers of a Cluster are not.
    async fn pending_findings(&self) -> Result<PendingFindings, StoreError> {
        const DURING: &str = "reading findings lengths";
        let lengths: Vec<_> = Bucket::all().map(|bucket| RedisRequest::new("XLEN", &keys::findings(bucket))).collect();
        let lengths = keep_reachable(self.router.query_each::<u64>(DURING, &lengths).await)?;
        let waits = Bucket::all().zip(&lengths).filter(|(_, length)| length.is_some_and(|length| length > 0));
        let buckets: Vec<_> = waits.map(|(bucket, _)| bucket).collect();
        if buckets.is_empty() {
            return Ok(PendingFindings::default());
        }
        let heads: Vec<_> = buckets.iter().map(|bucket| oldest_findings(*bucket, 1)).collect();
        let heads = keep_reachable(self.router.query_each::<StreamRangeReply>(DURING, &heads).await)?;
        // A stream ID begins with the server's time in milliseconds.
        let firsts = heads.iter().flatten().filter_map(|head| head.ids.first()?.id.parse::<AlertPosition>().ok());
        let oldest = firsts.min().map(|id| UnixMillis::new(id.major));
        Ok(PendingFindings { buckets, findings: lengths.into_iter().flatten().sum(), oldest })
    }

    async fn forward(&self, bucket: Bucket, limit: usize, keep: AlertRetention) -> Result<ForwardOutcome, StoreError> {
        forward(self, bucket, None, limit, keep).await
    }

    async fn read(&self, after: AlertPosition, limit: usize) -> Result<AlertPage, StoreError> {
        let mut pipe = redis::pipe();
        pipe.cmd("HGET").arg(keys::last_alert()).arg("p");
        pipe.cmd("XRANGE").arg(keys::alerts()).arg(format!("({after}")).arg("+").arg("COUNT").arg(limit);
        pipe.cmd("HGET").arg(keys::alerts_meta()).arg(INSTALLATION);
        let (newest, found, installation): (Option<String>, StreamRangeReply, Option<String>) =
            self.router.query_in_order(READING, HashSlot::from_key(&keys::alerts()), pipe).await?;
        check_installation(READING, installation.as_deref(), self.installation)?;
        let newest = newest.map_or(Ok(AlertPosition::START), |newest| newest.parse())?;
        let alerts = found.ids.into_iter().map(|mut entry| {
            let previous = take_text(&mut entry.map, "p");
            parse_streamed(&entry.id, &previous, take_bytes(&mut entry.map, "a"))
        });
        let alerts = alerts.collect::<Result<Vec<_>, _>>()?;
        let mut preceding = alerts.first().map_or(newest, |first| first.previous);
        if preceding > after {
            preceding = forgotten_alerts::skip_forgotten(self, after, preceding).await?;
        }
        Ok(AlertPage { newest, preceding, alerts })
    }

    async fn find(&self, id: AlertId) -> Result<Option<StreamedAlert>, StoreError> {
        let find = RedisRequest::new("ZSCORE", &keys::alert_ids()).arg(&id.0[..]);
        let Some(at) = self.router.query::<Option<f64>>(READING, find).await? else { return Ok(None) };
        // The stream has few alerts of one millisecond.
        let at = format!("{at:.0}");
        let range = RedisRequest::new("XRANGE", &keys::alerts()).arg(at.as_str()).arg(at.as_str());
        let found: StreamRangeReply = self.router.query(READING, range).await?;
        for mut entry in found.ids {
            let bytes = take_bytes(&mut entry.map, "a");
            if AlertOutline::from_bytes(&bytes).id == id {
                return parse_streamed(&entry.id, &take_text(&mut entry.map, "p"), bytes).map(Some);
            }
        }
        Ok(None)
    }

    async fn newest(&self) -> Result<AlertPosition, StoreError> {
        let mut pipe = redis::pipe();
        pipe.cmd("HGET").arg(keys::last_alert()).arg("p");
        pipe.cmd("HGET").arg(keys::alerts_meta()).arg(INSTALLATION);
        let (newest, installation): (Option<String>, Option<String>) =
            self.router.query_in_order(READING, HashSlot::from_key(&keys::alerts()), pipe).await?;
        check_installation(READING, installation.as_deref(), self.installation)?;
        newest.map_or(Ok(AlertPosition::START), |newest| newest.parse())
    }

    async fn delete_user_alerts(&self, owner: &Owner) -> Result<u64, StoreError> {
        forgotten_alerts::forget(self, owner).await
    }

    fn position_before(&self, position: AlertPosition, span: Duration) -> AlertPosition {
        AlertPosition { major: position.major.saturating_sub(millis(span)), minor: 0 }
    }

    async fn listen(&self) -> Result<AlertMessages, StoreError> {
        let channels = [keys::ALERTS_CHANNEL.to_owned()];
        let parse = |message: &[u8]| Some(parse_published(message));
        let alerts = self.router.subscribe("subscribing to alerts", &keys::alerts(), &channels, parse).await?;
        Ok(Box::pin(alerts))
    }
}

/// Implements the store's `forward`. The claim is compared when the findings are removed. Alerts that were appended by
/// then are not appended again.
pub(super) async fn forward(
    store: &RedisSessionStore,
    bucket: Bucket,
    claim: Option<BucketClaim>,
    limit: usize,
    keep: AlertRetention,
) -> Result<ForwardOutcome, StoreError> {
    const READING: &str = "reading findings";
    let found =
        read_bound::<StreamRangeReply>(READING, store, &[bucket], |bucket| oldest_findings(bucket, limit)).await?;
    let found = found.into_iter().flatten().next().unwrap_or_default();
    if found.ids.is_empty() {
        return Ok(ForwardOutcome::default());
    }
    let (mut ids, mut unreadable) = (Vec::new(), 0);
    let mut append = store.scripts.append_alerts.call(&keys::alert_script_keys());
    append = append.arg(keys::ALERTS_CHANNEL).arg(keep.alerts).arg(millis(keep.age));
    append = append.arg(keep.archived.map(|position| position.to_string()).unwrap_or_default());
    for mut entry in found.ids {
        let (id, bytes, read) = parse_finding(&mut entry.map).to_streamed();
        if let Err(error) = read {
            unreadable += 1;
            tracing::error!(%bucket, entry = entry.id, %error, "failed to decode a finding; forwarding it unchanged");
        }
        append = append.arg(&id.0[..]).arg(bytes);
        ids.push(entry.id);
    }
    let alerts = append.run(&store.router).await?;
    let remove = store.scripts.delete_entries.call_for_installation(&[keys::findings(bucket), keys::meta(bucket)]);
    let remove = remove.arg(claim.map(|claim| claim.to_string()).unwrap_or_default()).arg(ids);
    let left: u64 = remove.run(&store.router).await?;
    Ok(ForwardOutcome { alerts, unreadable, has_more: left > 0 })
}

/// Reads the oldest findings of a bucket.
fn oldest_findings(bucket: Bucket, limit: usize) -> RedisRequest<'static> {
    RedisRequest::new("XRANGE", &keys::findings(bucket)).arg("-").arg("+").arg("COUNT").arg(limit)
}
