//! Permissions of files that hold secrets.

use crate::{config::SecretFile, private_file::is_world_readable};

/// Warns of every file that all users of this machine may read. It is used all the same: how secrets are mounted
/// into containers is not always the operator's choice, and nobody else is in there.
pub(super) fn warn_if_world_readable(files: &[SecretFile]) {
    for SecretFile { setting, path } in files {
        if is_world_readable(path) {
            let path = path.display();
            tracing::warn!(
                setting, %path,
                "every user of this machine can read a file that holds secrets or hashes of them; change that (chmod o-rwx)"
            );
        }
    }
}
