//! Lists of networks that hide where their users are, from files that an operator supplies.
//!
//! A file has one entry a line: an address, a block in CIDR notation, or the number of an autonomous system such as
//! `AS64500`. The rest of a line after a comma is ignored, as in the CSV files that operators of relays publish, and so
//! is everything after `#`.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError, RwLock},
};

use crate::{
    domain::{NetworkClass, NetworkDirectory, NetworkEntry},
    file_stamp::{FileStamp, read_stamped},
};

/// The maximum size of a file.
const MAX_FILE_BYTES: u64 = 64 << 20;
/// The maximum number of entries of a file.
const MAX_ENTRIES: usize = 1_000_000;

/// The networks of each class, by files that are read again when they change.
#[derive(Debug, Default)]
pub struct NetworkLists {
    files: Mutex<Vec<ListFile>>,
    directory: RwLock<Arc<NetworkDirectory>>,
}

/// A file, with the entries in use.
#[derive(Debug)]
struct ListFile {
    class: NetworkClass,
    path: PathBuf,
    stamp: Option<FileStamp>,
    entries: Vec<NetworkEntry>,
    failure: Option<String>,
}

/// The status of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NetworkListStatus {
    pub class: NetworkClass,
    pub path: PathBuf,
    /// The number of entries in use.
    pub entries: usize,
    /// The reason for which the current content of the file is not in use.
    pub failure: Option<String>,
    /// True if the entries or the failure are new since the status before.
    pub is_new: bool,
}

impl NetworkLists {
    /// Creates lists that are empty until the first [`reload_if_changed`](Self::reload_if_changed).
    #[must_use]
    pub fn new(files: impl IntoIterator<Item = (NetworkClass, PathBuf)>) -> Self {
        let new_file = |(class, path)| ListFile { class, path, stamp: None, entries: Vec::new(), failure: None };
        Self { files: Mutex::new(files.into_iter().map(new_file).collect()), directory: RwLock::default() }
    }

    /// Returns the networks in use.
    #[must_use]
    pub fn directory(&self) -> Arc<NetworkDirectory> {
        Arc::clone(&self.directory.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Reads every file that is new or has changed, and returns the status of each. A file that cannot be used leaves
    /// its previous entries in use. Lookups continue meanwhile. Blocks on the file system.
    pub fn reload_if_changed(&self) -> Vec<NetworkListStatus> {
        let mut files = self.files.lock().unwrap_or_else(PoisonError::into_inner);
        let status: Vec<_> = files.iter_mut().map(ListFile::reload_if_changed).collect();
        if status.iter().any(|file| file.is_new) {
            let entries_of = |class| files.iter().filter(move |file| file.class == class);
            let directory = NetworkDirectory::new(|class| {
                entries_of(class).flat_map(|file| file.entries.iter().copied()).collect()
            });
            *self.directory.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(directory);
        }
        status
    }
}

impl ListFile {
    fn reload_if_changed(&mut self) -> NetworkListStatus {
        let stamp = FileStamp::from_path(&self.path).ok();
        let is_known = self.failure.is_none() && stamp.is_some() && stamp == self.stamp;
        let is_new = !is_known && self.reload();
        NetworkListStatus {
            class: self.class,
            path: self.path.clone(),
            entries: self.entries.len(),
            failure: self.failure.clone(),
            is_new,
        }
    }

    /// Reads the file. Returns whether the entries or the failure changed.
    fn reload(&mut self) -> bool {
        match read_entries(&self.path) {
            Ok((entries, stamp)) => {
                self.stamp = Some(stamp);
                self.entries = entries;
                self.failure = None;
                true
            }
            Err(failure) => self.failure.replace(failure.clone()).as_ref() != Some(&failure),
        }
    }
}

fn read_entries(path: &Path) -> Result<(Vec<NetworkEntry>, FileStamp), String> {
    let (bytes, stamp) = read_stamped(path, MAX_FILE_BYTES).map_err(|error| error.to_string())?;
    let text = String::from_utf8(bytes).map_err(|_| "is not UTF-8".to_owned())?;
    Ok((parse_entries(&text)?, stamp))
}

/// Parses the text of a list. The error names the first line that is no entry.
fn parse_entries(text: &str) -> Result<Vec<NetworkEntry>, String> {
    let mut entries = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let entry = line.split(['#', ',']).next().unwrap_or_default().trim();
        if entry.is_empty() {
            continue;
        }
        let parsed = NetworkEntry::parse(entry)
            .ok_or_else(|| format!("line {} is no IP address, CIDR block or AS number (such as AS64500)", index + 1))?;
        entries.push(parsed);
        if entries.len() > MAX_ENTRIES {
            return Err(format!("has more than {MAX_ENTRIES} entries"));
        }
    }
    Ok(entries)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn classify(lists: &NetworkLists, ip: &str) -> Option<NetworkClass> {
        lists.directory().classify(ip.parse().ok(), 0)
    }

    #[test]
    fn comments_blank_lines_and_further_columns_are_ignored() {
        let text = "# exits\n\n203.0.113.7\n  2001:db8::/45 , GB, London\nAS64500 # a cloud\r\n";
        assert_eq!(parse_entries(text).expect("entries").len(), 3);
        assert_eq!(parse_entries("").expect("entries"), []);
        let error = parse_entries("203.0.113.7\nexit.example.com\n").expect_err("no entry");
        assert!(error.starts_with("line 2 "), "{error}");
    }

    #[test]
    fn a_replaced_file_takes_effect_and_a_bad_one_does_not() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("tor.txt");
        let lists = NetworkLists::new([(NetworkClass::Tor, path.clone())]);
        let missing = lists.reload_if_changed();
        assert!(missing[0].is_new && missing[0].failure.is_some(), "{missing:?}");
        assert!(!lists.reload_if_changed()[0].is_new, "a failure is new once");

        fs::write(&path, "203.0.113.7\n").expect("written");
        let loaded = lists.reload_if_changed();
        assert_eq!((loaded[0].is_new, loaded[0].entries, &loaded[0].failure), (true, 1, &None));
        assert_eq!(classify(&lists, "203.0.113.7"), Some(NetworkClass::Tor));
        assert!(!lists.reload_if_changed()[0].is_new);

        fs::write(&path, "203.0.113.8\nnonsense\n").expect("written");
        let rejected = lists.reload_if_changed();
        assert!(rejected[0].is_new && rejected[0].failure.is_some() && rejected[0].entries == 1, "{rejected:?}");
        assert_eq!(classify(&lists, "203.0.113.7"), Some(NetworkClass::Tor), "the previous entries stay in use");

        fs::write(&path, "203.0.113.8\n").expect("written");
        assert_eq!(lists.reload_if_changed()[0].failure, None);
        assert_eq!(classify(&lists, "203.0.113.7"), None);
        assert_eq!(classify(&lists, "203.0.113.8"), Some(NetworkClass::Tor));
    }
}
