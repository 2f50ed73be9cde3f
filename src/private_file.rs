//! Files that no other user of the machine may read.

use std::{
    fs::{self, File, Metadata, OpenOptions},
    io::{self, ErrorKind, Write},
    os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt, fchown},
    path::{Path, PathBuf},
};

/// The permission bits of a mode.
const PERMISSIONS: u32 = 0o777;

/// Permission of every user of the machine to read.
const OTHERS_READ: u32 = 0o004;

/// Creates the file for its owner alone if it does not exist. SQLite gives the mode of the file to the write-ahead log
/// beside it. A file that exists is not opened: closing it again would release the locks that this process may have on
/// it (POSIX `fcntl`).
pub async fn create_if_missing(file: &Path) -> io::Result<()> {
    let mut options = tokio::fs::OpenOptions::new();
    options.create_new(true).write(true);
    options.mode(0o600);
    match options.open(file).await {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}

/// Creates the file for its owner alone. A file that exists is an error and stays as it is. A file that could not be
/// written as a whole is removed.
pub(crate) fn create(path: &Path, text: &str) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    let written = file.write_all(text.as_bytes()).and_then(|()| file.sync_all());
    if written.is_err() {
        let _ = fs::remove_file(path);
    }
    written
}

/// Replaces the content of `path` with `text` in one step: a reader sees the old file or the new one, also after a
/// crash. The new file has the owner, group and permissions of the old one; if they cannot be preserved, the old file
/// stays. A file that did not exist gets mode 0600, and the owner of its directory if the caller may set it.
///
/// The caller must prevent two writers at the same time.
pub(crate) fn replace(path: &Path, text: &str) -> io::Result<()> {
    let path = resolve_link(path)?;
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".new");
    let new = path.with_file_name(name);
    let written = write(&path, &new, text).and_then(|()| fs::rename(&new, &path));
    if written.is_err() {
        // A later reader must not take the partial file for the real one.
        let _ = fs::remove_file(&new);
    }
    written?;
    File::open(parent_directory(&path))?.sync_all()
}

/// Returns the directory that contains `path`.
pub(crate) fn parent_directory(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        Some(_) | None => Path::new("."),
    }
}

/// Returns whether every user of the machine may read the file, or `false` if its metadata cannot be read.
#[must_use]
pub fn is_world_readable(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|metadata| metadata.permissions().mode() & OTHERS_READ != 0)
}

/// Returns the file that a link leads to, because renaming over a link would leave its target unchanged.
fn resolve_link(path: &Path) -> io::Result<PathBuf> {
    match fs::canonicalize(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(path.to_owned()),
        found => found,
    }
}

fn write(old: &Path, new: &Path, text: &str) -> io::Result<()> {
    match fs::remove_file(new) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        Ok(()) | Err(_) => {}
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(new)?;
    match fs::metadata(old) {
        Ok(old) => copy_ownership(&file, &old)?,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            if let Ok(directory) = fs::metadata(parent_directory(new)) {
                // Only root may do this; for other users the file is theirs, like any new file.
                let _ = copy_owner(&directory, &file);
            }
        }
        Err(error) => return Err(error),
    }
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

/// Gives `new` the owner, group and permissions of `old`.
fn copy_ownership(new: &File, old: &Metadata) -> io::Result<()> {
    copy_owner(old, new).map_err(|error| {
        let what = format!(
            "failed to preserve the file's owner and group ({error}); run this command as the owner or as root"
        );
        io::Error::new(error.kind(), what)
    })?;
    // Set after the owner, because a change of the owner may remove permissions.
    new.set_permissions(fs::Permissions::from_mode(old.permissions().mode() & PERMISSIONS))
}

fn copy_owner(other: &Metadata, new: &File) -> io::Result<()> {
    let current = new.metadata()?;
    let (owner, group) = (other.uid(), other.gid());
    if (current.uid(), current.gid()) == (owner, group) {
        return Ok(());
    }
    fchown(new, Some(owner), Some(group))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_replaced_file_keeps_owner_group_and_permissions() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("file");
        replace(&path, "one").expect("a new file");
        let mode = || fs::metadata(&path).expect("metadata").permissions().mode() & PERMISSIONS;
        assert_eq!(mode(), 0o600);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).expect("a mode");
        // Only root may give a file to another user; for other users the owner stays the same.
        let _ = std::os::unix::fs::chown(&path, Some(1234), Some(4321));
        let before = fs::metadata(&path).expect("metadata");
        replace(&path, "two").expect("replaced");
        let after = fs::metadata(&path).expect("metadata");
        assert_eq!((after.uid(), after.gid(), mode()), (before.uid(), before.gid(), 0o640));
        assert_eq!(fs::read_to_string(&path).expect("text"), "two");
        assert_eq!(fs::read_dir(directory.path()).expect("a directory").count(), 1, "nothing is left behind");
    }

    #[test]
    fn the_target_of_a_link_is_replaced() {
        let directory = tempfile::tempdir().expect("a directory");
        let (path, link) = (directory.path().join("file"), directory.path().join("link"));
        replace(&path, "one").expect("a new file");
        std::os::unix::fs::symlink(&path, &link).expect("a link");
        replace(&link, "two").expect("replaced");
        assert!(fs::symlink_metadata(&link).expect("metadata").is_symlink());
        assert_eq!(fs::read_to_string(&path).expect("text"), "two");
    }

    #[test]
    fn only_a_file_that_everybody_may_read_is_world_readable() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("file");
        assert!(!is_world_readable(&path));
        replace(&path, "one").expect("a new file");
        for (mode, is_readable) in [(0o600, false), (0o640, false), (0o644, true)] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("a mode");
            assert_eq!(is_world_readable(&path), is_readable, "{mode:o}");
        }
    }
}
