//! Findings on their way to the stream of alerts.

use std::{fmt, time::Duration};

use sha2::{Digest, Sha256};

use super::{error::StoreError, record};
use crate::domain::{
    Alert, LoginHistory,
    alert::{AlertEvidence, AlertId, ClientObservation},
};

/// What a login raises if it comes to be.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    pub alert: Alert,
    pub trigger: FindingTrigger,
    /// Within this span of the last alert with an equal `dedup_key` of the same user, it is counted and
    /// raises none.
    pub dedup_window: Duration,
}

impl Finding {
    /// Eight bytes that stand for the `dedup_key` among those of one user.
    pub(super) fn key(&self) -> [u8; 8] {
        let digest = Sha256::digest(self.alert.dedup_key.as_bytes());
        std::array::from_fn(|n| digest[n])
    }
}

/// What must come true for a finding to be one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FindingTrigger {
    /// The login.
    Login,
    /// That the login evicts sessions: their number becomes the count of the alert's
    /// [`AlertEvidence::Volume`], and the login of the least recently active one its `previous`.
    Eviction,
}

/// A finding as it lies in the outbox of findings. A step writes it without understanding records, so it
/// carries them as they are stored.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct FindingEntry {
    /// [`record::encode_alert`].
    pub alert: Vec<u8>,
    /// Becomes `dedup_count`.
    pub count: u64,
    /// Sessions that were evicted, for one that waits for it; 0 for any other.
    pub evicted: u64,
    /// The stored record of the least recently active of them.
    pub evicted_record: Vec<u8>,
}

/// The record holds an e-mail address, the alert's user may be one: neither is shown.
impl fmt::Debug for FindingEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FindingEntry")
            .field("count", &self.count)
            .field("evicted", &self.evicted)
            .finish_non_exhaustive()
    }
}

impl FindingEntry {
    /// The alert that the entry raises.
    pub fn decode(&self) -> Result<Alert, StoreError> {
        let mut alert = record::decode_alert(&self.alert)?;
        alert.dedup_count = self.count;
        if self.evicted > 0 {
            if let Some(AlertEvidence::Volume(volume)) = &mut alert.detail {
                volume.count = self.evicted;
            }
            // An unreadable record takes nothing from the finding but this.
            alert.previous =
                record::decode(&self.evicted_record).ok().map(|(record, _)| ClientObservation::from_login(&record));
        }
        Ok(alert)
    }

    /// The alert as it lies in the stream, with its id. One that cannot be read goes there as it is, so that
    /// nothing is lost to a release that can; `Err` is what was wrong with it.
    pub fn to_streamed(&self) -> (AlertId, Vec<u8>, Result<(), StoreError>) {
        match self.decode() {
            Ok(alert) => (alert.id, record::encode_alert(&alert), Ok(())),
            Err(error) => (record::AlertOutline::from_bytes(&self.alert).id, self.alert.clone(), Err(error)),
        }
    }
}

/// What entries that are written already raise. One that cannot be read back is logged, as the login that
/// raised it stands.
pub(super) fn decode_alerts(entries: impl IntoIterator<Item = FindingEntry>) -> Vec<Alert> {
    let readable = |entry: FindingEntry| {
        entry.decode().inspect_err(|error| tracing::error!(%error, "a finding cannot be read")).ok()
    };
    entries.into_iter().filter_map(readable).collect()
}

/// The history in `bytes`; nothing for one that cannot be read, as no login is refused for it.
pub(super) fn decode_history_or_default(bytes: &[u8]) -> LoginHistory {
    record::decode_history(bytes).unwrap_or_else(|error| {
        tracing::warn!(%error, "a login history cannot be read; it begins anew");
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
