//! Parsing of a user agent without definitions: enough to name the browsers and systems that nearly everyone uses, in
//! the same words that the definitions use for them.

use super::definitions::ParsedUserAgent;
use super::text::leading_version;

/// Token and family. The first token found decides, because browsers name the ones from which they descend: Edge says
/// Chrome, Chrome says Safari.
const BROWSERS: &[(&str, &str)] = &[
    ("EdgiOS/", "Edge Mobile"),
    ("EdgA/", "Edge Mobile"),
    ("Edg/", "Edge"),
    ("Edge/", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("FxiOS/", "Firefox iOS"),
    ("Firefox/", "Firefox"),
    ("CriOS/", "Chrome Mobile iOS"),
    ("Electron/", "Electron"),
    ("HeadlessChrome/", "HeadlessChrome"),
    ("Chrome/", "Chrome"),
    ("Version/", "Safari"),
];

/// Token, family and maker. The first token found decides, because devices name the ones that they resemble: Android
/// says Linux, an iPod says iPhone.
const SYSTEMS: &[(&str, &str, &str)] = &[
    ("iPod", "iOS", "Apple"),
    ("iPhone", "iOS", "Apple"),
    ("iPad", "iOS", "Apple"),
    ("Android", "Android", ""),
    ("CrOS", "Chrome OS", ""),
    ("Windows", "Windows", ""),
    ("Macintosh", "Mac OS X", "Apple"),
    ("Linux", "Linux", ""),
];

pub(super) fn parse(user_agent: &str) -> ParsedUserAgent {
    let (browser, version) = browser(user_agent).unwrap_or_default();
    let (model, os, brand) = SYSTEMS.iter().copied().find(|(token, ..)| user_agent.contains(token)).unwrap_or_default();
    ParsedUserAgent {
        browser: browser.to_owned(),
        browser_major: version.to_owned(),
        os: os.to_owned(),
        brand: brand.to_owned(),
        model: model.to_owned(),
    }
}

fn browser(user_agent: &str) -> Option<(&'static str, &str)> {
    if user_agent.contains("; wv)") {
        return Some(("Chrome Mobile WebView", ""));
    }
    BROWSERS.iter().find_map(|(token, family)| {
        let at = user_agent.find(token)? + token.len();
        Some((*family, leading_version(&user_agent[at..])))
    })
}
