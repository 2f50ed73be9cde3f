//! The stored form of login histories.
//!
//! ```text
//! country  code 2 | hour since the epoch 4 | logins ago 1
//! device   tag prefix 5 | hour since the epoch 4 | logins ago 1
//! network  tag 4 | hour since the epoch 4 | logins ago 1
//! visit    at 6 | country 2 | latitude 3 | longitude 3 | radius in km 2 | network 4 | address 8 | family 1
//! since    hour since the epoch 4, one for each country, each device and each network
//! hours    logins in an hour of the day 1, from midnight (UTC) on
//! unconfirmed login  session 8 | device 5 | visit 29
//! ```
//!
//! Degrees are ten-thousandths above -90 and -180. A radius of 0 stands for no position, a country of zeros for no
//! country, a family of 0 for no address; 4 and 6 are those of IP. More than 255 logins ago is 255.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use prost::Message;

use super::{get, put, stored};
use crate::{
    domain::{
        LoginHistory, UnixMillis,
        history::{LoginHours, NetworkPrefix, RecentValues, RememberedValue, UnconfirmedLogin, Visit},
        location::GeoPosition,
    },
    store::StoreError,
};

const HOUR: u64 = 3_600_000;
const GRID: f64 = 10_000.0;
const VISIT_BYTES: usize = 29;
const UNCONFIRMED_BYTES: usize = 8 + 5 + VISIT_BYTES;

/// Encodes `history` in its stored form of at most [`crate::domain::limits::MAX_HISTORY_BYTES`].
#[must_use]
pub fn encode_history(history: &LoginHistory) -> Vec<u8> {
    stored::LoginHistory {
        logins: history.logins,
        first_login: history.first_login.map(UnixMillis::get),
        last_login: history.last_login.map(UnixMillis::get),
        countries: encode_recent(&history.countries, history.logins),
        devices: encode_recent(&history.devices, history.logins),
        visits: history.visits.iter().map(encode_visit).collect::<Vec<_>>().concat(),
        countries_since: encode_since(&history.countries),
        devices_since: encode_since(&history.devices),
        unconfirmed: history.unconfirmed.iter().map(encode_unconfirmed).collect::<Vec<_>>().concat(),
        hours: if history.hours.total() == 0 { Vec::new() } else { history.hours.counts().to_vec() },
        last_anonymous_login: history.last_anonymous_login.map(UnixMillis::get),
        networks: encode_recent(&history.networks, history.logins),
        networks_since: encode_since(&history.networks),
    }
    .encode_to_vec()
}

/// The inverse of [`encode_history`].
pub fn decode_history(bytes: &[u8]) -> Result<LoginHistory, StoreError> {
    let corrupt = |what: &str| StoreError::corrupt("reading a login history", what);
    let stored = stored::LoginHistory::decode(bytes).map_err(|error| corrupt(&error.to_string()))?;
    let (visits, []) = stored.visits.as_chunks::<VISIT_BYTES>() else {
        return Err(corrupt("truncated visits"));
    };
    let (unconfirmed, []) = stored.unconfirmed.as_chunks::<UNCONFIRMED_BYTES>() else {
        return Err(corrupt("truncated unconfirmed logins"));
    };
    let truncated = || corrupt("truncated list");
    let countries = decode_recent(&stored.countries, &stored.countries_since, stored.logins);
    let devices = decode_recent(&stored.devices, &stored.devices_since, stored.logins);
    let networks = decode_recent(&stored.networks, &stored.networks_since, stored.logins);
    Ok(LoginHistory {
        logins: stored.logins,
        first_login: stored.first_login.map(UnixMillis::new),
        last_login: stored.last_login.map(UnixMillis::new),
        countries: countries.ok_or_else(truncated)?,
        devices: devices.ok_or_else(truncated)?,
        networks: networks.ok_or_else(truncated)?,
        visits: visits.iter().map(decode_visit).collect(),
        unconfirmed: unconfirmed.iter().map(decode_unconfirmed).collect(),
        hours: decode_hours(&stored.hours).ok_or_else(|| corrupt("truncated hours"))?,
        last_anonymous_login: stored.last_anonymous_login.map(UnixMillis::new),
    })
}

fn encode_recent<const N: usize>(recent: &RecentValues<[u8; N]>, logins: u32) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(recent.len() * (N + 5));
    for seen in recent.iter() {
        let [a, b, c, d] = encode_hour(seen.at);
        let ago = u8::try_from(logins.saturating_sub(seen.login)).unwrap_or(u8::MAX);
        bytes.extend_from_slice(&seen.value);
        bytes.extend_from_slice(&[a, b, c, d, ago]);
    }
    bytes
}

