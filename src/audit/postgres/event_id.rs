//! Event IDs in PostgreSQL: 16 bytes.

use sqlx::{
    Decode, Encode, Postgres, Type,
    encode::IsNull,
    error::BoxDynError,
    postgres::{PgArgumentBuffer, PgHasArrayType, PgTypeInfo, PgValueFormat, PgValueRef, types::Oid},
};

use crate::domain::EventId;

/// The OIDs of `uuid` and `uuid[]`, which are the same in every PostgreSQL (`pg_type.dat`).
const OID: Oid = Oid(2950);
const ARRAY_OID: Oid = Oid(2951);

impl Type<Postgres> for EventId {
    fn type_info() -> PgTypeInfo {
        PgTypeInfo::with_oid(OID)
    }
}

impl PgHasArrayType for EventId {
    fn array_type_info() -> PgTypeInfo {
        PgTypeInfo::with_oid(ARRAY_OID)
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
