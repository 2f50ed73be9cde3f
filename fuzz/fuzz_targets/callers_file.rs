//! The file that lists the callers and the hashes of their keys.

#![no_main]

use std::{fs, sync::LazyLock};

use libfuzzer_sys::fuzz_target;
use session_authority::callers::CallerFile;
use tempfile::TempDir;

static DIRECTORY: LazyLock<TempDir> = LazyLock::new(|| tempfile::tempdir().expect("a directory"));

fuzz_target!(|text: &str| {
    let path = DIRECTORY.path().join("callers.toml");
    fs::write(&path, text).expect("a file");
    if let Err(error) = CallerFile::new(&path).read() {
        assert!(!error.to_string().is_empty());
    }
});
