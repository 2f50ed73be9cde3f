//! Types of columns in PostgreSQL: an ID is a `uuid`, a time a `timestamptz`, an address an `inet`, a list a `text[]`.

use std::net::IpAddr;

use sqlx::{
    Decode, Encode, Postgres, Type,
    encode::IsNull,
    error::BoxDynError,
    postgres::{PgArgumentBuffer, PgHasArrayType, PgTypeInfo, PgValueFormat, PgValueRef, types::Oid},
};
use time::OffsetDateTime;

use crate::{
    audit::tables::stored_columns::{StoredAddress, TextList},
    domain::{EventId, UnixMillis},
};

/// The OIDs of `uuid` and `uuid[]`, which are the same in every PostgreSQL (`pg_type.dat`).
const UUID_OID: Oid = Oid(2950);
const UUID_ARRAY_OID: Oid = Oid(2951);

impl Type<Postgres> for EventId {
    fn type_info() -> PgTypeInfo {
        PgTypeInfo::with_oid(UUID_OID)
    }
}

impl PgHasArrayType for EventId {
    fn array_type_info() -> PgTypeInfo {
        PgTypeInfo::with_oid(UUID_ARRAY_OID)
    }
}

impl Encode<'_, Postgres> for EventId {
    fn encode_by_ref(&self, buffer: &mut PgArgumentBuffer) -> Result<IsNull, BoxDynError> {
        buffer.extend_from_slice(&self.0);
        Ok(IsNull::No)
    }
}

impl Decode<'_, Postgres> for EventId {
    fn decode(value: PgValueRef<'_>) -> Result<Self, BoxDynError> {
        match value.format() {
            PgValueFormat::Binary => Ok(Self(value.as_bytes()?.try_into()?)),
            // Only a statement without parameters returns text, and no such statement selects an ID.
            PgValueFormat::Text => Err("an ID in the text format".into()),
        }
    }
}

impl Type<Postgres> for UnixMillis {
    fn type_info() -> PgTypeInfo {
        <OffsetDateTime as Type<Postgres>>::type_info()
    }
}

impl PgHasArrayType for UnixMillis {
    fn array_type_info() -> PgTypeInfo {
        <OffsetDateTime as PgHasArrayType>::array_type_info()
    }
}

impl Encode<'_, Postgres> for UnixMillis {
    fn encode_by_ref(&self, buffer: &mut PgArgumentBuffer) -> Result<IsNull, BoxDynError> {
        Encode::<Postgres>::encode(self.to_offset_date_time(), buffer)
    }
}

impl Decode<'_, Postgres> for UnixMillis {
    fn decode(value: PgValueRef<'_>) -> Result<Self, BoxDynError> {
        let time = <OffsetDateTime as Decode<Postgres>>::decode(value)?;
        let millis = time.unix_timestamp_nanos().div_euclid(1_000_000);
        Ok(Self::new(u64::try_from(millis).unwrap_or_default()))
    }
}

impl Type<Postgres> for StoredAddress {
    fn type_info() -> PgTypeInfo {
        <IpAddr as Type<Postgres>>::type_info()
    }

    fn compatible(info: &PgTypeInfo) -> bool {
        <IpAddr as Type<Postgres>>::compatible(info)
    }
}

impl Decode<'_, Postgres> for StoredAddress {
    fn decode(value: PgValueRef<'_>) -> Result<Self, BoxDynError> {
        <IpAddr as Decode<Postgres>>::decode(value).map(Self)
    }
}

impl Type<Postgres> for TextList {
    fn type_info() -> PgTypeInfo {
        <Vec<String> as Type<Postgres>>::type_info()
    }

    fn compatible(info: &PgTypeInfo) -> bool {
        <Vec<String> as Type<Postgres>>::compatible(info)
    }
}

impl Decode<'_, Postgres> for TextList {
    fn decode(value: PgValueRef<'_>) -> Result<Self, BoxDynError> {
        <Vec<String> as Decode<Postgres>>::decode(value).map(Self)
    }
}
