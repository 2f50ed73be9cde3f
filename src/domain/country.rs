//! Country codes, as edge networks and GeoIP databases write them.

/// Codes that have the form of a country code and name no country. `XX` and `ZZ` mean "unknown" (ISO 3166-1 leaves both
/// to users); `EU` and `AP` are regions in older GeoIP databases.
const NON_COUNTRY_CODES: [&str; 4] = ["XX", "ZZ", "EU", "AP"];

/// Returns the country that `code` names (ISO 3166-1 alpha-2, upper case), or an empty text if the code means "none" or
/// "unknown". A code with a digit never names a country: `T1` is the Tor network, `A1` an anonymous proxy, `A2` a
/// satellite network. Returns `None` if `code` does not have the form of a country code.
#[must_use]
pub fn normalise(code: &str) -> Option<String> {
    let code = code.trim().to_ascii_uppercase();
    let has_form = code.is_empty() || (code.len() == 2 && code.bytes().all(|byte| byte.is_ascii_alphanumeric()));
    let names_country =
        code.bytes().all(|byte| byte.is_ascii_uppercase()) && !NON_COUNTRY_CODES.contains(&code.as_str());
    has_form.then(|| if names_country { code } else { String::new() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_names_a_country_or_none_or_is_no_code() {
        for (code, country) in [("br", "BR"), (" GB ", "GB"), ("XK", "XK"), ("", "")] {
            assert_eq!(normalise(code).as_deref(), Some(country), "{code}");
        }
        for code in ["T1", "t1", "A1", "A2", "O1", "XX", "xx", "ZZ", "EU", "AP", "00"] {
            assert_eq!(normalise(code).as_deref(), Some(""), "{code}");
        }
        for code in ["B", "BRA", "Brazil", "B-", "É"] {
            assert_eq!(normalise(code), None, "{code}");
        }
    }
}
