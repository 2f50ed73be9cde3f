/// The description of a device, derived from its user agent. Every text is printable ASCII; an empty one means
/// "unknown".
///
/// To determine whether two visits come from the same software, compare `browser`, `os` and `browser_major`. They are
/// the same for a browser's mobile and desktop editions, and exclude the versions that browsers freeze or invent.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct DeviceDescription {
    /// Name for people: "Firefox on Mac", "Chrome on Android phone", "gRPC client (Go)". It is never empty and has at
    /// most [`DeviceDescription::NAME_LIMIT`] bytes.
    pub name: String,
    /// The form of the device.
    pub form_factor: FormFactor,
    /// Family of the browser, app, library or bot, without its version: "Chrome", "curl".
    pub browser: String,
    /// Major version of the browser, digits only.
    pub browser_major: String,
    /// Family of the operating system, without its version: "iOS", "Windows".
    pub os: String,
    /// The hardware, if the user agent names any that is not a placeholder: "iPhone", "Samsung SM-S918B". Most current
    /// browsers do not.
    pub model: String,
}

impl DeviceDescription {
    /// Maximum length of a name, in bytes.
    pub const NAME_LIMIT: usize = 128;
}

impl Default for DeviceDescription {
    /// Returns the description of a device about which nothing is known.
    fn default() -> Self {
        Self {
            name: "Unknown device".to_owned(),
            form_factor: FormFactor::Unknown,
            browser: String::new(),
            browser_major: String::new(),
            os: String::new(),
            model: String::new(),
        }
    }
}

/// The form of a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FormFactor {
    /// A phone, or something that presents itself as one.
    Mobile,
    /// A tablet.
    Tablet,
    /// A desktop or laptop computer. Includes iPads whose Safari requests desktop sites.
    Desktop,
    /// Known, and none of the above: televisions, consoles, command-line clients, libraries, bots.
    Other,
    /// The user agent does not reveal the form.
    Unknown,
}

impl FormFactor {
    /// Returns a lower-case word for each form. It is part of derived device IDs, so it must never change.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Mobile => "mobile",
            Self::Tablet => "tablet",
            Self::Desktop => "desktop",
            Self::Other => "other",
            Self::Unknown => "unknown",
        }
    }
}
