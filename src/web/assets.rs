//! Style, scripts and images of the pages.
//!
//! The address of each file has a digest of its contents, so that browsers may keep it forever.

use std::sync::LazyLock;

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

/// A file of `web/assets`.
#[derive(Debug)]
pub struct Asset {
    pub name: &'static str,
    pub content_type: &'static str,
    pub content: &'static [u8],
    digest: String,
}

static ASSETS: LazyLock<Vec<Asset>> = LazyLock::new(|| {
    let file = |name, content_type, content: &'static [u8]| {
        let digest = HEXLOWER.encode(&Sha256::digest(content)[..8]);
        Asset { name, content_type, content, digest }
    };
    vec![
        file("style.css", "text/css; charset=utf-8", include_bytes!("../../web/assets/style.css")),
        file("pages.js", "text/javascript; charset=utf-8", include_bytes!("../../web/assets/pages.js")),
        file("icon.svg", "image/svg+xml", include_bytes!("../../web/assets/icon.svg")),
    ]
});

/// Returns the file at `/assets/DIGEST/NAME`.
#[must_use]
pub fn find(digest: &str, name: &str) -> Option<&'static Asset> {
    ASSETS.iter().find(|asset| asset.name == name && asset.digest == digest)
}

/// Returns the address of a file, below the path of an area.
pub(super) fn address(base: &str, name: &str) -> String {
    let digest = ASSETS.iter().find(|asset| asset.name == name).map(|asset| asset.digest.as_str());
    format!("{base}/assets/{}/{name}", digest.unwrap_or("unknown"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_found_at_its_address_only() {
        for asset in ASSETS.iter() {
            assert_eq!(address("/console", asset.name), format!("/console/assets/{}/{}", asset.digest, asset.name));
            assert!(find(&asset.digest, asset.name).is_some());
            assert!(find("0123456789abcdef", asset.name).is_none(), "an earlier release");
        }
        assert!(find("", "../Cargo.toml").is_none());
    }

    #[test]
    fn all_files_are_small() {
        let total: usize = ASSETS.iter().map(|asset| asset.content.len()).sum();
        assert!(total < 100 * 1024, "{total} bytes");
    }
}
