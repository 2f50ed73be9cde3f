//! One database, in memory.

use std::net::IpAddr;

use maxminddb::{Reader, WithinOptions};

use super::{
    error::GeoDatabaseError,
    schema::{DatabaseKind, RecordSchema},
};
use crate::domain::{GeoIpRecord, UnixMillis, limits::truncate_text};

/// Records that are looked at for what schema they are of, and read in full when a file is checked.
const MAX_PROBED_RECORDS: usize = 1_000;
/// Of those that follow, one in so many is read.
const SAMPLE_INTERVAL: usize = 1_000;
/// Networks that a sound tree has at most for each node: IPv4 under its four IPv6 prefixes, and itself.
const NETWORKS_PER_NODE: usize = 8;
/// Bytes of a type's name that are shown.
const TYPE_BYTES: usize = 64;

/// A database that was checked. It lies in memory as a whole: a file that is mapped instead ends the process when
/// somebody cuts it short, and what its pages hold changes under the reader.
#[derive(Debug)]
pub struct GeoDatabase {
    reader: Reader<Vec<u8>>,
    schema: RecordSchema,
    name: String,
}

impl GeoDatabase {
    /// Checks the layout, walks the whole tree and reads a sample of the records. Bounded for any input: at most
    /// eight steps for each node of the tree.
    pub fn new(bytes: Vec<u8>) -> Result<Self, GeoDatabaseError> {
        let reader = Reader::from_source(bytes)?;
        let name = truncate_text(&reader.metadata().database_type, TYPE_BYTES);
        let schema = detect_schema(&reader)?.ok_or_else(|| GeoDatabaseError::UnknownSchema(name.clone()))?;
        verify_records(&reader, schema)?;
        Ok(Self { reader, schema, name })
    }

    /// What is known of `ip`; empty when nothing is, and for addresses of a version that the file does not have.
    #[must_use]
    pub fn lookup(&self, ip: IpAddr) -> GeoIpRecord {
        if ip.is_ipv6() && self.reader.metadata().ip_version == 4 {
            return GeoIpRecord::default();
        }
        self.reader.lookup(ip).and_then(|found| self.schema.decode(&found)).unwrap_or_default()
    }

    #[must_use]
    pub const fn kind(&self) -> DatabaseKind {
        self.schema.kind()
    }

    /// What the file calls itself: its `database_type`.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// When it was made, as it says itself.
    #[must_use]
    pub fn build_time(&self) -> UnixMillis {
        UnixMillis::new(self.reader.metadata().build_epoch.saturating_mul(1_000))
    }
}

/// Every network, aliases too: skipping them can take for ever in a tree whose branches all lead to one.
fn all_networks() -> WithinOptions {
    WithinOptions::default().include_aliased_networks().include_networks_without_data()
}

/// The schema of the first record that says something.
fn detect_schema(reader: &Reader<Vec<u8>>) -> Result<Option<RecordSchema>, GeoDatabaseError> {
    let candidates = RecordSchema::candidates(&reader.metadata().database_type);
    let mut probed = 0;
    for found in reader.networks(all_networks())?.take(max_networks(reader)) {
        let found = found?;
        if !found.has_data() {
            continue;
        }
        if let Some(schema) = candidates.iter().find(|schema| schema.matches(&found)) {
            return Ok(Some(*schema));
        }
        probed += 1;
        if probed == MAX_PROBED_RECORDS {
            break;
        }
    }
    Ok(None)
}

/// Fails at a pointer that leads nowhere, at a loop, and at a record in the sample that cannot be read.
fn verify_records(reader: &Reader<Vec<u8>>, schema: RecordSchema) -> Result<(), GeoDatabaseError> {
    let (most, mut records) = (max_networks(reader), 0_usize);
    for (networks, found) in reader.networks(all_networks())?.enumerate() {
        let found = found?;
        if networks == most {
            return Err(GeoDatabaseError::Damaged("its search tree has branches in common".to_owned()));
        }
        if found.has_data() {
            if records < MAX_PROBED_RECORDS || records.is_multiple_of(SAMPLE_INTERVAL) {
                schema.decode(&found)?;
            }
            records += 1;
        }
    }
    Ok(())
}

fn max_networks(reader: &Reader<Vec<u8>>) -> usize {
    (reader.metadata().node_count as usize).saturating_add(1).saturating_mul(NETWORKS_PER_NODE)
}
