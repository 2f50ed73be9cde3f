//! A temporary directory for the lifetime of a server.

use std::{
    fs::{self, DirBuilder},
    io,
    path::{Path, PathBuf},
};

use data_encoding::HEXLOWER;

use crate::entropy::{Entropy, random_bytes};

/// A new directory that only its owner can use. It is removed with its content on drop.
pub struct ScratchDirectory(PathBuf);

impl ScratchDirectory {
    pub fn create(entropy: &dyn Entropy) -> io::Result<Self> {
        let unique = random_bytes::<8>(entropy).map_err(io::Error::other)?;
        let path = std::env::temp_dir().join(format!("session-authority-{}", HEXLOWER.encode(&unique)));
        let mut builder = DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(&path)?;
        Ok(Self(path))
    }

    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for ScratchDirectory {
    fn drop(&mut self) {
        // A file that cannot be removed stays in the directory of temporary files.
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entropy::SystemEntropy;

    #[test]
    fn the_directory_is_private_and_goes_with_its_content() {
        let directory = ScratchDirectory::create(&SystemEntropy).expect("a directory");
        let path = directory.path().to_owned();
        fs::write(path.join("file"), "content").expect("a file");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(fs::metadata(&path).expect("metadata").permissions().mode() & 0o777, 0o700);
        }
        drop(directory);
        assert!(!path.exists());
    }
}
