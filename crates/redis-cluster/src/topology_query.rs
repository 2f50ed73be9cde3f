//! The query of the nodes of a Cluster for the topology.

use std::{iter, sync::Arc};

use futures_util::stream::{FuturesUnordered, StreamExt};
use redis::Value;

use crate::{
    client_error::ClientError,
    inspection::ServerInspection,
    node::{RedisNode, RequestFailure},
    slot_map::SlotRange,
};

pub(crate) const DURING: &str = "reading the cluster topology";

/// Nodes that are queried at the same time. The report of most of them counts: a node that is cut off from the others
/// may not know that its slots have another owner.
const QUERIED_AT_ONCE: usize = 5;

/// The slot ranges that most of the queried nodes report.
pub(crate) struct TopologyReport<I> {
    pub(crate) ranges: Vec<SlotRange>,
    pub(crate) nodes: Vec<Arc<RedisNode<I>>>,
}

/// Queries nodes, some at a time, until some have responded.
pub(crate) async fn query_majority<I: ServerInspection>(
    nodes: &[Arc<RedisNode<I>>],
) -> Result<TopologyReport<I>, ClientError> {
    let mut last = ClientError::unreachable(DURING, "no node of the Cluster is known");
    for some in nodes.chunks(QUERIED_AT_ONCE) {
        let mut asked: FuturesUnordered<_> = some.iter().map(|node| query_slot_ranges(node)).collect();
        let mut answers = Vec::with_capacity(some.len());
        while let Some(answer) = asked.next().await {
            match answer {
                Ok(ranges) => answers.push(ranges),
                Err(error) => last = error,
            }
            if most_common(&answers).1 > some.len() / 2 {
                break;
            }
        }
        if let (Some(ranges), _) = most_common(&answers) {
            return Ok(TopologyReport { ranges: ranges.clone(), nodes: some.to_vec() });
        }
    }
    Err(last)
}

/// Returns the most common answer, and how often it was given; the first one among equals.
fn most_common(answers: &[Vec<SlotRange>]) -> (Option<&Vec<SlotRange>>, usize) {
    let same = |one: &Vec<SlotRange>| answers.iter().filter(|other| *other == one).count();
    let most = answers.iter().rev().max_by_key(|answer| same(answer));
    (most, most.map_or(0, same))
}

/// Queries a node, also if its settings are unsafe: the location of slots depends on none of them.
async fn query_slots<I: ServerInspection>(node: &RedisNode<I>) -> Result<Value, RequestFailure> {
    let mut slots = redis::cmd("CLUSTER");
    slots.arg("SLOTS");
    node.exchange(DURING, iter::once(&slots)).await?.pop().unwrap_or(Ok(Value::Nil))
}

async fn query_slot_ranges<I: ServerInspection>(node: &RedisNode<I>) -> Result<Vec<SlotRange>, ClientError> {
    let answer = query_slots(node).await.map_err(|failure| match failure.error {
        ClientError::UnexpectedReply { what, .. } if what.contains("cluster support disabled") => {
            ClientError::unreachable(
                DURING,
                "this server has cluster support off; use redis:// or rediss:// instead of redis+cluster:// or \
             rediss+cluster://",
            )
        }
        error => error,
    })?;
    let ranges = SlotRange::parse_all(&answer, &node.endpoint).ok_or_else(|| {
        ClientError::unexpected_reply(DURING, format!("unexpected CLUSTER SLOTS reply from {}", node.endpoint))
    })?;
    if !ranges.is_empty() {
        return Ok(ranges);
    }
    let nothing = matches!(&answer, Value::Array(entries) if entries.is_empty());
    Err(ClientError::unreachable(
        DURING,
        if nothing {
            "it knows no master with slots; has the cluster been created?"
        } else {
            "the masters announce no usable host (\"?\"); set cluster-announce-hostname on each, or \
             cluster-preferred-endpoint-type to ip"
        },
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::Endpoint;

    fn all_at(port: i64) -> Vec<SlotRange> {
        let master = Value::Array(vec![Value::BulkString(b"a".to_vec()), Value::Int(port)]);
        let range = Value::Array(vec![Value::Int(0), Value::Int(16_383), master]);
        let by = Endpoint { host: "a".into(), port: 1 };
        SlotRange::parse_all(&Value::Array(vec![range]), &by).expect("ranges")
    }

    #[test]
    fn one_node_that_is_cut_off_does_not_decide() {
        let (old, new) = (all_at(1), all_at(2));
        assert_eq!(most_common(&[old.clone(), new.clone(), new.clone()]), (Some(&new), 2));
        assert_eq!(most_common(&[old.clone(), new.clone()]), (Some(&old), 1));
        assert_eq!(most_common(&[]), (None, 0));
    }
}
