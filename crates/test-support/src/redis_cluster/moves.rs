//! Moves of slots from one master to another, like `redis-cli --cluster reshard`.

use super::{RedisCluster, run_cluster_command};
use crate::redis::ADMIN;

impl RedisCluster {
    /// Starts to move a slot: from now on its keys may be on either node.
    pub async fn begin_move(&self, slot: u16, from: usize, to: usize) {
        let (slot, from_id, to_id) = (slot.to_string(), self.id(from).await, self.id(to).await);
        run_cluster_command(&self.nodes[to], &["SETSLOT", &slot, "IMPORTING", &from_id]).await.expect("importing");
        run_cluster_command(&self.nodes[from], &["SETSLOT", &slot, "MIGRATING", &to_id]).await.expect("migrating");
    }

    /// Returns the keys of a slot on a node.
    pub async fn keys(&self, slot: u16, node: usize) -> Vec<Vec<u8>> {
        let keys = run_cluster_command(&self.nodes[node], &["GETKEYSINSLOT", &slot.to_string(), "100000"]).await;
        redis::from_redis_value(keys.expect("keys")).expect("keys")
    }

    pub async fn move_key(&self, key: &[u8], from: usize, to: usize) {
        let mut migrate = redis::cmd("MIGRATE");
        let [host, port, _] = self.nodes[to].cluster_address();
        migrate.arg(host).arg(port).arg(key).arg(0).arg(10_000).arg("AUTH2").arg(ADMIN).arg(&self.password);
        migrate.exec_async(&mut self.nodes[from].admin().await).await.expect("a key that moves");
    }

    /// Ends the move of a slot to `to`, which is informed first.
    pub async fn finish_move(&self, slot: u16, from: usize, to: usize) {
        let (slot, id) = (slot.to_string(), self.id(to).await);
        for node in [to, from] {
            run_cluster_command(&self.nodes[node], &["SETSLOT", &slot, "NODE", &id]).await.expect("another owner");
        }
    }

    /// Moves a slot with all its keys.
    pub async fn move_slot(&self, slot: u16, from: usize, to: usize) {
        self.begin_move(slot, from, to).await;
        loop {
            let keys = self.keys(slot, from).await;
            for key in &keys {
                self.move_key(key, from, to).await;
            }
            if keys.is_empty() {
                break;
            }
        }
        self.finish_move(slot, from, to).await;
    }
}
