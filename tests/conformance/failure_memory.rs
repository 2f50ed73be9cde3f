//! The memory that failures from very many addresses take in Redis: it depends on the limit, and not on the addresses.

use std::{ops::Range, time::Duration};

use futures_util::{StreamExt, stream::iter};
use session_authority::{
    domain::{
        AuthEventKind, UserHandle,
        failures::{Failure, FailureSubject},
    },
    store::FailureReport,
};
use sha2::{Digest, Sha256};

use super::{
    fixture::{StoreEngine, StoreFixture},
    users::after,
};

/// The records of a bucket, instead of the default of 256 for networks, so that few addresses are many.
const LIMIT: usize = 4;
const ADDRESSES: u32 = 6_000;
const CONCURRENT: usize = 32;

/// Records a failure from each address, as an attacker causes who uses each one once.
async fn fail_from(f: &StoreFixture, addresses: Range<u32>) {
    let reports = iter(addresses).map(|address| {
        let digest = Sha256::digest(address.to_be_bytes());
        let now = after(Duration::from_secs((address / 10).into()));
        f.failures.record_failure(FailureReport {
            now,
            subject: FailureSubject::Network,
            handle: UserHandle(std::array::from_fn(|n| digest[n])),
            failure: Failure { at: now, kind: AuthEventKind::UnknownUser, peer: [1; 4], is_familiar: false },
            event: None,
            limit: LIMIT,
        })
    });
    let recorded: Vec<_> = reports.buffer_unordered(CONCURRENT).collect().await;
    assert!(recorded.into_iter().all(|record| record.is_ok()));
}

/// Returns the bytes of all records, and their number.
async fn size(f: &StoreFixture) -> (u64, u64) {
    let StoreEngine::Redis(server) = &f.engine else { panic!("not on Redis") };
    let (mut usage, mut length) = (redis::pipe(), redis::pipe());
    for bucket in 0..=u8::MAX {
        for name in ["failed-networks", "failed-networks:scores"] {
            usage.cmd("MEMORY").arg("USAGE").arg(format!("sa1:{{{bucket:02x}}}:{name}")).arg("SAMPLES").arg(0);
        }
        length.cmd("HLEN").arg(format!("sa1:{{{bucket:02x}}}:failed-networks"));
    }
    let mut admin = server.admin().await;
    let bytes: Vec<Option<u64>> = usage.query_async(&mut admin).await.expect("MEMORY USAGE");
    let records: Vec<u64> = length.query_async(&mut admin).await.expect("HLEN");
    (bytes.into_iter().flatten().sum(), records.iter().sum())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_addresses_take_no_more_memory_than_a_few() {
    let f = StoreFixture::redis().await;
    fail_from(&f, 0..ADDRESSES).await;
    let (bytes, records) = size(&f).await;
    assert!(records <= 256 * LIMIT as u64, "{records} records");
    fail_from(&f, ADDRESSES..3 * ADDRESSES).await;
    let (more_bytes, more_records) = size(&f).await;
    assert!(more_records <= 256 * LIMIT as u64, "{more_records} records");
    assert!(
        more_bytes * 10 <= bytes * 11,
        "{bytes} bytes for {ADDRESSES} addresses, {more_bytes} for three times as many"
    );
}
