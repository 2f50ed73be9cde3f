//! The form and the name of a device's hardware.

use super::FormFactor;
use super::definitions::ParsedUserAgent;
use super::text::displayable;
use super::vocabulary;

/// Maximum length of a model with its brand, in bytes.
const MODEL_LIMIT: usize = 48;

pub(super) struct DeviceHardware {
    pub form_factor: FormFactor,
    /// The part of a name after "on": "iPhone", "Windows", "Samsung SM-S918B".
    pub display_name: String,
    /// Brand and model, empty if generic.
    pub model: String,
}

/// Returns the hardware behind `user_agent`. `os` is the operating system by its name in [`vocabulary::os`], and
/// `reading` the parsed user agent.
pub(super) fn detect_hardware(user_agent: &str, os: &str, reading: &ParsedUserAgent) -> DeviceHardware {
    if let Some((_, place)) = APPLIANCES.iter().find(|(token, _)| user_agent.contains(token)) {
        return named_hardware(FormFactor::Other, place);
    }
    match os {
        "iPadOS" => named_hardware(FormFactor::Tablet, "iPad"),
        "iOS" if user_agent.contains("iPod") => named_hardware(FormFactor::Mobile, "iPod touch"),
        "iOS" if user_agent.contains("iPhone") => named_hardware(FormFactor::Mobile, "iPhone"),
        "iOS" => generic_hardware(FormFactor::Mobile, "iOS device"),
        "macOS" => generic_hardware(FormFactor::Desktop, "Mac"),
        "Android" | "HarmonyOS" => detect_handheld(user_agent, os, reading),
        "tvOS" => named_hardware(FormFactor::Other, "Apple TV"),
        "watchOS" => named_hardware(FormFactor::Other, "Apple Watch"),
        "Tizen" | "webOS" => generic_hardware(FormFactor::Other, os),
        "" => DeviceHardware {
            form_factor: stated_form_factor(user_agent).unwrap_or(FormFactor::Unknown),
            display_name: model_name(reading),
            model: model_name(reading),
        },
        os if DESKTOPS.contains(&os) => generic_hardware(FormFactor::Desktop, os),
        os => {
            let model = model_name(reading);
            DeviceHardware {
                form_factor: stated_form_factor(user_agent).unwrap_or(FormFactor::Mobile),
                display_name: if model.is_empty() { os } else { &model }.to_owned(),
                model,
            }
        }
    }
}

/// Token and name of appliances: devices with a browser that are neither computers nor handhelds.
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

/// Model prefixes of tablets whose browsers may nevertheless say "Mobile".
const TABLET_MODELS: &[&str] = &["SM-T", "SM-X", "SM-P", "KF", "Kindle"];

fn detect_handheld(user_agent: &str, os: &str, reading: &ParsedUserAgent) -> DeviceHardware {
    let tablet_model = TABLET_MODELS.iter().any(|prefix| reading.model.starts_with(prefix))
        || reading
            .model
            .split(|c: char| !c.is_ascii_alphanumeric())
            .any(|word| matches!(word, "Tab" | "Tablet" | "Pad" | "MatePad" | "MediaPad"));
    let kind = match stated_form_factor(user_agent) {
        _ if tablet_model => FormFactor::Tablet,
        Some(kind) => kind,
        // Among Android browsers, only those of tablets state neither. Apps and proxies may state neither on any
        // device.
        None if user_agent.starts_with("Mozilla/") => FormFactor::Tablet,
        None => FormFactor::Mobile,
    };
    let model = model_name(reading);
    let place = match kind {
        _ if !model.is_empty() => model.clone(),
        FormFactor::Tablet => format!("{os} tablet"),
        _ => format!("{os} phone"),
    };
    DeviceHardware { form_factor: kind, display_name: place, model }
}

/// Returns the form that a user agent states explicitly.
fn stated_form_factor(user_agent: &str) -> Option<FormFactor> {
    if user_agent.contains("Tablet") {
        Some(FormFactor::Tablet)
    } else if user_agent.contains("Mobile") || user_agent.contains("Phone") {
        Some(FormFactor::Mobile)
    } else {
        None
    }
}

/// Returns brand and model. The brand appears only once, and is omitted if the model is known without it. The result is
/// empty for placeholders: the `K` of reduced user agents, and any model without a known brand.
fn model_name(reading: &ParsedUserAgent) -> String {
    let brand = vocabulary::brand(&reading.brand);
    let model = reading.model.trim();
    // uap-core mistakes the name of Huawei's browser for a phone.
    if brand.is_empty() || matches!(model, "" | "K" | "Browser" | "Smartphone" | "Tablet") {
        return String::new();
    }
    let name = if matches!(brand, "Google" | "Amazon" | "Apple") || starts_with(model, brand) {
        model.to_owned()
    } else {
        format!("{brand} {model}")
    };
    displayable(&name, MODEL_LIMIT).unwrap_or_default().to_owned()
}

fn starts_with(model: &str, brand: &str) -> bool {
    model.get(..brand.len()).is_some_and(|start| start.eq_ignore_ascii_case(brand))
}

fn named_hardware(kind: FormFactor, place: &str) -> DeviceHardware {
    DeviceHardware { model: place.to_owned(), ..generic_hardware(kind, place) }
}

fn generic_hardware(kind: FormFactor, place: &str) -> DeviceHardware {
    DeviceHardware { form_factor: kind, display_name: place.to_owned(), model: String::new() }
}
