//! What is kept, forgotten and given out.

pub mod counted;
mod forgetting;
mod kept;
mod proofs;
mod refill;
mod revocations;
mod spot_check;
mod stage;
