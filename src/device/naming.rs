use super::definitions::{ParsedUserAgent, UserAgentDefinitions};
use super::hardware::{self, DeviceHardware};
use super::text::{displayable, leading_version};
use super::{DeviceDescription, FormFactor, clients, rules, vocabulary};

/// Maximum length of the name of a browser or app, in bytes.
const BROWSER_LIMIT: usize = 48;

/// Describes a user agent that needs no definitions: an empty one, or one of the programs in [`clients`]. Returns
/// `None` for any other.
pub(super) fn describe_without_definitions(user_agent: &str) -> Option<DeviceDescription> {
    if user_agent.is_empty() {
        return Some(DeviceDescription::default());
    }
    clients::describe_client(user_agent)
}

/// Describes any other user agent, by the built-in rules if there are no definitions.
pub(super) fn describe_with_definitions(
    user_agent: &str,
    definitions: Option<&UserAgentDefinitions>,
) -> DeviceDescription {
    let reading = definitions.map_or_else(|| rules::parse(user_agent), |definitions| definitions.parse(user_agent));
    let os = os_name(user_agent, &reading);
    let (browser, browser_major) = match embedding_app(user_agent, &reading.browser) {
        Some((app, version)) => (app, version),
        None => (browser_name(user_agent, &os, &reading), reading.browser_major.clone()),
    };
    if reading.brand == "Spider" {
        return describe_bot(browser, reading);
    }
    let hardware = hardware::detect_hardware(user_agent, &os, &reading);
    DeviceDescription {
        name: device_name(&browser, &hardware.display_name),
        form_factor: form_factor(&browser, &hardware),
        browser,
        browser_major,
        os,
        model: hardware.model,
    }
}

fn device_name(browser: &str, place: &str) -> String {
    match (browser, place) {
        ("", "") => DeviceDescription::default().name,
        ("", place) => place.to_owned(),
        (browser, "") => browser.to_owned(),
        (browser, place) => format!("{browser} on {place}"),
    }
}

/// Returns the form of the device. A program that names itself but no device is not unknown, only uncommon, and a
/// browser without a window is nobody's desktop: both are [`FormFactor::Other`].
fn form_factor(browser: &str, hardware: &DeviceHardware) -> FormFactor {
    match hardware.form_factor {
        _ if browser == "Headless Chrome" => FormFactor::Other,
        FormFactor::Unknown if !(browser.is_empty() && hardware.display_name.is_empty()) => FormFactor::Other,
        kind => kind,
    }
}

fn describe_bot(browser: String, reading: ParsedUserAgent) -> DeviceDescription {
    let browser = if browser.is_empty() { "Bot".to_owned() } else { browser };
    DeviceDescription {
        name: browser.clone(),
        form_factor: FormFactor::Other,
        browser,
        browser_major: reading.browser_major,
        ..DeviceDescription::default()
    }
}

fn browser_name(user_agent: &str, os: &str, reading: &ParsedUserAgent) -> String {
    let family = reading.browser.as_str();
    let app = own_product(user_agent);
    let name = match (&app, vocabulary::browser(family)) {
        (Some(app), _) if app == "Dalvik" => "Android app",
        (Some(app), _) if vocabulary::is_building_block(family) => app,
        _ if vocabulary::is_web_view(family) => "In-app browser",
        // On other systems, "Safari" is the name of the engine in any program that is built on it.
        (_, "Safari") if !matches!(os, "iOS" | "iPadOS" | "macOS") => "",
        (_, name) => name,
    };
    match displayable(name, BROWSER_LIMIT) {
        Some(name) => name.to_owned(),
        None if name.is_empty() => String::new(),
        None => app.unwrap_or_else(|| "App".to_owned()),
    }
}

/// Returns the first product of a user agent that does not claim to be Mozilla: an app's own name. It must be
/// displayable and have a version and at most three words.
fn own_product(user_agent: &str) -> Option<String> {
    let (product, version) = user_agent.split_once('/')?;
    let product = product.replace("%20", " ");
    let plausible = version.starts_with(|c: char| c.is_ascii_digit())
        && product.split(' ').count() <= 3
        && !matches!(product.as_str(), "Mozilla" | "Opera");
    displayable(&product, BROWSER_LIMIT).filter(|_| plausible).map(str::to_owned)
}

/// Returns the app that embeds a browser's engine, with its major version: the first product after the engine's own
/// preamble that is not part of the engine.
fn embedding_app(user_agent: &str, family: &str) -> Option<(String, String)> {
    if !vocabulary::is_engine(family) && !vocabulary::is_web_view(family) {
        return None;
    }
    let (_, products) = user_agent.split_once("like Gecko)")?;
    let mut products = products.split(' ').filter_map(|product| product.split_once('/'));
    let (name, version) = products.find(|(name, _)| !vocabulary::is_engine_product(name))?;
    let name = displayable(name, BROWSER_LIMIT).filter(|_| version.starts_with(|c: char| c.is_ascii_digit()))?;
    Some((name.to_owned(), leading_version(version).to_owned()))
}

fn os_name(user_agent: &str, reading: &ParsedUserAgent) -> String {
    let name = match vocabulary::os(&reading.os) {
        "iOS" | "macOS" if is_mac_program(user_agent) => "macOS",
        "iOS" | "macOS" if user_agent.contains("iPad") => "iPadOS",
        "macOS" if user_agent.contains("iPhone") => "iOS",
        "iOS" | "macOS" if is_ios_desktop_mode(user_agent) => "iPadOS",
        _ if user_agent.contains("OpenHarmony") => "HarmonyOS",
        "Other" => "",
        name => name,
    };
    displayable(name, BROWSER_LIMIT).unwrap_or_default().to_owned()
}

/// Returns whether a program uses the networking library of macOS and iOS on a Mac, or on a processor that only Macs
/// have.
fn is_mac_program(user_agent: &str) -> bool {
    const TOKENS: [&str; 4] = ["(x86_64)", "(i386)", "(Mac", "(iMac"];
    user_agent.contains("CFNetwork/") && TOKENS.iter().any(|token| user_agent.contains(token))
}

/// Returns whether a mobile browser requests desktop sites, as those of iPads do by default. It claims to be on a Mac
/// and names a product that exists only on iOS. A Safari that does so cannot be distinguished from one on a Mac.
fn is_ios_desktop_mode(user_agent: &str) -> bool {
    const TOKENS: [&str; 7] = [" Mobile/", " FxiOS/", " CriOS/", " EdgiOS/", " OPiOS/", " GSA/", "FBAN/FBIOS"];
    user_agent.contains("Macintosh") && TOKENS.iter().any(|token| user_agent.contains(token))
}
