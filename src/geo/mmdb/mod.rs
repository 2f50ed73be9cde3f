//! GeoIP records from files in the `MaxMind` DB format (maxmind.github.io/MaxMind-DB, version 2.0).
//!
//! - `nested`, `flat` and `network` are the supported schemas, `normalize` brings their values into one form; `schema`
//!   determines the schema of a file
//! - [`GeoDatabase`] is a file that was read and verified, `file` reads it, `watched_file` reloads it after changes
//!
//! City and country files contain the location, ASN and ISP files the network. IPv4 and IPv6 may be in separate files.
//! If two files know the location of an address, the first one counts.

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

/// Locates addresses by files, which may be replaced at the same time.
#[derive(Debug)]
pub struct MmdbLocator {
    files: Vec<WatchedFile>,
}

/// Status of a database file.
#[derive(Clone, Debug)]
pub struct GeoDatabaseStatus {
    pub path: PathBuf,
    /// The database in use.
    pub database: Option<Arc<GeoDatabase>>,
    /// The reason for which the current content of the file is not in use.
    pub failure: Option<String>,
}

impl MmdbLocator {
    /// Creates a locator that knows nothing until the first [`reload_if_changed`](Self::reload_if_changed).
    #[must_use]
    pub fn new(paths: &[PathBuf]) -> Self {
        Self { files: paths.iter().map(|path| WatchedFile::new(path)).collect() }
    }

    /// Loads every file that is new or has changed, and returns the outcome for each. A file that cannot be used leaves
    /// its previous database in use. Lookups continue meanwhile. Blocks: about 0.2 s for 60 MB.
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
