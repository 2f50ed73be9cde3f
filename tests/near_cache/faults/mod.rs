//! What breaks.

mod none;
