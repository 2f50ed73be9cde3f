//! Decoding of rows into domain types.

use std::fmt::Display;

use sqlx::{Error, Row, postgres::PgRow};
use time::OffsetDateTime;

use crate::domain::{Device, DeviceType, FieldViolation, Location, SessionId, UnixMillis};

pub(super) fn time(row: &PgRow, column: &'static str) -> sqlx::Result<UnixMillis> {
    Ok(unix_millis(row.try_get(column)?))
}

pub(super) fn optional_time(row: &PgRow, column: &'static str) -> sqlx::Result<Option<UnixMillis>> {
    Ok(row.try_get::<Option<_>, _>(column)?.map(unix_millis))
}

pub(in crate::audit::postgres) fn unix_millis(time: OffsetDateTime) -> UnixMillis {
    let millis = time.unix_timestamp_nanos().div_euclid(1_000_000);
    UnixMillis::new(u64::try_from(millis).unwrap_or_default())
}

pub(super) fn number<T: TryFrom<i64, Error: Display>>(row: &PgRow, column: &'static str) -> sqlx::Result<T> {
    T::try_from(row.try_get(column)?).map_err(|error| decode_error(column, &error))
}

pub(super) fn session_id(row: &PgRow) -> sqlx::Result<SessionId> {
    let text: &str = row.try_get("session_id")?;
    text.parse().map_err(|violation| violation_error("session_id", violation))
}

/// Decodes one of the names that the audit uses.
pub(super) fn decode_name<T>(row: &PgRow, column: &'static str, known: fn(&str) -> Option<T>) -> sqlx::Result<T> {
    let name = row.try_get(column)?;
    known(name).ok_or_else(|| decode_error(column, &format_args!("unknown name {name:?}")))
}

pub(super) fn decode_optional_name<T>(
    row: &PgRow,
    column: &'static str,
    known: fn(&str) -> Option<T>,
) -> sqlx::Result<Option<T>> {
    match row.try_get::<Option<&str>, _>(column)? {
        Some(_) => decode_name(row, column, known).map(Some),
        None => Ok(None),
    }
}

/// Returns the error for an invalid ID.
pub(super) fn violation_error(column: &'static str, violation: FieldViolation) -> Error {
    Error::ColumnDecode { index: column.to_owned(), source: violation.description.into() }
}

fn decode_error(column: &'static str, what: &dyn Display) -> Error {
    Error::ColumnDecode { index: column.to_owned(), source: what.to_string().into() }
}

/// Decodes the columns of the device that sessions and events share.
pub(super) fn device(row: &PgRow) -> sqlx::Result<Device> {
    Ok(Device {
        id: row.try_get("device_id")?,
        name: row.try_get("device_name")?,
        kind: DeviceType::from_name(row.try_get("device_type")?).unwrap_or_default(),
        browser: row.try_get("browser")?,
        os: row.try_get("os")?,
        ..Device::default()
    })
}

/// Decodes the columns of the location that sessions and events share.
pub(super) fn location(row: &PgRow) -> sqlx::Result<Location> {
    Ok(Location {
        ip: row.try_get("ip")?,
        country: row.try_get("country")?,
        region: row.try_get("region")?,
        city: row.try_get("city")?,
        position: None,
        asn: number(row, "asn")?,
        network: row.try_get("network")?,
    })
}
