//! The division of background work among nodes that share a store.
//!
//! [`claims`] tests single steps of the store: with a lost claim a step changes nothing, and without any claim the same
//! step is executed. [`nodes`] starts nodes in this process, [`faults`] kills and pauses servers that are separate
//! processes, and [`idle`] counts the commands that an idle node sends to Redis.

mod claims;
mod faults;
mod idle;
mod node_metrics;
mod nodes;
