//! Paths in which requests may name the same page.

/// Returns whether a router may serve the same page for both paths: apart from slashes at the end and percent-encoding,
/// they are equal.
pub fn is_same_page(one: &str, other: &str) -> bool {
    let (one, other) = (decode(one), decode(other));
    without_slashes(&one) == without_slashes(&other)
}

fn without_slashes(path: &[u8]) -> &[u8] {
    let end = path.iter().rposition(|&byte| byte != b'/').map_or(0, |last| last + 1);
    &path[..end]
}

/// Decodes percent-encoding (RFC 3986 section 2.1). A percent sign without two digits stays.
fn decode(path: &str) -> Vec<u8> {
    let mut decoded = Vec::with_capacity(path.len());
    let mut rest = path.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let encoded = if first == b'%' { after.split_first_chunk() } else { None };
        let (byte, after) = encoded.and_then(|(digits, after)| Some((hex(*digits)?, after))).unwrap_or((first, after));
        decoded.push(byte);
        rest = after;
    }
    decoded
}

fn hex([high, low]: [u8; 2]) -> Option<u8> {
    let digit = |byte| char::from(byte).to_digit(16);
    u8::try_from(digit(high)? * 16 + digit(low)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_spellings_of_a_path_are_the_same_page() {
        for same in ["/admin", "/admin/", "/admin//", "/%61dmin", "/a%64min%2F"] {
            assert!(is_same_page("/admin", same), "{same}");
        }
        for other in ["/", "/administration", "/admin/x", "/admin%", "/admin%6", "/admin%zz", "/Admin", "/%2561dmin"] {
            assert!(!is_same_page("/admin", other), "{other}");
        }
        assert!(is_same_page("/", "/"));
    }
}
