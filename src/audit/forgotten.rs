//! Persons who were forgotten, and what of them arrives later.

use std::{collections::HashMap, time::Duration};

use sha2::{Digest, Sha256};

use crate::{
    domain::{Event, Owner, UnixMillis},
    store::outbox::Entry,
};

/// How long it is remembered that a person was forgotten: longer than anything from before waits in an outbox.
pub(super) const KEPT_FOR: Duration = Duration::from_hours(30 * 24);

/// Stands for a person without telling who it is.
pub(super) type Who = [u8; 16];

pub(super) fn digest(owner: &Owner) -> Who {
    digest_of(&owner.to_bytes())
}

/// The same of an owner as an outbox entry has it.
pub(super) fn digest_of(owner: &[u8]) -> Who {
    let digest = Sha256::new().chain_update(b"forgotten").chain_update(owner).finalize();
    let mut who = [0; 16];
    who.copy_from_slice(&digest[..16]);
    who
}

/// The person whom an outbox entry is about, if it is about one, as [`Owner::to_bytes`] has it. An entry about no
/// session has a scope in that place.
pub(super) fn owner_of(entry: &Entry) -> &[u8] {
    match entry.kind {
        1..=4 => &entry.owner,
        _ => entry.owner.strip_prefix(b"u").unwrap_or_default(),
    }
}

/// Up to when each of some persons was forgotten.
#[derive(Debug, Default)]
pub(super) struct Marks(HashMap<Who, UnixMillis>);

impl Marks {
    /// Whether the event is to be kept without the person.
    pub fn cover(&self, event: &Event) -> bool {
        !self.0.is_empty() && event.owner().is_some_and(|owner| self.covers(&digest(owner), event.at))
    }

    pub fn covers(&self, who: &Who, at: UnixMillis) -> bool {
        self.0.get(who).is_some_and(|mark| at <= *mark)
    }
}

impl FromIterator<(Who, UnixMillis)> for Marks {
    fn from_iter<I: IntoIterator<Item = (Who, UnixMillis)>>(marks: I) -> Self {
        Self(marks.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        audit::samples::{event, revoked_all, session},
        domain::{EventKind, event::Scope},
    };

    #[test]
    fn what_happened_up_to_the_mark_is_covered() {
        let (ann, bob) = (session("ann", 1), session("bob", 2));
        let marks: Marks = [(digest(&ann.owner), UnixMillis::new(10))].into_iter().collect();
        assert!(marks.cover(&event(EventKind::Created, &ann, 10)));
        assert!(marks.cover(&revoked_all(Scope::User(ann.owner.clone()), "operation", 9)));
        assert!(!marks.cover(&event(EventKind::Created, &ann, 11)));
        assert!(!marks.cover(&event(EventKind::Created, &bob, 10)));
        assert!(!marks.cover(&revoked_all(Scope::Tenant(ann.owner.tenant), "operation", 9)));
        assert!(!Marks::default().cover(&event(EventKind::Created, &bob, 10)));
    }

    #[test]
    fn a_digest_is_of_the_person_and_of_nobody_else() {
        let owner = |tenant, user| digest(&Owner::new(tenant, user).expect("an owner"));
        assert_eq!(data_encoding::HEXLOWER.encode(&owner("acme", "ann")), "e4530c14c3c60b052a3b3a58be28da88");
        assert_ne!(owner("acme", "ann"), owner("acm", "eann"));
    }
}
