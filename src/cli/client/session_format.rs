//! Sessions as text for people.

use prost_types::Timestamp;

use crate::{
    api,
    cli::{
        json,
        terminal::{FieldList, RenderContext, format_time_since, format_time_until},
    },
    domain::{TenantId, UnixMillis},
};

pub use crate::api::enum_label;

/// Adds the fields of `session`.
pub fn add_session_fields(facts: &mut FieldList, session: &api::Session, view: RenderContext) {
    facts.add("session", &session.session_id);
    facts.add("user", format_user(&session.tenant_id, &session.user_id));
    facts.add("email", &session.email);
    facts.add("roles", session.roles.join(", "));
    facts.add(
        "data",
        session.data.as_ref().filter(|data| !data.fields.is_empty()).map(compact_json).unwrap_or_default(),
    );
    facts.add("device", device_name(session.device.as_ref()));
    facts.add("location", format_location(session.location.as_ref()));
    facts.add("network", format_network(session));
    facts.add("last seen", format_last_seen(session));
    facts.add("active", format_last_active(session, view));
    facts.add("signed in", format_sign_in(session, view));
    facts.add("expires", format_deadlines(session, view));
    facts.add("policy", format_policy(session));
    facts.add("revision", session.revision.to_string());
}

/// Returns the user, with the tenant unless it is the default one: "ann", or "ann (tenant acme)".
pub fn format_user(tenant_id: &str, user_id: &str) -> String {
    match tenant_id {
        "" | TenantId::DEFAULT => user_id.to_owned(),
        tenant_id => format!("{user_id} (tenant {tenant_id})"),
    }
}

/// Returns the name of a device, or an empty text.
pub fn device_name(device: Option<&api::Device>) -> String {
    device.map(|device| device.name.clone()).unwrap_or_default()
}

/// Returns the summary by which its user recognises a session: "iPhone (São Paulo, active 5 min ago)".
pub fn format_summary(session: &api::Session, view: RenderContext) -> String {
    let active = format!("active {}", format_last_active(session, view));
    format!("{} ({})", device_name(session.device.as_ref()), join_nonempty(&[&format_place(session), &active]))
}

/// Returns the city in which the session was seen last, else region and country, else the address, or an empty text.
fn format_place(session: &api::Session) -> String {
    let last_seen = session.last_seen.as_ref().and_then(|seen| seen.location.as_ref());
    let Some(location) = last_seen.or(session.location.as_ref()) else { return String::new() };
    let country = join_nonempty(&[&location.region, &location.country]);
    [&location.city, &country, &location.ip].into_iter().find(|part| !part.is_empty()).cloned().unwrap_or_default()
}

/// Returns all known parts of a location: "São Paulo, BR, 192.0.2.1".
pub fn format_location(location: Option<&api::Location>) -> String {
    let Some(location) = location else { return String::new() };
    let nearest = if location.city.is_empty() { &location.region } else { &location.city };
    join_nonempty(&[nearest, &location.country, &location.ip])
}

/// Returns the client that used the session last, if it is not the one that signed in: "Chrome on Windows, BR, 192.0.2.1".
pub fn format_last_seen(session: &api::Session) -> String {
    let Some(seen) = &session.last_seen else { return String::new() };
    join_nonempty(&[&device_name(seen.device.as_ref()), &format_location(seen.location.as_ref())])
}

/// Returns the network of a session: "Example Net (AS64500)".
fn format_network(session: &api::Session) -> String {
    let Some(location) = &session.location else { return String::new() };
    match (location.network.as_str(), location.asn) {
        (name, 0) => name.to_owned(),
        ("", asn) => format!("AS{asn}"),
        (name, asn) => format!("{name} (AS{asn})"),
    }
}

fn join_nonempty(parts: &[&str]) -> String {
    parts.iter().copied().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ")
}

fn format_last_active(session: &api::Session, view: RenderContext) -> String {
    session.last_active_at.and_then(to_unix_millis).map(|at| format_time_since(at, view.now)).unwrap_or_default()
}

/// Returns the time until the absolute deadline.
pub fn format_expiry(session: &api::Session, view: RenderContext) -> String {
    session.expires_at.and_then(to_unix_millis).map(|at| format_time_until(at, view.now)).unwrap_or_default()
}

