//! Outbox entries that the audit cannot take.

use crate::{
    domain::{EventId, limits},
    store::{OutboxPosition, outbox::OutboxEntry},
};

/// The longest error text that is kept, in bytes.
const ERROR_BYTES: usize = 1024;

/// An outbox entry that cannot be read, or that the audit database refuses, as it was found.
#[derive(Clone, Debug)]
pub struct DeadLetter {
    pub position: OutboxPosition,
    pub entry: OutboxEntry,
    /// What was wrong with it.
    pub error: String,
}

impl DeadLetter {
    #[must_use]
    pub fn new(position: OutboxPosition, entry: OutboxEntry, error: &dyn std::error::Error) -> Self {
        Self { position, entry, error: limits::truncate_text(&error.to_string(), ERROR_BYTES) }
    }

    /// What is kept of one about a person who was forgotten: that there was an entry. [`Self::id`] tells it from the whole
    /// one, so it is to be asked of that.
    pub(super) fn redacted(&self) -> Self {
        let OutboxEntry { kind, reason, at, .. } = self.entry;
        let entry = OutboxEntry { kind, reason, at, ..OutboxEntry::default() };
        Self { position: self.position.clone(), entry, error: "of a person who was forgotten".to_owned() }
    }

    /// The same for the same entry at the same place, whatever was found wrong with it. Not the id of
    /// the event, which an entry that cannot be read does not tell.
    #[must_use]
    pub fn id(&self) -> EventId {
        let OutboxEntry { kind, reason, subject, owner, at, record, clock, cause } = &self.entry;
        let parts: [&[u8]; 9] = [
            &[self.position.bucket.0],
            self.position.entry.as_bytes(),
            &[*kind, *reason],
            &at.to_be_bytes(),
            subject,
            owner,
            record,
            clock,
            cause,
        ];
        let mut bytes = Vec::with_capacity(1024);
        for part in parts {
            bytes.extend_from_slice(&part.len().to_be_bytes());
            bytes.extend_from_slice(part);
        }
        EventId::from_parts(&[b"refused", &bytes])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{domain::Bucket, store::StoreError};

    fn dead_letter(entry: &str, subject: &[u8], owner: &[u8], error: &str) -> DeadLetter {
        DeadLetter::new(
            OutboxPosition { bucket: Bucket(7), entry: entry.to_owned() },
            OutboxEntry { subject: subject.to_vec(), owner: owner.to_vec(), ..OutboxEntry::default() },
            &StoreError::corrupt("reading an outbox entry", error),
        )
    }

    #[test]
    fn an_entry_is_the_same_whatever_is_found_wrong_with_it() {
        let id = dead_letter("1-0", b"ab", b"c", "unknown kind").id();
        assert_eq!(id, dead_letter("1-0", b"ab", b"c", "another complaint").id());
        assert_ne!(id, dead_letter("1-1", b"ab", b"c", "unknown kind").id());
        assert_ne!(id, dead_letter("1-0", b"a", b"bc", "unknown kind").id());
    }

    #[test]
    fn an_error_is_kept_without_what_a_database_would_refuse() {
        let error = dead_letter("1-0", b"", b"", &format!("a\0b{}", "c".repeat(2 * ERROR_BYTES))).error;
        assert!(error.contains("ab") && error.len() <= ERROR_BYTES);
    }
}
