//! Write transaction: one atomic step of the engine.

use std::ops::{Deref, DerefMut};

use sqlx::{Sqlite, SqliteConnection, SqlitePool, Transaction};

use super::engine_error::{EngineError, to_error_source};
use crate::{sqlite::rollback, store::StoreError};

/// A transaction that may write, for one operation. If it is dropped before [`WriteTransaction::finish`], nothing
/// changes.
pub(super) struct WriteTransaction {
    transaction: Transaction<'static, Sqlite>,
    operation: &'static str,
}

impl WriteTransaction {
    /// Begins a transaction, after waiting for the previous one: there is one at a time.
    pub(super) async fn begin(pool: &SqlitePool, operation: &'static str) -> Result<Self, StoreError> {
        let transaction = pool
            .begin_with("BEGIN IMMEDIATE")
            .await
            .map_err(|error| EngineError::from(error).into_store_error(operation))?;
        Ok(Self { transaction, operation })
    }

    /// Commits if the operation returned an outcome, and rolls back if it returned an error.
    pub(super) async fn finish<T>(self, outcome: Result<T, EngineError>) -> Result<T, StoreError> {
        let Self { transaction, operation } = self;
        match outcome {
            Ok(outcome) => match transaction.commit().await {
                Ok(()) => Ok(outcome),
                Err(error) => Err(StoreError::NoResponse { during: operation, source: to_error_source(error) }),
            },
            Err(error) => {
                rollback(transaction).await;
                Err(error.into_store_error(operation))
            }
        }
    }
}

impl Deref for WriteTransaction {
    type Target = SqliteConnection;

    fn deref(&self) -> &Self::Target {
        &self.transaction
    }
}

impl DerefMut for WriteTransaction {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.transaction
    }
}
