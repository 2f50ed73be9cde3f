//! What keeps a statement from being carried out, before it is known for which verb.

use crate::store::StoreError;

/// The engine's errors and the store's, told apart until a [`super::step::Step`] says what was going on.
#[derive(Debug)]
pub(super) enum Fault {
    Engine(sqlx::Error),
    Store(StoreError),
}

impl Fault {
    /// The store's error. Within a transaction that was not committed, nothing was changed.
    pub(super) fn during(self, verb: &'static str) -> StoreError {
        match self {
            Self::Engine(source) => StoreError::Unreachable { during: verb, source: source.into() },
            Self::Store(error) => error,
        }
    }
}

impl From<sqlx::Error> for Fault {
    fn from(error: sqlx::Error) -> Self {
        Self::Engine(error)
    }
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}