/// Returns the time until the absolute deadline, and until the idle timeout unless it is the same.
fn format_deadlines(session: &api::Session, view: RenderContext) -> String {
    let absolute = format_expiry(session, view);
    match session.idle_expires_at.and_then(to_unix_millis).filter(|_| session.idle_expires_at != session.expires_at) {
        Some(idle) => format!("{absolute}; idle timeout {}", format_time_until(idle, view.now)),
        None => absolute,
    }
}

/// Returns the time, the methods and the level of the authentication: "2 h ago by pwd, otp; assurance level 2".
fn format_sign_in(session: &api::Session, view: RenderContext) -> String {
    let Some(at) = session.authenticated_at.and_then(to_unix_millis) else { return String::new() };
    let mut text = format_time_since(at, view.now);
    if !session.auth_methods.is_empty() {
        text = format!("{text} by {}", session.auth_methods.join(", "));
    }
    match session.assurance_level {
        0 => text,
        level => format!("{text}; assurance level {level}"),
    }
}

fn format_policy(session: &api::Session) -> String {
    let remembered = if session.remembered { ", remembered" } else { "" };
    format!("{}{remembered}", session.policy)
}

fn compact_json(data: &prost_types::Struct) -> String {
    json::from_struct(data).to_string()
}

/// Converts `time` for arithmetic. Returns `None` if it is before 1970.
pub fn to_unix_millis(time: Timestamp) -> Option<UnixMillis> {
    let seconds = u64::try_from(time.seconds).ok()?;
    let nanos = u64::try_from(time.nanos).ok()?;
    Some(UnixMillis::new(seconds.saturating_mul(1000).saturating_add(nanos / 1_000_000)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::terminal::TerminalStyle;

    const NOW: i64 = 1_700_000_000;

    fn view() -> RenderContext {
        RenderContext { now: UnixMillis::new(1_700_000_000_000), style: TerminalStyle::PLAIN }
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp { seconds: NOW + seconds, nanos: 0 }
    }

    fn session() -> api::Session {
        api::Session {
            session_id: "abc".to_owned(),
            tenant_id: "acme".to_owned(),
            user_id: "ann".to_owned(),
            roles: vec!["a".to_owned(), "b".to_owned()],
            device: Some(api::Device { name: "Safari on iPhone".to_owned(), ..api::Device::default() }),
            location: Some(api::Location {
                ip: "192.0.2.1".to_owned(),
                country: "BR".to_owned(),
                region: "São Paulo State".to_owned(),
                city: "São Paulo".to_owned(),
                asn: 64_500,
                network: "Example Net".to_owned(),
                ..api::Location::default()
            }),
            last_active_at: Some(at(-300)),
            authenticated_at: Some(at(-7200)),
            idle_expires_at: Some(at(14_400)),
            expires_at: Some(at(29 * 86_400)),
            auth_methods: vec!["pwd".to_owned(), "otp".to_owned()],
            assurance_level: 2,
            policy: "default".to_owned(),
            remembered: true,
            revision: 3,
            ..api::Session::default()
        }
    }

    #[test]
    fn a_session_is_shown_as_fields() {
        let mut facts = FieldList::default();
        add_session_fields(&mut facts, &session(), view());
        let expected = "\
session    abc
user       ann (tenant acme)
roles      a, b
device     Safari on iPhone
location   São Paulo, BR, 192.0.2.1
network    Example Net (AS64500)
active     5 min ago
signed in  2 h ago by pwd, otp; assurance level 2
expires    in 29 d; idle timeout in 4 h
policy     default, remembered
revision   3
";
        assert_eq!(facts.render(TerminalStyle::PLAIN), expected);
    }

    #[test]
    fn a_session_is_summed_up_by_the_best_that_is_known_of_its_place() {
        let mut session = session();
        for expected in ["São Paulo", "São Paulo State, BR", "BR", "192.0.2.1"] {
            assert_eq!(format_summary(&session, view()), format!("Safari on iPhone ({expected}, active 5 min ago)"));
            let location = session.location.as_mut().expect("a location");
            match expected {
                "São Paulo" => location.city.clear(),
                "BR" => location.country.clear(),
                "192.0.2.1" => location.ip.clear(),
                _ => location.region.clear(),
            }
        }
        for location in [session.location.clone(), None] {
            session.location = location;
            assert_eq!(format_summary(&session, view()), "Safari on iPhone (active 5 min ago)");
        }
    }
}
