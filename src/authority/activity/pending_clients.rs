//! The clients that used sessions last, on their way to the store, and from there to the audit database.

use std::{
    collections::HashMap,
    mem::take,
    sync::{Mutex, MutexGuard, PoisonError},
};

use crate::{
    domain::{LastSeenClient, SessionId},
    store::SeenClient,
};

/// Clients that are not written yet: the last one of each session. If room is short, further sessions are left out. They
/// show an older client until the next change.
pub(super) struct PendingClients {
    waiting: Mutex<HashMap<SessionId, LastSeenClient>>,
    capacity: usize,
}

impl PendingClients {
    /// Creates a buffer for at most `capacity` sessions.
    pub(super) fn new(capacity: usize) -> Self {
        Self { waiting: Mutex::default(), capacity }
    }

    pub(super) fn add(&self, id: SessionId, client: LastSeenClient) {
        let mut waiting = self.lock();
        if waiting.len() < self.capacity || waiting.contains_key(&id) {
            waiting.insert(id, client);
        }
    }

    pub(super) fn take(&self) -> Vec<SeenClient> {
        take(&mut *self.lock()).into_iter().map(|(session_id, client)| SeenClient { session_id, client }).collect()
    }

    /// Adds clients that could not be written. A later one of the same session stays.
    pub(super) fn put_back(&self, clients: Vec<SeenClient>) {
        let mut waiting = self.lock();
        for SeenClient { session_id, client } in clients {
            if waiting.len() < self.capacity {
                waiting.entry(session_id).or_insert(client);
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<SessionId, LastSeenClient>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Device, Location, UnixMillis, UserHandle};

    fn id(session: u8) -> SessionId {
        SessionId { handle: UserHandle([1; 12]), unique: [session; 8] }
    }

    fn client(at: u64) -> LastSeenClient {
        LastSeenClient { at: UnixMillis::new(at), location: Location::default(), device: Device::default() }
    }

    #[test]
    fn the_last_client_of_each_session_is_written_once() {
        let pending = PendingClients::new(2);
        for (session, at) in [(1, 5), (2, 6), (1, 7), (3, 8)] {
            pending.add(id(session), client(at));
        }
        let mut taken = pending.take();
        taken.sort_by_key(|seen| seen.session_id);
        let expected = [(1, 7), (2, 6)].map(|(session, at)| SeenClient { session_id: id(session), client: client(at) });
        assert_eq!((taken.clone(), pending.take()), (expected.to_vec(), Vec::new()));

        pending.add(id(1), client(9));
        pending.put_back(taken);
        let mut taken: Vec<_> = pending.take().into_iter().map(|seen| seen.client.at.get()).collect();
        taken.sort_unstable();
        assert_eq!(taken, [6, 9], "the later one stays");
    }
}
