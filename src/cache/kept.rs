//! What is kept of one bucket.

use std::collections::HashMap;

use hashlink::LruCache;

use super::pass::Pass;
use crate::{
    domain::{SessionId, TenantId, UnixMillis, UserHandle},
    store::{Lease, Raised, Tombstone, record::Generation},
    sync::Arc,
};

/// Tenants whose generation is kept of a bucket, beside what is counted. With one more, all are asked for again.
const TENANTS: usize = 128;

/// Sessions that are over kept of one user. With one more, the first is forgotten.
const OVER: usize = 64;

/// About what the tables take for a user, and for a session, beside what is counted of it.
const USER_OVERHEAD: usize = 128;
const SESSION_OVERHEAD: usize = 64;

/// What is known of a session.
#[derive(Clone, Debug)]
pub enum Known {
    Live(Arc<Pass>),
    /// It ended. It never lives again.
    Ended(Arc<Tombstone>),
    /// There is none, and nothing is remembered of one.
    Missing,
}

impl Known {
    const fn is_over(&self) -> bool {
        matches!(self, Self::Ended(_) | Self::Missing)
    }

    fn weight(&self) -> usize {
        let own = match self {
            Self::Live(pass) => pass.weight(),
            Self::Ended(tombstone) => {
                let cause = &tombstone.cause;
                size_of::<Tombstone>()
                    + [&cause.reason, &cause.actor, &cause.caller, &cause.request_id]
                        .map(String::len)
                        .iter()
                        .sum::<usize>()
            }
            Self::Missing => 0,
        };
        SESSION_OVERHEAD + own
    }
}

/// Of one bucket: what was read, and what has to be so for it to be still true.
pub(super) struct Kept {
    /// Under which changes are told; `None`: they are not, and nothing is kept.
    pub(super) lease: Option<Arc<Lease>>,
    /// Grows with everything told, so that a read that was under way then is known to be outdated.
    pub(super) changes: u64,
    generations: Option<Generations>,
    users: LruCache<UserHandle, User>,
    size: Size,
}

/// How much is kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Size {
    /// Live and ended ones.
    pub sessions: usize,
    /// About: the tables are counted by what they take on average.
    pub bytes: usize,
}

struct Generations {
    latest: Generation,
    /// The latest that concerns a tenant, for those that were asked about.
    concerning: HashMap<TenantId, Generation>,
}

#[derive(Default)]
struct User {
    /// Since it was last spared. Moving it to the end of the line with each use would cost more than the look-up.
    is_used: bool,
    sessions: Vec<([u8; SessionId::UNIQUE_BYTES], Known)>,
    weight: usize,
}

impl Kept {
    pub(super) fn new() -> Self {
        Self { lease: None, changes: 0, generations: None, users: LruCache::new_unbounded(), size: Size::default() }
    }

    /// What is known of a session, unless a mass revocation may have ended it since.
    pub(super) fn known(&mut self, id: SessionId) -> Option<Known> {
        let user = self.users.peek_mut(&id.handle)?;
        user.is_used = true;
        let (_, known) = user.sessions.iter().find(|(unique, _)| *unique == id.unique)?;
        if let Known::Live(pass) = known
            && !self.generations.as_ref()?.admits(pass)
        {
            return None;
        }
        Some(known.clone())
    }

    /// Keeps what was read, and lets go of what was used least recently until no more than `most` bytes are kept.
    pub(super) fn keep(&mut self, id: SessionId, known: Known, most: usize) {
        let mut user = self.remove(id.handle).unwrap_or_default();
        user.sessions.retain(|(unique, _)| *unique != id.unique);
        if known.is_over() && user.sessions.iter().filter(|(_, known)| known.is_over()).count() >= OVER {
            let first = user.sessions.iter().position(|(_, known)| known.is_over());
            first.map(|first| user.sessions.remove(first));
        }
        user.sessions.reserve_exact(1);
        user.sessions.push((id.unique, known));
        user.weight = USER_OVERHEAD + user.sessions.iter().map(|(_, known)| known.weight()).sum::<usize>();
        self.size.sessions += user.sessions.len();
        self.size.bytes += user.weight;
        self.users.insert(id.handle, user);
        while self.size.bytes > most {
            let Some((handle, user)) = self.users.remove_lru() else { break };
            if user.is_used {
                self.users.insert(handle, User { is_used: false, ..user });
            } else {
                self.let_go(&user);
            }
        }
    }

    /// Keeps how far mass revocations have gone.
    pub(super) fn raised(&mut self, tenant: &TenantId, raised: Raised) {
        let known = self.generations.take().filter(|known| known.latest == raised.latest);
        let mut known = known.unwrap_or(Generations { latest: raised.latest, concerning: HashMap::new() });
        if let Some(concerning) = raised.concerning {
            if known.concerning.len() >= TENANTS {
                known.concerning.clear();
            }
            known.concerning.insert(tenant.clone(), concerning);
        }
        self.generations = Some(known);
    }

    /// A user's sessions changed.
    pub(super) fn forget(&mut self, handle: UserHandle) {
        self.changes += 1;
        self.remove(handle);
    }

    /// A session's activity was stored. A read that is under way may have missed it, and is not kept.
    pub(super) fn was_active(&mut self, id: SessionId, at: UnixMillis) {
        let sessions = self.users.peek(&id.handle).map(|user| user.sessions.as_slice()).unwrap_or_default();
        match sessions.iter().find(|(unique, _)| *unique == id.unique) {
            Some((_, Known::Live(pass))) => pass.was_active(at),
            _ => self.changes += 1,
        }
    }

    /// There was a mass revocation.
    pub(super) fn forget_generations(&mut self) {
        self.changes += 1;
        self.generations = None;
    }

    /// Answers what it had, which takes time to give back: others need not wait for that.
    #[must_use]
    pub(super) fn forget_all(&mut self) -> impl Sized + use<> {
        self.changes += 1;
        self.generations = None;
        self.size = Size::default();
        std::mem::replace(&mut self.users, LruCache::new_unbounded())
    }

    pub(super) const fn size(&self) -> Size {
        self.size
    }

    fn remove(&mut self, handle: UserHandle) -> Option<User> {
        let user = self.users.remove(&handle)?;
        self.let_go(&user);
        Some(user)
    }

    fn let_go(&mut self, user: &User) {
        self.size.sessions -= user.sessions.len();
        self.size.bytes -= user.weight;
    }
}

impl Generations {
    /// Whether no mass revocation ended the session. What is not known is not admitted.
    fn admits(&self, pass: &Pass) -> bool {
        let concerning = || self.concerning.get(&pass.tenant);
        self.latest <= pass.generation || concerning().is_some_and(|latest| *latest <= pass.generation)
    }
}
