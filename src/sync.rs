//! The primitives of what is model-checked: the standard library's, or with `--cfg model` those of loom, which tries every
//! order of events.

#[cfg(not(model))]
pub use std::sync::{Arc, Mutex, MutexGuard, PoisonError, atomic};

#[cfg(model)]
pub use loom::sync::{Arc, Mutex, MutexGuard, atomic};
#[cfg(model)]
pub use std::sync::PoisonError;
