use async_trait::async_trait;

use super::{SqliteSessionStore, fault::Fault, step::Step};
use crate::store::{
    StoreError,
    binding::{BindingId, BindingState, BoundStore, StoreBinding},
};

const READING: &str = "reading the binding of the store";
const WRITING: &str = "binding the store";

type Row = (Vec<u8>, Vec<u8>, Option<Vec<u8>>);

#[async_trait]
impl BoundStore for SqliteSessionStore {
    async fn binding(&self) -> Result<BindingState, StoreError> {
        let mut connection = self.connection(READING).await?;
        let row = sqlx::query_as("SELECT installation, store, audit FROM binding").fetch_optional(&mut *connection);
        let row: Option<Row> = row.await.map_err(|error| Fault::from(error).during(READING))?;
        let Some((installation, store, audit)) = row else { return Ok(BindingState::Unbound) };
        let audit = audit.map(id).transpose()?;
        let binding = StoreBinding { installation: id(installation)?, store: id(store)?, audit };
        Ok(BindingState::Bound { binding, unbound: 0, unreached: 0 })
    }

    async fn bind(&self, binding: StoreBinding) -> Result<StoreBinding, StoreError> {
        let standing = match self.binding().await? {
            BindingState::Bound { binding: standing, .. } => {
                StoreBinding { audit: standing.audit.or(binding.audit), ..standing }
            }
            BindingState::Unbound | BindingState::Inconsistent { .. } => binding,
        };
        self.rebind(standing).await?;
        Ok(standing)
    }

    async fn rebind(&self, binding: StoreBinding) -> Result<(), StoreError> {
        let mut step = Step::begin(&self.pool, WRITING).await?;
        let write =
            sqlx::query("INSERT OR REPLACE INTO binding (only_row, installation, store, audit) VALUES (1, ?1, ?2, ?3)")
                .bind(&binding.installation.0[..])
                .bind(&binding.store.0[..])
                .bind(binding.audit.as_ref().map(|audit| &audit.0[..]))
                .execute(&mut *step);
        let outcome = write.await.map(drop).map_err(Fault::from);
        step.finish(outcome).await
    }
}

fn id(bytes: Vec<u8>) -> Result<BindingId, StoreError> {
    bytes.try_into().map(BindingId).map_err(|_| StoreError::corrupt(READING, "an id does not have 16 bytes"))
}
