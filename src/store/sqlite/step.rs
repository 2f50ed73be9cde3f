//! One atomic step of the engine.

use std::ops::{Deref, DerefMut};

use sqlx::{Sqlite, SqliteConnection, SqlitePool, Transaction};

use super::{
    fault::{Fault, source},
    rollback::rollback,
};
use crate::store::StoreError;

/// A transaction that may write, for one verb. Dropped before [`Step::finish`], it changes nothing.
pub(super) struct Step {
    transaction: Transaction<'static, Sqlite>,
    verb: &'static str,
}

impl Step {
    /// Waits for its turn: there is one step at a time.
    pub(super) async fn begin(pool: &SqlitePool, verb: &'static str) -> Result<Self, StoreError> {
        let transaction = pool.begin_with("BEGIN IMMEDIATE").await.map_err(|error| Fault::from(error).during(verb))?;
        Ok(Self { transaction, verb })
    }

    /// Commits what led to an outcome, and undoes what led to a fault.
    pub(super) async fn finish<T>(self, outcome: Result<T, Fault>) -> Result<T, StoreError> {
        let Self { transaction, verb } = self;
        match outcome {
            Ok(outcome) => match transaction.commit().await {
                Ok(()) => Ok(outcome),
                Err(error) => Err(StoreError::NoAnswer { during: verb, source: source(error) }),
            },
            Err(fault) => {
                rollback(transaction).await;
                Err(fault.during(verb))
            }
        }
    }
}

impl Deref for Step {
    type Target = SqliteConnection;

    fn deref(&self) -> &Self::Target {
        &self.transaction
    }
}

impl DerefMut for Step {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.transaction
    }
}
