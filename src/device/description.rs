/// What is known of a device from its user agent. Every text is printable ASCII; an empty one
/// means "not known".
///
/// To tell whether two visits come from the same software, compare `browser`, `os` and
/// `browser_major`: they are the same for a browser's mobile and desktop editions and leave out
/// the versions that browsers freeze or invent.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct DeviceDescription {
    /// For people: "Firefox on Mac", "Chrome on Android phone", "gRPC client (Go)". Never empty,
    /// at most [`DeviceDescription::NAME_LIMIT`] bytes.
    pub name: String,
    /// The form of the device.
    pub form_factor: FormFactor,
    /// Family of the browser, app, library or bot, without its version: "Chrome", "curl".
    pub browser: String,
    /// Major version of the browser, digits only.
    pub browser_major: String,
    /// Family of the operating system, without its version: "iOS", "Windows".
    pub os: String,
    /// The hardware when the user agent names one that is not a placeholder: "iPhone",
    /// "Samsung SM-S918B". Most browsers of today do not.
    pub model: String,
}

impl DeviceDescription {
    /// Longest name, in bytes.
    pub const NAME_LIMIT: usize = 128;
}

impl Default for DeviceDescription {
    /// The device of which nothing is known.
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
    /// A desktop or laptop computer. Includes iPads whose Safari asks for desktop sites.
    Desktop,
    /// Known, and none of the above: televisions, consoles, command-line clients, libraries, bots.
    Other,
    /// The user agent does not tell.
    Unknown,
}

impl FormFactor {
    /// A lower-case word for each kind; part of derived device ids, so never changed.
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
