//! Configuration files and variables.

#![no_main]

use std::{fs, path::PathBuf, sync::LazyLock};

use libfuzzer_sys::fuzz_target;
use session_authority::config::{Config, ConfigSources, render_effective_config};
use tempfile::TempDir;

static DIRECTORY: LazyLock<TempDir> = LazyLock::new(|| tempfile::tempdir().expect("a directory"));

fuzz_target!(|text: &str| {
    let file: PathBuf = DIRECTORY.path().join("configuration.toml");
    fs::write(&file, text).expect("a file");
    let sources = ConfigSources::default().with_file(Some(&file));
    match Config::load(&sources) {
        Ok(_) => assert!(render_effective_config(&sources).is_ok()),
        Err(error) => assert!(!error.to_string().is_empty()),
    }
});
