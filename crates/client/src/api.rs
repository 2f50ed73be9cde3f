//! The messages of the contract, generated from `proto/session/v1`, whose comments document them.

#![expect(clippy::all, clippy::pedantic, clippy::allow_attributes_without_reason, reason = "generated code")]

include!("generated/session.v1.rs");
include!("generated/debug.rs");
