//! The stored form of failure records. `lua/record_failure.lua`, `lua/record_success.lua` and `lua/raise_findings.lua` read
//! and write it, too.
//!
//! ```text
//! header   failures in unfamiliar places 2 | last 4 | failures in familiar places 2 | last 4 | last success 4
//!          twice: finding last raised 4 | found since 4
//! failure  at 4 | peer 4 | kind 1 | 1 if familiar, else 0: 1
//! ```
//!
//! Times are seconds since the Unix epoch. Failures are in the order in which they were reported.

use std::time::Duration;

use super::{be32, get};
use crate::{
    domain::{
        AuthEventKind, UnixMillis,
        failures::{FINDING_SLOTS, Failure, FailureCount, FailureRecord, RaisedFinding},
        time::millis,
    },
    store::StoreError,
};

/// The size of the header.
pub const FAILURE_HEADER_BYTES: usize = 16 + FINDING_SLOTS * 8;
/// The size of a failure.
pub const FAILURE_BYTES: usize = 10;

/// Encodes a failure.
#[must_use]
pub fn encode_failure(failure: &Failure) -> [u8; FAILURE_BYTES] {
    let mut bytes = [0; FAILURE_BYTES];
    bytes[..4].copy_from_slice(&seconds(failure.at).to_be_bytes());
    bytes[4..8].copy_from_slice(&failure.peer);
    bytes[8] = failure.kind.code();
    bytes[9] = u8::from(failure.is_familiar);
    bytes
}

/// Encodes a record.
#[must_use]
pub fn encode_failures(record: &FailureRecord) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(FAILURE_HEADER_BYTES + record.recent.len() * FAILURE_BYTES);
    for count in [&record.unfamiliar, &record.familiar] {
        bytes.extend_from_slice(&count.failures.to_be_bytes());
        bytes.extend_from_slice(&seconds(count.last).to_be_bytes());
    }
    bytes.extend_from_slice(&seconds(record.succeeded_at).to_be_bytes());
    for raised in &record.raised {
        bytes.extend_from_slice(&seconds(raised.at).to_be_bytes());
        bytes.extend_from_slice(&raised.suppressed.to_be_bytes());
    }
    bytes.extend(record.recent.iter().flat_map(encode_failure));
    bytes
}

/// The inverse of [`encode_failures`]. Nothing is an empty record.
pub fn decode_failures(bytes: &[u8]) -> Result<FailureRecord, StoreError> {
    let corrupt = |what: &str| StoreError::corrupt("reading failures", what);
    if bytes.is_empty() {
        return Ok(FailureRecord::default());
    }
    let (header, failures) =
        bytes.split_first_chunk::<FAILURE_HEADER_BYTES>().ok_or_else(|| corrupt("truncated header"))?;
    let (failures, []) = failures.as_chunks::<FAILURE_BYTES>() else { return Err(corrupt("truncated failures")) };
    let count = |at: usize| FailureCount {
        failures: u16::try_from(get(&header[at..at + 2])).unwrap_or(u16::MAX),
        last: time(be32(&header[at + 2..at + 6])),
    };
    let raised = |slot: usize| {
        let at = 16 + slot * 8;
        RaisedFinding { at: time(be32(&header[at..at + 4])), suppressed: be32(&header[at + 4..at + 8]) }
    };
    let recent = failures.iter().map(|failure| {
        Ok(Failure {
            at: time(be32(&failure[..4])),
            peer: std::array::from_fn(|n| failure[4 + n]),
            kind: AuthEventKind::from_code(failure[8]).ok_or_else(|| corrupt("unknown kind of failure"))?,
            is_familiar: failure[9] == 1,
        })
    });
    Ok(FailureRecord {
        unfamiliar: count(0),
        familiar: count(6),
        succeeded_at: time(be32(&header[12..16])),
        raised: std::array::from_fn(raised),
        recent: recent.collect::<Result<_, StoreError>>()?,
    })
}

/// Returns the seconds of a time, as they are stored.
fn seconds(at: UnixMillis) -> u32 {
    u32::try_from(at.get() / 1_000).unwrap_or(u32::MAX)
}

fn time(seconds: u32) -> UnixMillis {
    UnixMillis::new(millis(Duration::from_secs(seconds.into())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_reads_back_whole() {
        let at = UnixMillis::new(1_700_000_000_000);
        let record = AuthEventKind::ALL.into_iter().fold(FailureRecord::default(), |record, kind| {
            record.with_failure(Failure { at, kind, peer: [1, 2, 3, kind.code()], is_familiar: kind.code() == 2 }, 32)
        });
        let raised = [RaisedFinding { at, suppressed: 7 }, RaisedFinding::default()];
        let record = FailureRecord { raised, succeeded_at: at, ..record };
        let bytes = encode_failures(&record);
        assert_eq!(bytes.len(), FAILURE_HEADER_BYTES + AuthEventKind::ALL.len() * FAILURE_BYTES);
        assert_eq!(decode_failures(&bytes).expect("a record"), record);
        assert_eq!(decode_failures(b"").expect("a record"), FailureRecord::default());
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        let mut unknown_kind = vec![0; FAILURE_HEADER_BYTES + FAILURE_BYTES];
        unknown_kind[FAILURE_HEADER_BYTES + 8] = 99;
        for bytes in [vec![0; FAILURE_HEADER_BYTES - 1], vec![0; FAILURE_HEADER_BYTES + 1], unknown_kind] {
            assert!(matches!(decode_failures(&bytes), Err(StoreError::Corrupt { .. })), "{bytes:?}");
        }
    }
}
