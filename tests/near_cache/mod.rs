//! What a node keeps of sessions in memory: how it is filled and forgotten, and that nothing out of date is given out,
//! whatever breaks.

mod counted;
mod feed;
mod feed_cluster;
mod feed_meddler;
mod feed_node;
mod feed_twin;
mod feed_unfit;
mod forgetting;
mod kept;
mod proofs;
mod spot_check;
mod stage;
