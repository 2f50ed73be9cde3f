//! Dead letters: outbox entries that the audit cannot record.

use crate::{
    domain::{EventId, limits},
    store::{OutboxPosition, outbox::OutboxEntry},
};

/// Maximum length of the stored error text, in bytes.
const ERROR_BYTES: usize = 1024;

/// An outbox entry that cannot be decoded or that the audit database rejects, unchanged.
#[derive(Clone, Debug)]
pub struct DeadLetter {
    pub position: OutboxPosition,
    pub entry: OutboxEntry,
    /// The reason why it cannot be recorded.
    pub error: String,
}

impl DeadLetter {
    #[must_use]
    pub fn new(position: OutboxPosition, entry: OutboxEntry, error: &dyn std::error::Error) -> Self {
        Self { position, entry, error: limits::truncate_text(&error.to_string(), ERROR_BYTES) }
    }

    /// Returns the redacted form for a user that was erased, which shows only that there was an entry. Its [`Self::id`]
    /// differs from that of the original, which is the one to store.
    pub(super) fn redacted(&self) -> Self {
        let OutboxEntry { kind, reason, at, .. } = self.entry;
        let entry = OutboxEntry { kind, reason, at, ..OutboxEntry::default() };
        Self { position: self.position.clone(), entry, error: "redacted: the user was erased".to_owned() }
    }

    /// Returns an ID that depends on the entry and its position, and not on the error. It is not the ID of the event,
    /// which an entry that cannot be decoded does not reveal.
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
        assert_eq!(id, dead_letter("1-0", b"ab", b"c", "another error").id());
        assert_ne!(id, dead_letter("1-1", b"ab", b"c", "unknown kind").id());
        assert_ne!(id, dead_letter("1-0", b"a", b"bc", "unknown kind").id());
    }

    #[test]
    fn an_error_is_kept_without_what_a_database_would_refuse() {
        let error = dead_letter("1-0", b"", b"", &format!("a\0b{}", "c".repeat(2 * ERROR_BYTES))).error;
        assert!(error.contains("ab") && error.len() <= ERROR_BYTES);
    }
}
