//! A database that is killed.

use super::scene::{SOME, Scene};
use crate::support::{postgres::PostgresServer, proxy::Direction};

/// A request of a batch, and whether the server dies before it or before its answer to it is seen.
const MOMENTS: [(&str, Direction); 3] =
    [("INTO login_events", Direction::Requests), ("COMMIT\0", Direction::Requests), ("COMMIT\0", Direction::Replies)];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_when_postgres_is_killed_in_the_middle_of_batches() {
    let postgres = PostgresServer::durable().await;
    let mut scene = Scene::start(postgres.database().await, 2).await;
    scene
        .again_and_again(async |scene| {
            for (request, direction) in MOMENTS {
                postgres.kill().await;
                scene.to_postgres.close_held();
                // A new connection names each statement once, so the first batch is the one to be waited for.
                scene.to_postgres.hold_at(request, direction);
                scene.more(SOME).await;
                scene.look().await;
                postgres.restart().await;
                scene.to_postgres.held_at().await;
            }
            postgres.kill().await;
            scene.to_postgres.close_held();
            postgres.restart().await;
        })
        .await;
    scene.was_right("PostgreSQL killed in the middle of batches").await;
}
