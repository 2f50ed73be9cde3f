//! Permissions of files that hold secrets.

use crate::{config::SecretFile, private_file::is_world_readable};

/// Warns of every file that all users of this machine can read. The file is used all the same: operators cannot always
/// choose how secrets are mounted into containers, which have no other users.
pub(super) fn warn_if_world_readable(files: &[SecretFile]) {
    for SecretFile { setting, path } in files {
        if is_world_readable(path) {
            let path = path.display();
            tracing::warn!(
                setting, %path,
                "secret file is world-readable; restrict its permissions (chmod o-rwx)"
            );
        }
    }
}
