//! GeoIP databases named on the command line.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use super::command_error::CommandError;

/// Returns the setting `geo.databases` for files and directories, or `None` if `paths` is empty. A directory stands
/// for its `.mmdb` files; a directory without such files is a usage error.
pub fn database_setting(paths: &[PathBuf]) -> Result<Option<toml::Value>, CommandError> {
    let mut names = Vec::new();
    for path in paths {
        let wrong =
            |reason: &dyn std::fmt::Display| CommandError::usage(format!("--geoip {}: {reason}", path.display()));
        let files = if path.is_dir() { mmdb_files(path).map_err(|error| wrong(&error))? } else { vec![path.clone()] };
        if files.is_empty() {
            return Err(wrong(&"no .mmdb files in the directory; run `make geoip` to download a database"));
        }
        for file in files {
            names.push(file.to_str().ok_or_else(|| wrong(&"the name is not UTF-8"))?.to_owned());
        }
    }
    Ok((!names.is_empty()).then(|| names.into()))
}

/// Returns the `.mmdb` files of `directory`, sorted by name, so that their precedence is predictable.
fn mmdb_files(directory: &Path) -> io::Result<Vec<PathBuf>> {
    let entries = fs::read_dir(directory)?.map(|entry| entry.map(|entry| entry.path()));
    let mut files = entries.collect::<io::Result<Vec<_>>>()?;
    files.retain(|path| path.extension().is_some_and(|extension| extension == "mmdb"));
    files.sort();
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_stands_for_its_databases_in_order() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = |name: &str| directory.path().join(name);
        assert!(database_setting(&[directory.path().to_owned()]).is_err(), "it is empty");
        for name in ["b.mmdb", "a.mmdb", "LICENSE"] {
            fs::write(path(name), "").expect("written");
        }
        let named = database_setting(&[path("other.mmdb"), directory.path().to_owned()]).expect("databases");
        let expected = ["other.mmdb", "a.mmdb", "b.mmdb"].map(|name| path(name).display().to_string());
        assert_eq!(named, Some(expected.to_vec().into()));
        assert_eq!(database_setting(&[]).expect("none"), None);
    }
}
