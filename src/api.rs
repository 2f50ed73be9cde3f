//! The public contract as code, generated from `proto/session/v1`.

#![allow(
    clippy::all,
    clippy::pedantic,
    clippy::allow_attributes_without_reason,
    missing_docs,
    reason = "generated code"
)]

tonic::include_proto!("session.v1");

/// The contract as reflection serves it.
pub const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/session.v1.bin"));
