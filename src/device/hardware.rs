//! What kind of thing a device is, and what to call it.

use super::Kind;
use super::definitions::Reading;
use super::text::showable;
use super::vocabulary;

/// Longest model with its brand, in bytes.
const MODEL_LIMIT: usize = 48;

pub(super) struct Hardware {
    pub kind: Kind,
    /// What follows "on" in a name: "iPhone", "Windows", "Samsung SM-S918B".
    pub place: String,
    /// Brand and model, empty if generic.
    pub model: String,
}

/// The hardware behind `user_agent`, given the operating system by its name in
/// [`vocabulary::os`] and what else was read.
pub(super) fn recognise(user_agent: &str, os: &str, reading: &Reading) -> Hardware {
    if let Some((_, place)) = APPLIANCES.iter().find(|(token, _)| user_agent.contains(token)) {
        return named(Kind::Other, place);
    }
    match os {
        "iPadOS" => named(Kind::Tablet, "iPad"),
        "iOS" if user_agent.contains("iPod") => named(Kind::Mobile, "iPod touch"),
        "iOS" if user_agent.contains("iPhone") => named(Kind::Mobile, "iPhone"),
        "iOS" => generic(Kind::Mobile, "iOS device"),
        "macOS" => generic(Kind::Desktop, "Mac"),
        "Android" | "HarmonyOS" => handheld(user_agent, os, reading),
        "tvOS" => named(Kind::Other, "Apple TV"),
        "watchOS" => named(Kind::Other, "Apple Watch"),
        "Tizen" | "webOS" => generic(Kind::Other, os),
        "" => {
            Hardware { kind: form(user_agent).unwrap_or(Kind::Unknown), place: model(reading), model: model(reading) }
        }
        os if DESKTOPS.contains(&os) => generic(Kind::Desktop, os),
        os => {
            let model = model(reading);
            Hardware {
                kind: form(user_agent).unwrap_or(Kind::Mobile),
                place: if model.is_empty() { os } else { &model }.to_owned(),
                model,
            }
        }
    }
}

/// Token, name: things with a browser that are neither computer nor handheld.
const APPLIANCES: &[(&str, &str)] = &[
    ("PlayStation 5", "PlayStation 5"),
    ("PlayStation 4", "PlayStation 4"),
    ("PlayStation", "PlayStation"),
    ("Xbox", "Xbox"),
    ("Nintendo Switch", "Nintendo Switch"),
    ("Nintendo", "Nintendo"),
    ("Quest 3", "Meta Quest 3"),
    ("Quest 2", "Meta Quest 2"),
    ("OculusBrowser", "Meta Quest"),
    ("SMART-TV", "Samsung TV"),
    ("Web0S", "LG TV"),
    ("; AFT", "Fire TV"),
    ("BRAVIA", "Sony TV"),
    ("AppleTV", "Apple TV"),
    ("Android TV", "Android TV"),
    ("GoogleTV", "Google TV"),
    ("CrKey", "Chromecast"),
    ("HbbTV", "TV"),
    ("SmartTV", "TV"),
    ("Smart-TV", "TV"),
];

const DESKTOPS: &[&str] = &[
    "Windows",
    "ChromeOS",
    "Linux",
    "Ubuntu",
    "Kubuntu",
    "Debian",
    "Fedora",
    "Red Hat",
    "CentOS",
    "SUSE",
    "Mandriva",
    "Mageia",
    "Arch Linux",
    "Gentoo",
    "Linux Mint",
    "PCLinuxOS",
    "Slackware",
    "FreeBSD",
    "OpenBSD",
    "NetBSD",
    "DragonFly",
    "Solaris",
];

/// Model prefixes of tablets whose browsers may yet say "Mobile".
const TABLET_MODELS: &[&str] = &["SM-T", "SM-X", "SM-P", "KF", "Kindle"];

fn handheld(user_agent: &str, os: &str, reading: &Reading) -> Hardware {
    let tablet_model = TABLET_MODELS.iter().any(|prefix| reading.model.starts_with(prefix))
        || reading
            .model
            .split(|c: char| !c.is_ascii_alphanumeric())
            .any(|word| matches!(word, "Tab" | "Tablet" | "Pad" | "MatePad" | "MediaPad"));
    let kind = match form(user_agent) {
        _ if tablet_model => Kind::Tablet,
        Some(kind) => kind,
        // Of Android's browsers, only those of tablets say neither; apps and proxies just do not.
        None if user_agent.starts_with("Mozilla/") => Kind::Tablet,
        None => Kind::Mobile,
    };
    let model = model(reading);
    let place = match kind {
        _ if !model.is_empty() => model.clone(),
        Kind::Tablet => format!("{os} tablet"),
        _ => format!("{os} phone"),
    };
    Hardware { kind, place, model }
}

/// The form that a user agent states in so many words.
fn form(user_agent: &str) -> Option<Kind> {
    if user_agent.contains("Tablet") {
        Some(Kind::Tablet)
    } else if user_agent.contains("Mobile") || user_agent.contains("Phone") {
        Some(Kind::Mobile)
    } else {
        None
    }
}

/// Brand and model, the brand only once, and left out where the model is known without it. Empty
/// for placeholders: the `K` of reduced user agents, and whatever has no known brand.
fn model(reading: &Reading) -> String {
    let brand = vocabulary::brand(&reading.brand);
    let model = reading.model.trim();
    // uap-core takes the name of Huawei's browser for a phone.
    if brand.is_empty() || matches!(model, "" | "K" | "Browser" | "Smartphone" | "Tablet") {
        return String::new();
    }
    let told = if matches!(brand, "Google" | "Amazon" | "Apple") || starts_with(model, brand) {
        model.to_owned()
    } else {
        format!("{brand} {model}")
    };
    showable(&told, MODEL_LIMIT).unwrap_or_default().to_owned()
}

fn starts_with(model: &str, brand: &str) -> bool {
    model.get(..brand.len()).is_some_and(|start| start.eq_ignore_ascii_case(brand))
}

fn named(kind: Kind, place: &str) -> Hardware {
    Hardware { model: place.to_owned(), ..generic(kind, place) }
}

fn generic(kind: Kind, place: &str) -> Hardware {
    Hardware { kind, place: place.to_owned(), model: String::new() }
}
