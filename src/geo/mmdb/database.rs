//! A GeoIP database, in memory.

use std::net::IpAddr;

use maxminddb::{Reader, WithinOptions};

use super::{
    error::GeoDatabaseError,
    schema::{DatabaseKind, RecordSchema},
};
use crate::domain::{GeoIpRecord, UnixMillis, limits::truncate_text};

/// Number of first records that are examined to detect the schema, and that are all decoded when a file is verified.
const MAX_PROBED_RECORDS: usize = 1_000;
/// Sampling interval of the records that follow: one in so many is decoded.
const SAMPLE_INTERVAL: usize = 1_000;
/// Maximum number of networks per node of a sound tree: IPv4 under its four IPv6 prefixes, and itself.
const NETWORKS_PER_NODE: usize = 8;
/// Maximum bytes of a type name that are shown.
const TYPE_BYTES: usize = 64;

/// A verified database. It is held in memory as a whole. A memory-mapped file would end the process when somebody
/// truncates it, and its pages could change under the reader.
#[derive(Debug)]
pub struct GeoDatabase {
    reader: Reader<Vec<u8>>,
    schema: RecordSchema,
    name: String,
}

impl GeoDatabase {
    /// Verifies the layout, traverses the whole tree and decodes a sample of the records. The work is bounded for any
    /// input: at most eight steps for each node of the tree.
    pub fn new(bytes: Vec<u8>) -> Result<Self, GeoDatabaseError> {
        let reader = Reader::from_source(bytes)?;
        let name = truncate_text(&reader.metadata().database_type, TYPE_BYTES);
        let schema = detect_schema(&reader)?.ok_or_else(|| GeoDatabaseError::UnknownSchema(name.clone()))?;
        verify_records(&reader, schema)?;
        Ok(Self { reader, schema, name })
    }

    /// Returns the record of `ip`; empty if nothing is known, and for addresses of an IP version that the file does not
    /// cover.
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

    /// Returns the name that the file gives itself: its `database_type`.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the build time that the file states.
    #[must_use]
    pub fn build_time(&self) -> UnixMillis {
        UnixMillis::new(self.reader.metadata().build_epoch.saturating_mul(1_000))
    }
}

/// Returns the options to iterate over every network, including aliases: skipping them can take forever in a tree whose
/// branches all lead to one.
fn all_networks() -> WithinOptions {
    WithinOptions::default().include_aliased_networks().include_networks_without_data()
}

/// Returns the schema of the first record that a schema matches; `None` if none of the first [`MAX_PROBED_RECORDS`] with
/// data matches.
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

/// Fails at a dangling pointer, at a loop, and at a record in the sample that cannot be decoded.
fn verify_records(reader: &Reader<Vec<u8>>, schema: RecordSchema) -> Result<(), GeoDatabaseError> {
    let (most, mut records) = (max_networks(reader), 0_usize);
    for (networks, found) in reader.networks(all_networks())?.enumerate() {
        let found = found?;
        if networks == most {
            return Err(GeoDatabaseError::Damaged("its search tree has shared branches".to_owned()));
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