fn encode_since<const N: usize>(recent: &RecentValues<[u8; N]>) -> Vec<u8> {
    recent.iter().map(|seen| encode_hour(seen.since)).collect::<Vec<_>>().concat()
}

fn encode_hour(at: UnixMillis) -> [u8; 4] {
    let [.., a, b, c, d] = (at.get() / HOUR).to_be_bytes();
    [a, b, c, d]
}

/// Decodes remembered values; `None` if the list is truncated. An earlier release stored no `since`: its values count
/// as known since they were last seen.
fn decode_recent<const N: usize>(bytes: &[u8], since: &[u8], logins: u32) -> Option<RecentValues<[u8; N]>> {
    let mut since = since.chunks_exact(4);
    let entries = bytes.chunks(N + 5).map(|entry| {
        let (value, rest) = entry.split_first_chunk::<N>()?;
        let [hour @ .., ago]: &[u8; 5] = rest.try_into().ok()?;
        let at = UnixMillis::new(get(hour) * HOUR);
        let since = since.next().map_or(at, |hour| UnixMillis::new(get(hour) * HOUR));
        Some(RememberedValue { value: *value, at, since, login: logins.saturating_sub(u32::from(*ago)) })
    });
    entries.collect()
}

/// Decodes the logins by hour of the day. An earlier release stored none.
fn decode_hours(bytes: &[u8]) -> Option<LoginHours> {
    if bytes.is_empty() { Some(LoginHours::default()) } else { bytes.try_into().ok().map(LoginHours::new) }
}

fn encode_unconfirmed(login: &UnconfirmedLogin) -> [u8; UNCONFIRMED_BYTES] {
    let mut bytes = [0; UNCONFIRMED_BYTES];
    bytes[..8].copy_from_slice(&login.session);
    bytes[8..13].copy_from_slice(&login.device);
    bytes[13..].copy_from_slice(&encode_visit(&login.visit));
    bytes
}

fn decode_unconfirmed(bytes: &[u8; UNCONFIRMED_BYTES]) -> UnconfirmedLogin {
    UnconfirmedLogin {
        session: std::array::from_fn(|n| bytes[n]),
        device: std::array::from_fn(|n| bytes[8 + n]),
        visit: decode_visit(&std::array::from_fn(|n| bytes[13 + n])),
    }
}

fn encode_visit(visit: &Visit) -> [u8; VISIT_BYTES] {
    let mut bytes = [0; VISIT_BYTES];
    put(&mut bytes[0..6], visit.at.get());
    bytes[6..8].copy_from_slice(&visit.country.unwrap_or_default());
    if let Some(position) = visit.position {
        put(&mut bytes[8..11], to_grid_steps(position.latitude + 90.0));
        put(&mut bytes[11..14], to_grid_steps(position.longitude + 180.0));
        put(&mut bytes[14..16], position.accuracy_radius_km.clamp(1, u16::MAX.into()).into());
    }
    put(&mut bytes[16..20], visit.asn.into());
    match visit.network.map(NetworkPrefix::first_address) {
        Some(IpAddr::V4(ip)) => {
            bytes[20..24].copy_from_slice(&ip.octets());
            bytes[28] = 4;
        }
        Some(IpAddr::V6(ip)) => {
            bytes[20..28].copy_from_slice(&ip.octets()[..8]);
            bytes[28] = 6;
        }
        None => {}
    }
    bytes
}

fn decode_visit(bytes: &[u8; VISIT_BYTES]) -> Visit {
    let country = [bytes[6], bytes[7]];
    let radius = super::be32(&bytes[14..16]);
    let ip = match bytes[28] {
        4 => Some(IpAddr::V4(Ipv4Addr::from_bits(super::be32(&bytes[20..24])))),
        6 => Some(IpAddr::V6(Ipv6Addr::from_bits(u128::from(get(&bytes[20..28])) << 64))),
        _ => None,
    };
    Visit {
        at: UnixMillis::new(get(&bytes[0..6])),
        country: (country != [0; 2]).then_some(country),
        position: (radius > 0).then(|| GeoPosition {
            latitude: from_grid_steps(get(&bytes[8..11]), 90.0),
            longitude: from_grid_steps(get(&bytes[11..14]), 180.0),
            accuracy_radius_km: radius,
        }),
        asn: super::be32(&bytes[16..20]),
        network: ip.map(NetworkPrefix::from_ip),
    }
}

