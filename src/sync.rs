//! The synchronisation primitives of model-checked code: those of the standard library, or with `--cfg model` those of
//! loom, which tries every order of events.

#[cfg(not(model))]
pub use std::sync::{Arc, Mutex, MutexGuard, PoisonError, atomic};

#[cfg(model)]
pub use loom::sync::{Mutex, MutexGuard, atomic};
// Loom's own `Arc` cannot hold a trait object. The checked code hands nothing over by the count of an `Arc`.
#[cfg(model)]
pub use std::sync::{Arc, PoisonError};
