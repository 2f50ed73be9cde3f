//! The clients that recently used each session, as this node saw them.

use hashlink::LruCache;

use crate::{
    detection::{CONCURRENT_USE_WINDOW, RecentClient},
    domain::{SessionId, UnixMillis, alert::ClientObservation},
    near_cache::ClientTag,
};

/// The number of sessions that are remembered, the most recently observed ones.
const MAX_SESSIONS: usize = 16_384;
/// The number of clients of one session that are remembered, the latest ones.
const MAX_CLIENTS: usize = 4;

/// The recent clients of sessions. Evicted clients are compared with the store again.
pub(super) struct RecentClients(LruCache<SessionId, SessionMemory>);

/// The clients of one session.
#[derive(Default)]
pub(super) struct SessionMemory {
    /// Oldest first.
    pub(super) clients: Vec<RecentClient>,
    tag: Option<ClientTag>,
}

impl RecentClients {
    pub(super) fn new() -> Self {
        Self(LruCache::new(MAX_SESSIONS))
    }

    /// Notes another request of the client that used the session last. Returns `false` if it was another client.
    pub(super) fn note_repeat(&mut self, id: SessionId, tag: ClientTag, at: UnixMillis) -> bool {
        let Some(memory) = self.0.get_mut(&id).filter(|memory| memory.tag == Some(tag)) else { return false };
        if let Some(last) = memory.clients.last_mut() {
            last.until = last.until.max(at);
        }
        true
    }

    /// Returns the memory of a session. If it is empty, it begins with `previous`.
    pub(super) fn session(
        &mut self,
        id: SessionId,
        previous: impl FnOnce() -> ClientObservation,
        previous_use: UnixMillis,
    ) -> &mut SessionMemory {
        // Inserted first, because an entry alone evicts nothing.
        if !self.0.contains_key(&id) {
            self.0.insert(id, SessionMemory::default());
        }
        let memory = self.0.entry(id).or_insert_with(SessionMemory::default);
        if memory.clients.is_empty() {
            let client = previous();
            memory.clients.push(RecentClient { until: client.at, client });
        }
        if let Some(last) = memory.clients.last_mut() {
            last.until = last.until.max(previous_use);
        }
        memory
    }

    pub(super) fn forget(&mut self, id: SessionId) {
        self.0.remove(&id);
    }
}

impl SessionMemory {
    /// Adds the client that used the session last.
    pub(super) fn add(&mut self, client: ClientObservation, tag: ClientTag) {
        let until = client.at;
        self.clients.retain(|known| until.since(known.until) <= CONCURRENT_USE_WINDOW);
        self.clients.push(RecentClient { client, until });
        let surplus = self.clients.len().saturating_sub(MAX_CLIENTS);
        self.clients.drain(..surplus);
        self.tag = Some(tag);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::domain::{ClientContext, UserHandle};

    const MINUTE: Duration = Duration::from_mins(1);
    const NOW: UnixMillis = UnixMillis::new(1_700_000_000_000);

    fn session(number: u32) -> SessionId {
        let [a, b, c, d] = number.to_be_bytes();
        SessionId { handle: UserHandle([1; 12]), unique: [a, b, c, d, 0, 0, 0, 0] }
    }

    fn tag(ip: &str) -> ClientTag {
        let client = ClientContext { ip: ip.parse().ok(), ..ClientContext::default() };
        ClientTag::from_client(&client).expect("a tag")
    }

    fn seen(at: UnixMillis) -> ClientObservation {
        ClientObservation { at, ..ClientObservation::default() }
    }

    #[test]
    fn a_client_that_stays_is_noted_and_another_one_is_not() {
        let mut recent = RecentClients::new();
        let memory = recent.session(session(1), || seen(NOW), NOW.plus(MINUTE));
        assert_eq!((memory.clients.len(), memory.clients[0].until), (1, NOW.plus(MINUTE)));
        memory.add(seen(NOW.plus(MINUTE * 2)), tag("192.0.2.7"));
        assert!(recent.note_repeat(session(1), tag("192.0.2.7"), NOW.plus(MINUTE * 5)));
        assert!(
            !recent.note_repeat(session(1), tag("192.0.2.8"), NOW) && !recent.note_repeat(session(2), tag("::1"), NOW)
        );
        let memory = recent.session(session(1), || panic!("it is remembered"), NOW);
        assert_eq!(memory.clients.last().expect("a client").until, NOW.plus(MINUTE * 5));
    }

    #[test]
    fn memory_is_bounded() {
        let mut recent = RecentClients::new();
        for number in 0..u32::try_from(MAX_SESSIONS).expect("a number") + 5 {
            recent.session(session(number), || seen(NOW), NOW);
        }
        assert_eq!(recent.0.len(), MAX_SESSIONS);
        let memory = recent.session(session(u32::MAX), || seen(NOW), NOW);
        for _ in 0..10 {
            memory.add(seen(NOW), tag("192.0.2.7"));
        }
        assert_eq!(memory.clients.len(), MAX_CLIENTS);
        memory.add(seen(NOW.plus(MINUTE * 11)), tag("192.0.2.7"));
        assert_eq!(memory.clients.len(), 1, "the others are too long ago");
        recent.forget(session(u32::MAX));
        assert!(!recent.note_repeat(session(u32::MAX), tag("192.0.2.7"), NOW));
    }
}
