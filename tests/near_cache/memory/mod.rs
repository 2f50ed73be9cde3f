//! What is kept, forgotten and given out.

mod counted;
mod forgetting;
mod kept;
mod proofs;
mod refill;
mod spot_check;
mod stage;