/// Converts degrees above the minimum to steps of the grid.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a cast saturates, and 360 degrees fit")]
fn to_grid_steps(degrees: f64) -> u64 {
    (degrees * GRID).round() as u64
}

/// The inverse of [`to_grid_steps`], rounded as the domain rounds.
#[expect(clippy::cast_precision_loss, reason = "24 bits fit")]
fn from_grid_steps(steps: u64, below: f64) -> f64 {
    (steps as f64 - below * GRID) / GRID
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::domain::{Location, limits::MAX_HISTORY_BYTES};

    /// A user who is somewhere else every hour, on another device.
    fn travelling_user(logins: u8) -> LoginHistory {
        (0..logins).fold(LoginHistory::default(), |history, n| {
            let at = UnixMillis::MAX.minus(Duration::from_hours(200)).plus(Duration::from_mins(u64::from(n) * 59));
            let ip = if n % 2 == 0 { "203.0.113.9" } else { "2001:db8:ffff:ffff::1" };
            let location = Location {
                ip: Some(ip.parse().expect("an address")),
                country: format!("{}Z", char::from(b'A' + n % 26)),
                position: Some(GeoPosition {
                    latitude: -90.0 + f64::from(n) * 0.700_1,
                    longitude: 180.0 - f64::from(n) * 1.433_3,
                    accuracy_radius_km: 65_535,
                }),
                asn: u32::MAX,
                ..Location::default()
            };
            history.with_login(at, &location, [n; 8])
        })
    }

    /// Adds as many unconfirmed logins as a history may have.
    fn with_unconfirmed_logins(history: LoginHistory) -> LoginHistory {
        let location = Location { ip: Some("2001:db8::1".parse().expect("an address")), ..Location::default() };
        (0..=u8::MAX).fold(history, |history, n| history.with_unconfirmed(UnixMillis::MAX, &location, [n; 8], [n; 8]))
    }

    #[test]
    fn a_history_of_an_earlier_release_is_known_since_it_was_last_seen() {
        let mut stored = stored::LoginHistory::decode(&*encode_history(&travelling_user(30))).expect("a history");
        stored.countries_since.clear();
        stored.hours.clear();
        let history = decode_history(&stored.encode_to_vec()).expect("a history");
        assert!(!history.countries.is_empty() && history.countries.iter().all(|seen| seen.since == seen.at));
        assert_eq!(history.hours.total(), 0);
    }

    #[test]
    fn a_history_reads_back_whole() {
        for logins in [0, 1, 5, 30, 255] {
            let history = with_unconfirmed_logins(travelling_user(logins));
            let history = history.with_anonymous_login(UnixMillis::new(u64::from(logins)));
            assert_eq!(decode_history(&encode_history(&history)).expect("a history"), history);
        }
    }

    #[test]
    fn a_history_never_takes_more_than_its_bound() {
        let mut history = with_unconfirmed_logins(travelling_user(255));
        history.logins = u32::MAX;
        history.last_anonymous_login = Some(UnixMillis::MAX);
        let bytes = encode_history(&history).len();
        assert!(bytes <= MAX_HISTORY_BYTES, "{bytes}");
    }

    #[test]
    fn nothing_known_takes_no_room() {
        assert!(encode_history(&LoginHistory::default()).is_empty());
        assert_eq!(decode_history(b"").expect("a history"), LoginHistory::default());
        let nowhere = LoginHistory::default().with_login(UnixMillis::new(7), &Location::default(), [1; 8]);
        assert_eq!(decode_history(&encode_history(&nowhere)).expect("a history"), nowhere);
        let country = Location { country: "DE".to_owned(), ..Location::default() };
        let stated = LoginHistory::default().with_login(UnixMillis::new(7), &country, [1; 8]);
        assert_eq!(decode_history(&encode_history(&stated)).expect("a history"), stated);
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        let cut = |field: &str| {
            let mut stored = stored::LoginHistory::default();
            match field {
                "countries" => stored.countries = vec![1; 8],
                "devices" => stored.devices = vec![1; 9],
                "unconfirmed" => stored.unconfirmed = vec![1; 41],
                "hours" => stored.hours = vec![1; 23],
                _ => stored.visits = vec![1; 28],
            }
            stored.encode_to_vec()
        };
        for bytes in
            [b"\xff".to_vec(), cut("countries"), cut("devices"), cut("visits"), cut("unconfirmed"), cut("hours")]
        {
            assert!(matches!(decode_history(&bytes), Err(StoreError::Corrupt { .. })), "{bytes:?}");
        }
    }
}
