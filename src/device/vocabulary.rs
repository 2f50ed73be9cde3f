//! Translation of the words of uap-core into those that people know.

/// Returns the browser's name as its maker uses it, the same for its mobile and desktop editions.
pub(super) fn browser(family: &str) -> &str {
    match family {
        "Chrome Mobile" | "Chrome Mobile iOS" => "Chrome",
        "Mobile Safari" => "Safari",
        "Firefox Mobile" | "Firefox iOS" => "Firefox",
        "Edge Mobile" => "Edge",
        "Opera Mobile" => "Opera",
        "IE" | "IE Mobile" => "Internet Explorer",
        "QQ Browser Mobile" => "QQ Browser",
        "DuckDuckGo Mobile" => "DuckDuckGo",
        "Ecosia iOS" => "Ecosia",
        "MiuiBrowser" => "Mi Browser",
        "Oculus Browser" => "Meta Quest Browser",
        "Seznam prohlížeč" => "Seznam",
        "Mail.ru Chromium Browser" => "Atom",
        "Google" => "Google app",
        "Slack Desktop Client" => "Slack",
        "HeadlessChrome" => "Headless Chrome",
        "Android" => "Android Browser",
        known => known,
    }
}

/// Returns whether `family` is only a component from which an app is built, so that the app's own product token, if
/// there is one, says more.
pub(super) fn is_building_block(family: &str) -> bool {
    matches!(family, "" | "Android" | "CFNetwork" | "Chrome Mobile WebView" | "Mobile Safari UI/WKWebView" | "okhttp")
}

/// Returns whether `family` is a browser's engine with a shell from which apps are built.
pub(super) fn is_engine(family: &str) -> bool {
    matches!(family, "Electron" | "NW.js" | "Qt Web Engine")
}

/// Returns whether a product token is part of an engine, or of a browser that the engine claims to be.
pub(super) fn is_engine_product(name: &str) -> bool {
    matches!(
        name,
        "Chrome" | "Chromium" | "Electron" | "Mobile" | "NW.js" | "nwjs" | "QtWebEngine" | "Safari" | "Version"
    )
}

/// Returns whether `family` means a page shown inside an app. uap-core mistakes every web view on a Mac for Apple Mail.
pub(super) fn is_web_view(family: &str) -> bool {
    matches!(family, "Chrome Mobile WebView" | "Mobile Safari UI/WKWebView" | "Apple Mail")
}

/// Returns the operating system's name as its maker uses it today.
pub(super) fn os(family: &str) -> &str {
    match family {
        "Mac OS X" | "Mac OS" => "macOS",
        "Chrome OS" => "ChromeOS",
        "ATV OS X" => "tvOS",
        "WatchOS" => "watchOS",
        "Web0S" => "webOS",
        known => known,
    }
}

/// Returns the maker of a device; empty if uap-core only guessed it from the form of the model.
pub(super) fn brand(brand: &str) -> &str {
    match brand {
        "XiaoMi" => "Xiaomi",
        guessed if guessed.starts_with("Generic") => "",
        known => known,
    }
}
