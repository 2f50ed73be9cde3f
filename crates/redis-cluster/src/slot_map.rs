//! The slot map: a node's view of the master that serves each hash slot.

use std::{ops::RangeInclusive, sync::Arc};

use redis::Value;

use crate::{address::Endpoint, hash_slot::HashSlot, node::RedisNode};

const UNASSIGNED: u16 = u16::MAX;

/// The slot map. It is replaced as a whole when it changes.
pub struct SlotMap<I> {
    masters: Vec<Arc<RedisNode<I>>>,
    /// For each slot the index of its master in `masters`, or [`UNASSIGNED`].
    owners: Box<[u16]>,
}

impl<I> SlotMap<I> {
    /// Creates a map with one server for all slots.
    pub(crate) fn single_server(server: Arc<RedisNode<I>>) -> Self {
        Self { masters: vec![server], owners: vec![0; usize::from(HashSlot::COUNT)].into() }
    }

    pub(crate) fn empty() -> Self {
        Self { masters: Vec::new(), owners: vec![UNASSIGNED; usize::from(HashSlot::COUNT)].into() }
    }

    /// Builds the map of `ranges`. Masters that are in both maps keep their connections; masters without ranges are
    /// left out.
    pub(crate) fn rebuild(
        &self,
        ranges: &[SlotRange],
        connect: impl Fn(&Endpoint) -> Option<Arc<RedisNode<I>>>,
    ) -> Self {
        let mut map = Self::empty();
        for SlotRange { slots, master } in ranges {
            let Some(node) = map.master_at(master).or_else(|| self.master_at(master)).or_else(|| connect(master))
            else {
                continue;
            };
            let place = map.insert_master(node);
            for slot in slots.clone() {
                map.owners[usize::from(slot)] = place;
            }
        }
        map
    }

    /// Returns the same map with another master for one slot.
    pub(crate) fn with_slot(&self, slot: HashSlot, master: Arc<RedisNode<I>>) -> Self {
        let mut map = self.clone();
        map.owners[slot.index()] = map.insert_master(master);
        map
    }

    /// Returns the same map with an additional master, which may have no slots: one that is about to get its first.
    pub(crate) fn with_master(&self, master: Arc<RedisNode<I>>) -> Self {
        let mut map = self.clone();
        map.insert_master(master);
        map
    }

    /// Returns the master of a slot; `None` if none is known.
    #[must_use]
    pub fn owner(&self, slot: HashSlot) -> Option<&Arc<RedisNode<I>>> {
        self.masters.get(usize::from(self.owners[slot.index()]))
    }

    pub(crate) fn master_at(&self, endpoint: &Endpoint) -> Option<Arc<RedisNode<I>>> {
        self.masters.iter().find(|master| master.endpoint == *endpoint).cloned()
    }

    pub(crate) fn masters(&self) -> &[Arc<RedisNode<I>>] {
        &self.masters
    }

    /// Returns the masters that have slots.
    #[must_use]
    pub fn serving_masters(&self) -> Vec<Arc<RedisNode<I>>> {
        let mut serves = vec![false; self.masters.len()];
        for owner in &self.owners {
            if let Some(serves) = serves.get_mut(usize::from(*owner)) {
                *serves = true;
            }
        }
        self.masters.iter().zip(serves).filter(|(_, serves)| *serves).map(|(master, _)| Arc::clone(master)).collect()
    }

    fn insert_master(&mut self, master: Arc<RedisNode<I>>) -> u16 {
        let known = self.masters.iter().position(|known| known.endpoint == master.endpoint);
        let place = known.unwrap_or_else(|| {
            self.masters.push(master);
            self.masters.len() - 1
        });
        u16::try_from(place).unwrap_or(UNASSIGNED)
    }
}

impl<I> Clone for SlotMap<I> {
    fn clone(&self) -> Self {
        Self { masters: self.masters.clone(), owners: self.owners.clone() }
    }
}

/// A range of consecutive slots, and their master.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SlotRange {
    slots: RangeInclusive<u16>,
    master: Endpoint,
}

impl SlotRange {
    pub(crate) const fn master(&self) -> &Endpoint {
        &self.master
    }

    /// Parses the reply of the server `by` to `CLUSTER SLOTS`: `[first, last, [host, port, id, …], replica …]` for each
    /// range. Ranges whose master cannot be reached by the address that is announced are left out. Returns `None` if
    /// the reply is not of that form.
    pub(crate) fn parse_all(answer: &Value, by: &Endpoint) -> Option<Vec<Self>> {
        let Value::Array(ranges) = answer else { return None };
        let mut read = Vec::with_capacity(ranges.len());
        for range in ranges {
            let Value::Array(parts) = range else { return None };
            let [Value::Int(first), Value::Int(last), Value::Array(master), ..] = parts.as_slice() else { return None };
            let [host, Value::Int(port), ..] = master.as_slice() else { return None };
            let host = match host {
                Value::BulkString(host) => std::str::from_utf8(host).ok()?,
                Value::SimpleString(host) => host,
                Value::Nil => "",
                _ => return None,
            };
            let slot = |number: i64| u16::try_from(number).ok().filter(|slot| *slot < HashSlot::COUNT);
            let slots = slot(*first)?..=slot(*last)?;
            if let Some(master) = Endpoint::from_announced(host, u16::try_from(*port).ok()?, by) {
                read.push(Self { slots, master });
            }
        }
        Some(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Value {
        Value::BulkString(text.as_bytes().to_vec())
    }

    fn range(first: i64, last: i64, host: Value, port: i64) -> Value {
        let node = |host, port| Value::Array(vec![host, Value::Int(port), text("id"), Value::Array(vec![])]);
        Value::Array(vec![Value::Int(first), Value::Int(last), node(host, port), node(text("replica"), 1)])
    }

    fn parse(ranges: Vec<Value>) -> Option<Vec<(RangeInclusive<u16>, String)>> {
        let by = Endpoint { host: "asked".into(), port: 6379 };
        let ranges = SlotRange::parse_all(&Value::Array(ranges), &by)?;
        Some(ranges.into_iter().map(|range| (range.slots, range.master.to_string())).collect())
    }

    #[test]
    fn each_range_has_the_master_that_is_named_first() {
        let ranges = vec![range(0, 5460, text("10.0.0.1"), 7000), range(5461, 16_383, text("b.example"), 7001)];
        let parsed = parse(ranges).expect("ranges");
        assert_eq!(parsed, [(0..=5460, "10.0.0.1:7000".into()), (5461..=16_383, "b.example:7001".into())]);
    }

    #[test]
    fn a_node_that_knows_no_address_of_another_means_its_own_host() {
        let parsed = parse(vec![range(0, 1, Value::Nil, 7000), range(2, 3, text(""), 7001)]).expect("ranges");
        assert_eq!(parsed, [(0..=1, "asked:7000".into()), (2..=3, "asked:7001".into())]);
        assert_eq!(parse(vec![range(0, 1, text("?"), 7000)]).expect("ranges"), []);
    }

    #[test]
    fn what_is_no_map_of_slots_is_not_taken_for_one() {
        for wrong in [range(0, 16_384, text("a"), 1), range(-1, 3, text("a"), 1), range(0, 3, text("a"), 70_000)] {
            assert_eq!(parse(vec![wrong]), None);
        }
        assert_eq!(parse(vec![Value::Nil]), None);
        assert_eq!(parse(vec![Value::Array(vec![Value::Int(1)])]), None);
    }
}
