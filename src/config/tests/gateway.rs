use std::{net::SocketAddr, time::Duration};

use super::*;
use crate::gateway::{AccessProfile, ClientAddressSource, SessionRequirement};

#[test]
fn without_settings_the_default_profile_demands_a_session() {
    let gateway = load(&[]).expect("a configuration").gateway;
    assert_eq!(gateway.profile("default"), Some(&AccessProfile::default()));
    assert_eq!(gateway.credentials.cookies, ["__Host-session"]);
    assert_eq!(gateway.ext_authz_client, ClientAddressSource::Peer);
    assert!(gateway.profile("other").is_none());
}

#[test]
fn profiles_are_read_with_their_names() {
    let settings = [
        ("gateway.profiles.default.session", "optional"),
        ("gateway.profiles.back-office.roles", "[\"admin\", \"auditor\"]"),
        ("gateway.profiles.back-office.max_auth_age", "15m"),
        ("gateway.profiles.back-office.consistency", "strong"),
    ];
    let gateway = load(&settings).expect("a configuration").gateway;
    assert_eq!(gateway.profile("default").expect("a profile").session, SessionRequirement::Optional);
    let office = gateway.profile("back-office").expect("a profile");
    assert_eq!((office.roles.len(), office.max_auth_age, office.strong), (2, Some(Duration::from_mins(15)), true));
}

#[test]
fn wrong_profiles_and_cookies_are_refused() {
    for (key, value) in [
        ("gateway.profiles.x.session", "maybe"),
        ("gateway.profiles.x.consistency", "weak"),
        ("gateway.profiles.x.activity", "ignore"),
        ("gateway.profiles.x.min_assurance_level", "101"),
        ("gateway.profiles.x.max_auth_age", "0s"),
        ("gateway.profiles.x.roles", "[\"\"]"),
        ("gateway.profiles.x.login_url", "javascript:alert(1)"),
        ("gateway.cookies", "[\"a b\"]"),
        ("gateway.cookies", "[\"a\", \"a\"]"),
        ("gateway.ext_authz_client_position", "17"),
    ] {
        assert!(refusal(&[(key, value)]).contains(key), "{key} = {value}");
    }
    let contradiction = [("gateway.profiles.x.session", "optional"), ("gateway.profiles.x.roles", "[\"admin\"]")];
    assert!(refusal(&contradiction).contains("gateway.profiles.x.roles"));
    assert!(refusal(&[("gateway.cookies", "[]"), ("gateway.bearer", "false")]).contains("gateway.cookies"));
    assert!(refusal(&[("gateway.profiles.x.rolls", "[]")]).contains("did you mean `gateway.profiles.x.roles`?"));
}

#[test]
fn http_on_an_open_address_needs_encryption_and_callers() {
    assert_eq!(load(&[]).expect("a configuration").http.listen, None);
    let local = load(&[("http.listen", "127.0.0.1:8080")]).expect("a configuration");
    assert_eq!(local.http.listen, Some(SocketAddr::from(([127, 0, 0, 1], 8080))));
    let message = refusal(&[("http.listen", "0.0.0.0:8080")]);
    for key in ["`http.listen`", "`callers.anonymous`"] {
        assert!(message.contains(key), "{message}");
    }
    for taken in ["127.0.0.1:50051", "127.0.0.1:9090", "localhost"] {
        assert!(refusal(&[("http.listen", taken)]).contains("http.listen"), "{taken}");
    }
}

#[test]
fn an_origin_is_written_as_browsers_write_it() {
    let listed = load(&[("http.trusted_origins", "[\"https://admin.example.com\", \"http://localhost:5173\"]")]);
    assert_eq!(listed.expect("a configuration").http.trusted_origins.len(), 2);
    for wrong in [
        "*",
        "null",
        "admin.example.com",
        "https://admin.example.com/",
        "https://admin.example.com:443",
        "https://Admin.example.com",
        "https://a@admin.example.com",
        "ftp://admin.example.com",
    ] {
        let message = refusal(&[("http.trusted_origins", &format!("[\"{wrong}\"]"))]);
        assert!(message.contains("http.trusted_origins"), "{wrong}");
    }
}
