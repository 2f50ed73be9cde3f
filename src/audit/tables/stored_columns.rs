//! Columns as they are read from either database, and their conversion.

use std::{fmt::Display, net::IpAddr};

use sqlx::{Error, FromRow};

use crate::domain::{Device, DeviceType, FieldViolation, Location};

/// An address. Each database has its own type for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::audit) struct StoredAddress(pub IpAddr);

/// A list of texts. Each database has its own type for it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::audit) struct TextList(pub Vec<String>);

/// The columns of the device that sessions and events share.
#[derive(Debug, FromRow)]
pub(in crate::audit) struct StoredDevice {
    device_id: Option<String>,
    device_name: Option<String>,
    device_type: Option<String>,
    browser: Option<String>,
    os: Option<String>,
}

impl StoredDevice {
    /// Converts the columns. A type of a newer release becomes [`DeviceType::Unknown`].
    pub fn into_device(self) -> Device {
        Device {
            id: self.device_id.unwrap_or_default(),
            name: self.device_name.unwrap_or_default(),
            kind: DeviceType::from_name(&self.device_type.unwrap_or_default()).unwrap_or_default(),
            browser: self.browser.unwrap_or_default(),
            os: self.os.unwrap_or_default(),
            ..Device::default()
        }
    }
}

/// The columns of the location that sessions and events share.
#[derive(Debug, FromRow)]
pub(in crate::audit) struct StoredLocation {
    ip: Option<StoredAddress>,
    country: Option<String>,
    region: Option<String>,
    city: Option<String>,
    asn: Option<i64>,
    network: Option<String>,
}

impl StoredLocation {
    pub fn into_location(self) -> sqlx::Result<Location> {
        Ok(Location {
            ip: self.ip.map(|StoredAddress(ip)| ip),
            country: self.country.unwrap_or_default(),
            region: self.region.unwrap_or_default(),
            city: self.city.unwrap_or_default(),
            position: None,
            asn: decode_number("asn", self.asn.unwrap_or_default())?,
            network: self.network.unwrap_or_default(),
        })
    }
}

/// Decodes one of the names that this release knows.
pub(in crate::audit) fn decode_name<T>(
    column: &'static str,
    name: &str,
    from_name: fn(&str) -> Option<T>,
) -> sqlx::Result<T> {
    from_name(name).ok_or_else(|| decode_error(column, format_args!("unknown name {name:?}")))
}

pub(in crate::audit) fn decode_number<T: TryFrom<i64, Error: Display>>(
    column: &'static str,
    number: i64,
) -> sqlx::Result<T> {
    T::try_from(number).map_err(|error| decode_error(column, error))
}

/// Returns the error for a column that this release cannot decode.
pub(in crate::audit) fn decode_error(column: &'static str, what: impl Display) -> Error {
    Error::ColumnDecode { index: column.to_owned(), source: what.to_string().into() }
}

/// Returns the error for an invalid identifier, which no release writes.
#[expect(clippy::needless_pass_by_value, reason = "used as the argument of map_err")]
pub(in crate::audit) fn violation_error(violation: FieldViolation) -> Error {
    Error::Decode(format!("{} {}", violation.field, violation.description).into())
}
