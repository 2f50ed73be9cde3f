//! Clients of sessions that wait to be compared with those before.

use std::{
    collections::VecDeque,
    mem::take,
    sync::{Mutex, MutexGuard, PoisonError},
};

use tokio::sync::Notify;

use crate::{
    domain::{ClientContext, SessionId, UnixMillis},
    near_cache::ClientTag,
};

/// The maximum number of clients that wait. Further ones are dropped: they are seen again with the next request.
const CAPACITY: usize = 4_096;

/// A client that a validation saw, and that the session did not have before.
#[derive(Clone, Debug)]
pub(in crate::authority) struct ObservedClient {
    pub(in crate::authority) session_id: SessionId,
    pub(in crate::authority) client: ClientContext,
    pub(in crate::authority) tag: ClientTag,
    pub(in crate::authority) at: UnixMillis,
    /// The last use of the session before.
    pub(in crate::authority) previous_use: UnixMillis,
    /// Set if the request was rejected, because the session is bound to its client.
    pub(in crate::authority) is_rejected: bool,
}

/// Clients on their way from validations to the [`SessionWatcher`](super::SessionWatcher).
pub struct ObservedClients {
    /// `None`: nothing is observed.
    waiting: Option<Mutex<VecDeque<ObservedClient>>>,
    arrived: Notify,
}

impl ObservedClients {
    /// Creates an empty queue.
    #[must_use]
    pub fn new() -> Self {
        Self { waiting: Some(Mutex::default()), arrived: Notify::new() }
    }

    /// Creates a queue that takes nothing, for a node that watches no sessions.
    #[must_use]
    pub fn disabled() -> Self {
        Self { waiting: None, arrived: Notify::new() }
    }

    /// Returns the tag of a client; `None` if nothing is observed or nothing is known about the client.
    pub(in crate::authority) fn tag(&self, client: &ClientContext) -> Option<ClientTag> {
        self.waiting.as_ref()?;
        ClientTag::from_client(client)
    }

    /// Adds a client. Returns `false` if there is no room.
    pub(in crate::authority) fn push(&self, client: ObservedClient) -> bool {
        let Some(mut waiting) = self.lock() else { return true };
        if waiting.len() >= CAPACITY {
            return false;
        }
        waiting.push_back(client);
        drop(waiting);
        self.arrived.notify_one();
        true
    }

    /// Takes all clients, in the order in which they were seen.
    pub(super) fn take(&self) -> VecDeque<ObservedClient> {
        self.lock().map(|mut waiting| take(&mut *waiting)).unwrap_or_default()
    }

    /// Waits until there are clients.
    pub(super) async fn arrived(&self) {
        self.arrived.notified().await;
    }

    fn lock(&self) -> Option<MutexGuard<'_, VecDeque<ObservedClient>>> {
        Some(self.waiting.as_ref()?.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Default for ObservedClients {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::UserHandle;

    #[test]
    fn the_queue_is_bounded_and_can_be_disabled() {
        let client = ClientContext { ip: "192.0.2.7".parse().ok(), ..ClientContext::default() };
        let observed = |clients: &ObservedClients| ObservedClient {
            session_id: SessionId { handle: UserHandle([1; 12]), unique: [2; 8] },
            client: client.clone(),
            tag: clients.tag(&client).or_else(|| ClientTag::from_client(&client)).expect("a tag"),
            at: UnixMillis::new(1),
            previous_use: UnixMillis::new(0),
            is_rejected: false,
        };
        let clients = ObservedClients::new();
        let taken = (0..CAPACITY + 10).filter(|_| clients.push(observed(&clients))).count();
        assert_eq!((taken, clients.take().len(), clients.take().len()), (CAPACITY, CAPACITY, 0));
        let off = ObservedClients::disabled();
        assert_eq!((off.tag(&client), off.push(observed(&off)), off.take().len()), (None, true, 0));
    }
}
