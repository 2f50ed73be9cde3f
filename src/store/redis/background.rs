//! The division of background work among nodes, in Redis.

use std::{collections::BTreeMap, time::Duration};

use async_trait::async_trait;
use redis::Value;
use redis_cluster::{RedisRequest, decode_answer};

use super::{RedisSessionStore, alerts, bucket_status, keys, notifications, outbox, sweep};
use crate::{
    domain::{Bucket, BucketSet, UnixMillis, time::millis},
    store::{
        AlertRetention, BackgroundStore, BucketClaim, BucketClaims, BucketStatus, ForwardOutcome, HeartbeatResponse,
        LiveNode, NodeId, NodeReport, NotificationStream, OutboxDeletion, OutboxPosition, QueueLength, StoreError,
        SweepOutcome,
    },
};

/// The time for which a heartbeat counts: more than twice the pause between two, and less than the time after which
/// another node should take over.
const HEARTBEAT_TTL: Duration = Duration::from_secs(5);

/// Maximum number of nodes that share one store. Each adds about 150 bytes to the data that every heartbeat reads.
const MAX_NODES: u64 = 256;

const WRITING_HEARTBEAT: &str = "writing a heartbeat";

#[async_trait]
impl BackgroundStore for RedisSessionStore {
    async fn heartbeat(&self, node: NodeId, report: &NodeReport) -> Result<HeartbeatResponse, StoreError> {
        let call = self.scripts.heartbeat.call_for_installation(&[keys::nodes(), keys::alerts_meta()]);
        let call = call.arg(node.to_string()).arg(millis(HEARTBEAT_TTL)).arg(MAX_NODES).arg(keys::NODES_CHANNEL);
        let answer: Vec<Value> = call.arg(report.to_string()).run(&self.router).await?;
        let mut parts = answer.into_iter();
        let was_alive = match parts.next() {
            Some(Value::Int(was_alive)) => was_alive == 1,
            _ => {
                return Err(StoreError::corrupt(
                    WRITING_HEARTBEAT,
                    format!("more than {MAX_NODES} nodes share the store"),
                ));
            }
        };
        let others: Vec<String> = decode_answer(WRITING_HEARTBEAT, parts.next().unwrap_or(Value::Nil))?;
        let (others, _) = others.as_chunks::<2>();
        let live = |[id, report]: &[String; 2]| {
            Some(LiveNode { id: NodeId::from_hex(id)?, report: NodeReport::parse(report) })
        };
        Ok(HeartbeatResponse { was_alive, others: others.iter().filter_map(live).collect() })
    }

    async fn leave(&self, node: NodeId) -> Result<(), StoreError> {
        const DURING: &str = "removing a heartbeat";
        let remove = RedisRequest::new("HDEL", &keys::nodes()).arg(node.to_string());
        let _: u64 = self.router.query(DURING, remove).await?;
        let mut publish = redis::cmd("PUBLISH");
        publish.arg(keys::NODES_CHANNEL).arg("n");
        let publish = RedisRequest::with_command(publish, &keys::nodes());
        self.router.query::<u64>(DURING, publish).await?;
        Ok(())
    }

    async fn claim(&self, node: NodeId, buckets: BucketSet) -> Result<Vec<BucketClaim>, StoreError> {
        let calls = buckets
            .iter()
            .map(|bucket| self.scripts.claim.call_for_installation(&[keys::meta(bucket)]).arg(node.to_string()));
        let epochs = outbox::keep_reachable(self.scripts.claim.run_many::<u64>(&self.router, calls).await)?;
        let claim = |(bucket, epoch): (Bucket, Option<u64>)| Some(BucketClaim { bucket, node, epoch: epoch? });
        Ok(buckets.iter().zip(epochs).filter_map(claim).collect())
    }

    async fn inspect(&self, buckets: BucketSet, now: UnixMillis) -> Result<Vec<BucketStatus>, StoreError> {
        bucket_status::inspect(self, buckets, now).await
    }

    async fn outbox_lengths(&self, buckets: BucketSet) -> Result<Vec<QueueLength>, StoreError> {
        bucket_status::queue_lengths(self, "measuring the outbox", buckets, keys::outbox).await.into_iter().collect()
    }

    async fn findings_lengths(&self, buckets: BucketSet) -> Result<Vec<QueueLength>, StoreError> {
        let lengths = bucket_status::queue_lengths(self, "reading findings lengths", buckets, keys::findings).await;
        Ok(outbox::keep_reachable(lengths)?.into_iter().flatten().collect())
    }

    async fn delete_relayed(
        &self,
        positions: &[OutboxPosition],
        claims: &BucketClaims,
    ) -> Result<OutboxDeletion, StoreError> {
        let mut entries: BTreeMap<Bucket, Vec<&str>> = BTreeMap::new();
        for position in positions {
            entries.entry(position.bucket).or_default().push(&position.entry);
        }
        let lost: BucketSet = entries.keys().filter(|bucket| !claims.contains_key(bucket)).copied().collect();
        let mut deleted = OutboxDeletion { lost, empty: BucketSet::EMPTY };
        entries.retain(|bucket, _| !lost.contains(*bucket));
        let calls = entries.iter().map(|(bucket, entries)| {
            let claim = claims.get(bucket).map(ToString::to_string).unwrap_or_default();
            let call = self.scripts.delete_entries.call_for_installation(&[keys::outbox(*bucket), keys::meta(*bucket)]);
            call.arg(claim).arg(&entries[..])
        });
        let answers = self.scripts.delete_entries.run_many::<u64>(&self.router, calls).await;
        let mut failure = None;
        for (bucket, left) in entries.keys().zip(answers) {
            match left {
                Ok(0) => deleted.empty.insert(*bucket),
                Ok(_) => {}
                Err(StoreError::ClaimLost { .. }) => deleted.lost.insert(*bucket),
                Err(error) => failure = Some(error),
            }
        }
        failure.map_or(Ok(deleted), Err)
    }

    async fn sweep_claimed(
        &self,
        claim: BucketClaim,
        now: UnixMillis,
        limit: usize,
    ) -> Result<SweepOutcome, StoreError> {
        sweep::sweep(self, claim.bucket, Some(claim), now, limit).await
    }

    async fn forward_claimed(
        &self,
        claim: BucketClaim,
        limit: usize,
        keep: AlertRetention,
    ) -> Result<ForwardOutcome, StoreError> {
        alerts::forward(self, claim.bucket, Some(claim), limit, keep).await
    }

    async fn subscribe_notifications(&self, node: NodeId) -> Result<NotificationStream, StoreError> {
        notifications::listen(&self.router, node).await
    }
}
