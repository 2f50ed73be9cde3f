//! Decoding of columns that rows of sessions and of events share.

use sqlx::{Row, sqlite::SqliteRow};

use crate::{
    audit::sqlite::column::{decode_error, ip, number},
    domain::{Device, DeviceType, FieldViolation, Location},
};

/// Returns a text; empty if it is null.
pub(super) fn text<'r>(row: &'r SqliteRow, column: &str) -> sqlx::Result<&'r str> {
    Ok(row.try_get::<Option<&str>, _>(column)?.unwrap_or_default())
}

/// Decodes the device. A type of a newer release becomes [`DeviceType::Unknown`].
pub(super) fn device(row: &SqliteRow) -> sqlx::Result<Device> {
    Ok(Device {
        id: text(row, "device_id")?.to_owned(),
        name: text(row, "device_name")?.to_owned(),
        kind: DeviceType::from_name(text(row, "device_type")?).unwrap_or_default(),
        browser: text(row, "browser")?.to_owned(),
        os: text(row, "os")?.to_owned(),
        ..Device::default()
    })
}

pub(super) fn location(row: &SqliteRow) -> sqlx::Result<Location> {
    Ok(Location {
        ip: row.try_get::<Option<&[u8]>, _>("ip")?.map(ip).transpose()?,
        country: text(row, "country")?.to_owned(),
        region: text(row, "region")?.to_owned(),
        city: text(row, "city")?.to_owned(),
        position: None,
        asn: row.try_get::<Option<i64>, _>("asn")?.map_or(Ok(0), number)?,
        network: text(row, "network")?.to_owned(),
    })
}

/// Returns the error for an invalid identifier, which no release writes.
#[expect(clippy::needless_pass_by_value, reason = "used as the argument of map_err")]
pub(super) fn violation_error(violation: FieldViolation) -> sqlx::Error {
    decode_error(format!("{} {}", violation.field, violation.description))
}
