//! How nodes that share a store divide its background work.
//!
//! [`claims`] takes the store's steps one by one: a claim that was lost changes nothing, and without a claim the same step
//! is carried out. [`nodes`] starts nodes in this process, [`faults`] kills and pauses servers that are processes of their
//! own, and [`idle`] counts what a node that has nothing to do asks of Redis.

mod claims;
mod faults;
mod idle;
mod node_metrics;
mod nodes;
