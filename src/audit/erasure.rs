//! Erased users, and the handling of their data that arrives later.

use std::{collections::HashMap, time::Duration};

use sha2::{Digest, Sha256};

use crate::{
    domain::{Event, EventKind, EventSubject, Owner, UnixMillis},
    store::outbox::{OutboxEntry, kind_code},
};

/// Retention of erasure marks: longer than any event from before the erasure waits in an outbox.
pub(super) const MARK_RETENTION: Duration = Duration::from_hours(30 * 24);

/// The lowest kind of events that are not about one session.
const REVOKED_ALL: u8 = kind_code(EventKind::RevokedAll);

/// A digest that stands for a user without revealing the user.
pub(super) type PersonDigest = [u8; 16];

pub(super) fn digest(owner: &Owner) -> PersonDigest {
    digest_bytes(&owner.to_bytes())
}

/// Returns the digest of an owner in the form of an outbox entry.
pub(super) fn digest_bytes(owner: &[u8]) -> PersonDigest {
    let digest = Sha256::new().chain_update(b"forgotten").chain_update(owner).finalize();
    let mut who = [0; 16];
    who.copy_from_slice(&digest[..16]);
    who
}

/// Returns the owners that an outbox entry may be about, in the form of [`Owner::to_bytes`]. An entry about no session
/// has a scope in that field. For an unknown kind the field may be either.
pub(super) fn possible_owners(entry: &OutboxEntry) -> impl Iterator<Item = &[u8]> {
    let of_session = (entry.kind != REVOKED_ALL).then_some(&entry.owner[..]);
    let of_scope = if (1..REVOKED_ALL).contains(&entry.kind) { None } else { entry.owner.strip_prefix(b"u") };
    of_session.into_iter().chain(of_scope)
}

/// Erasure marks: the time up to which each user was erased.
#[derive(Debug, Default)]
pub(super) struct ErasureMarks(HashMap<PersonDigest, UnixMillis>);

impl ErasureMarks {
    /// Returns whether the event must be stored without the user.
    pub fn covers_event(&self, event: &Event) -> bool {
        // The erasure ended every existing session, so every event about such a session precedes it.
        let at = match &event.subject {
            EventSubject::Session(session) => event.at.min(session.record.created_at),
            EventSubject::Scope(_)
            | EventSubject::DeniedJwts { .. }
            | EventSubject::AuthFailure(_)
            | EventSubject::Acknowledgement { .. } => event.at,
        };
        !self.0.is_empty() && event.owner().is_some_and(|owner| self.covers(&digest(owner), at))
    }

    pub fn covers(&self, who: &PersonDigest, at: UnixMillis) -> bool {
        self.0.get(who).is_some_and(|mark| at <= *mark)
    }
}

impl FromIterator<(PersonDigest, UnixMillis)> for ErasureMarks {
    fn from_iter<I: IntoIterator<Item = (PersonDigest, UnixMillis)>>(marks: I) -> Self {
        Self(marks.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        audit::samples::{event, revoked_all, session},
        domain::event::RevocationScope,
    };

    #[test]
    fn what_happened_up_to_the_mark_is_covered() {
        let (ann, bob) = (session("ann", 1), session("bob", 2));
        let marks: ErasureMarks = [(digest(&ann.owner), UnixMillis::new(10))].into_iter().collect();
        assert!(marks.covers_event(&event(EventKind::Created, &ann, 10)));
        assert!(marks.covers_event(&revoked_all(RevocationScope::User(ann.owner.clone()), "operation", 9)));
        assert!(!marks.covers_event(&event(EventKind::Created, &ann, 11)));
        assert!(!marks.covers_event(&event(EventKind::Created, &bob, 10)));
        assert!(!marks.covers_event(&revoked_all(RevocationScope::Tenant(ann.owner.tenant.clone()), "operation", 9)));
        assert!(!ErasureMarks::default().covers_event(&event(EventKind::Created, &bob, 10)));
        let marks: ErasureMarks = [(digest(&ann.owner), ann.record.created_at)].into_iter().collect();
        assert!(marks.covers_event(&event(EventKind::Updated, &ann, u64::MAX)), "a session that the erasure ended");
    }

    #[test]
    fn an_entry_is_about_an_owner_or_the_user_of_a_scope() {
        let owner = Owner::new("acme", "ann").expect("an owner").to_bytes();
        let scope = [b"u", &owner[..]].concat();
        let owners = |kind, owner: &[u8]| {
            let entry = OutboxEntry { kind, owner: owner.to_vec(), ..OutboxEntry::default() };
            possible_owners(&entry).map(<[u8]>::to_vec).collect::<Vec<_>>()
        };
        assert_eq!(owners(1, &owner), [&owner[..]]);
        assert_eq!(owners(1, &scope), [&scope[..]], "the owner of a tenant whose name begins with u");
        assert_eq!(owners(REVOKED_ALL, &scope), [&owner[..]]);
        assert!(owners(REVOKED_ALL, b"tacme").is_empty());
        assert_eq!(owners(77, &scope), [&scope[..], &owner[..]]);
    }

    #[test]
    fn a_digest_is_of_the_person_and_of_nobody_else() {
        let owner = |tenant, user| digest(&Owner::new(tenant, user).expect("an owner"));
        assert_eq!(data_encoding::HEXLOWER.encode(&owner("acme", "ann")), "e4530c14c3c60b052a3b3a58be28da88");
        assert_ne!(owner("acme", "ann"), owner("acm", "eann"));
    }
}
