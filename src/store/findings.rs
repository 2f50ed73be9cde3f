//! Findings on their way to the alert stream.

use std::{fmt, time::Duration};

use sha2::{Digest, Sha256};

use super::{error::StoreError, record};
use crate::domain::{
    Alert, LoginHistory,
    alert::{AlertEvidence, AlertId, ClientObservation},
};

/// A finding of a login, which raises an alert if its trigger is met.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    pub alert: Alert,
    pub trigger: FindingTrigger,
    /// The dedup window. Within it, after the last alert of the same user with an equal `dedup_key`, the finding is
    /// counted and raises no alert.
    pub dedup_window: Duration,
}

impl Finding {
    /// Returns eight bytes that stand for the `dedup_key` among those of one user.
    pub(super) fn key(&self) -> [u8; 8] {
        let digest = Sha256::digest(self.alert.dedup_key.as_bytes());
        std::array::from_fn(|n| digest[n])
    }
}

/// The condition under which a finding raises an alert.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FindingTrigger {
    /// The login succeeds.
    Login,
    /// The login evicts sessions. Their number becomes the count of the alert's [`AlertEvidence::Volume`], and the
    /// login of the least recently active one its `previous`.
    Eviction,
}

/// A finding in the outbox of findings. A step writes it without decoding records, so it carries them in their stored
/// form.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct FindingEntry {
    /// The alert, encoded with [`record::encode_alert`].
    pub alert: Vec<u8>,
    /// Becomes `dedup_count`.
    pub count: u64,
    /// The number of evicted sessions, for [`FindingTrigger::Eviction`]; 0 for any other trigger.
    pub evicted: u64,
    /// The stored record of the least recently active of them.
    pub evicted_record: Vec<u8>,
}

/// Shows neither record nor alert: the record contains an e-mail address, and the user of the alert may be one.
impl fmt::Debug for FindingEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FindingEntry")
            .field("count", &self.count)
            .field("evicted", &self.evicted)
            .finish_non_exhaustive()
    }
}

impl FindingEntry {
    /// Decodes the alert that the entry raises.
    pub fn decode(&self) -> Result<Alert, StoreError> {
        let mut alert = record::decode_alert(&self.alert)?;
        alert.dedup_count = self.count;
        if self.evicted > 0 {
            if let Some(AlertEvidence::Volume(volume)) = &mut alert.detail {
                volume.count = self.evicted;
            }
            // If the record cannot be decoded, only `previous` is lost.
            alert.previous =
                record::decode(&self.evicted_record).ok().map(|(record, _)| ClientObservation::from_login(&record));
        }
        Ok(alert)
    }

    /// Returns the ID and the stream record of the alert. An alert that cannot be decoded goes into the stream as it
    /// is, so that a release that can decode it loses nothing. The third value is then its error.
    pub fn to_streamed(&self) -> (AlertId, Vec<u8>, Result<(), StoreError>) {
        match self.decode() {
            Ok(alert) => (alert.id, record::encode_alert(&alert), Ok(())),
            Err(error) => (record::AlertOutline::from_bytes(&self.alert).id, self.alert.clone(), Err(error)),
        }
    }
}

/// Decodes the alerts that written entries raise. An entry that cannot be decoded is logged and left out, because the
/// login that raised it stands.
pub(super) fn decode_alerts(entries: impl IntoIterator<Item = FindingEntry>) -> Vec<Alert> {
    let readable = |entry: FindingEntry| {
        entry
            .decode()
            .inspect_err(|error| tracing::error!(%error, "failed to decode a finding; it is left out of the response"))
            .ok()
    };
    entries.into_iter().filter_map(readable).collect()
}

/// Decodes a login history. Returns an empty one if it cannot be decoded, because no login is refused for it.
pub(super) fn decode_history_or_default(bytes: &[u8]) -> LoginHistory {
    record::decode_history(bytes).unwrap_or_else(|error| {
        tracing::warn!(%error, "failed to decode a login history; starting with an empty one");
        LoginHistory::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_read_goes_on_as_it_is_under_an_id_that_stays() {
        let entry = FindingEntry { alert: b"\xff?".to_vec(), count: 1, ..FindingEntry::default() };
        let (id, bytes, read) = entry.to_streamed();
        assert!(read.is_err());
        assert_eq!((id, bytes), (entry.to_streamed().0, entry.alert.clone()));
        let other = FindingEntry { alert: b"\xff!".to_vec(), ..entry };
        assert_ne!(other.to_streamed().0, id);
    }
}
