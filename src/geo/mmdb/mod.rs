//! Places from files in the `MaxMind` DB format (maxmind.github.io/MaxMind-DB, version 2.0).
//!
//! - `nested`, `flat` and `network` are the schemas that are understood, `normal` the form that all of them are
//!   brought into; `schema` tells which one a file has
//! - [`GeoDatabase`] is a file that was read and checked, `file` reads it, `watched` follows what happens to it
//!
//! City and country files give the place, ASN and ISP files the network; IPv4 and IPv6 may lie in files of their own.
//! Of two files that know the place of an address the first one counts.

mod database;
mod error;
mod file;
mod flat;
mod nested;
mod network;
mod normalize;
mod schema;
mod watched_file;

#[cfg(test)]
mod samples;
#[cfg(test)]
mod tests;

use std::{
    net::IpAddr,
    path::{Path, PathBuf},
    sync::Arc,
};

use super::GeoLocator;
use crate::domain::{GeoIpRecord, is_special_purpose};

pub use database::GeoDatabase;
pub use error::GeoDatabaseError;
pub use schema::DatabaseKind;
pub use watched_file::DatabaseReloadOutcome;

use watched_file::WatchedFile;

/// Finds places in files, which may be replaced while it does.
#[derive(Debug)]
pub struct MmdbLocator {
    files: Vec<WatchedFile>,
}

/// How it stands with a file.
#[derive(Clone, Debug)]
pub struct GeoDatabaseStatus {
    pub path: PathBuf,
    /// What is in use.
    pub database: Option<Arc<GeoDatabase>>,
    /// Why what lies in the file now is not.
    pub failure: Option<String>,
}

impl MmdbLocator {
    /// Knows nothing until the first [`reload_if_changed`](Self::reload_if_changed).
    #[must_use]
    pub fn new(paths: &[PathBuf]) -> Self {
        Self { files: paths.iter().map(|path| WatchedFile::new(path)).collect() }
    }

    /// Takes over every file that is new or has changed, and says what came of each. One that cannot be used leaves
    /// what was read from it before. Lookups go on meanwhile. Blocks: about 0.2 s for 60 MB.
    pub fn reload_if_changed(&self) -> Vec<(&Path, DatabaseReloadOutcome)> {
        self.files.iter().map(|file| (file.path(), file.reload_if_changed())).collect()
    }

    #[must_use]
    pub fn status(&self) -> Vec<GeoDatabaseStatus> {
        let status = |file: &WatchedFile| GeoDatabaseStatus {
            path: file.path().to_owned(),
            database: file.current(),
            failure: file.failure(),
        };
        self.files.iter().map(status).collect()
    }
}

impl GeoLocator for MmdbLocator {
    fn locate(&self, ip: IpAddr) -> GeoIpRecord {
        let ip = ip.to_canonical();
        if is_special_purpose(ip) {
            return GeoIpRecord::default();
        }
        let databases = self.files.iter().filter_map(WatchedFile::current);
        databases.fold(GeoIpRecord::default(), |known, database| known.merge(database.lookup(ip)))
    }
}
