//! The tracking connection of each part.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use super::{
    connection::TrackingConnection,
    tracked_data::{TrackedData, TrackingLease},
};
use crate::{address::Endpoint, hash_slot::HashSlot, slot_map::SlotMap};

/// The tracking connection of each part, never more than one. The application is notified of every change here while it
/// happens, so that no connection is used for a part that it does not track.
pub(super) struct TrackingRegistry<T: TrackedData> {
    data: T,
    /// Every part, with its slot.
    slots: Vec<(T::Part, HashSlot)>,
    connections: Mutex<Connections<T>>,
}

type Connections<T> = BTreeMap<<T as TrackedData>::Part, Arc<TrackingConnection<T>>>;

impl<T: TrackedData> TrackingRegistry<T> {
    pub(super) fn new(data: T) -> Self {
        let slot = |part| (part, HashSlot::from_key(&data.presence_keys(part)[0]));
        let slots = data.parts().into_iter().map(slot).collect();
        Self { data, slots, connections: Mutex::default() }
    }

    pub(super) fn data(&self) -> &T {
        &self.data
    }

    /// Returns the masters that have parts.
    pub(super) fn masters<I>(&self, map: &SlotMap<I>) -> Vec<Endpoint> {
        let mut masters = Vec::new();
        for owner in self.slots.iter().filter_map(|(_, slot)| map.owner(*slot)) {
            if !masters.contains(&owner.endpoint) {
                masters.push(owner.endpoint.clone());
            }
        }
        masters
    }

    /// Returns the parts that the slot map gives to a master.
    pub(super) fn owned_parts<I>(&self, map: &SlotMap<I>, master: &Endpoint) -> Vec<T::Part> {
        let is_its = |slot: HashSlot| map.owner(slot).is_some_and(|owner| owner.endpoint == *master);
        self.slots.iter().filter(|(_, slot)| is_its(*slot)).map(|(part, _)| *part).collect()
    }

    /// Attaches the part to `connection`, unless its lease has ended.
    pub(super) fn attach(&self, part: T::Part, connection: &Arc<TrackingConnection<T>>) {
        let mut connections = self.connections();
        // A lease is ended before its parts are looked for and detached.
        if connection.lease.has_ended() {
            return;
        }
        if let Some(other) = connections.insert(part, Arc::clone(connection)) {
            self.data.detach(part, &other.lease);
        }
        self.data.attach(part, &connection.lease);
    }

    /// Detaches the part from the connection of this lease.
    pub(super) fn detach(&self, part: T::Part, lease: &Arc<T::Lease>) {
        let mut connections = self.connections();
        if connections.get(&part).is_some_and(|connection| connection.has_lease(lease)) {
            connections.remove(&part);
            self.data.detach(part, lease);
        }
    }

    /// Ends the lease and detaches all its parts.
    pub(super) fn end_lease(&self, lease: &Arc<T::Lease>) {
        lease.end();
        for part in self.attached_parts(lease) {
            self.detach(part, lease);
        }
    }

    /// Returns the parts that are attached under this lease.
    pub(super) fn attached_parts(&self, lease: &T::Lease) -> Vec<T::Part> {
        let connections = self.connections();
        connections.iter().filter(|(_, connection)| connection.has_lease(lease)).map(|(part, _)| *part).collect()
    }

    /// Returns the tracking connection of the part, if it is under this lease.
    pub(super) fn connection(&self, part: T::Part, lease: &T::Lease) -> Option<Arc<TrackingConnection<T>>> {
        self.connections().get(&part).filter(|connection| connection.has_lease(lease)).cloned()
    }

    fn connections(&self) -> MutexGuard<'_, Connections<T>> {
        self.connections.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
