//! Nothing breaks.

use super::super::{
    MAX_STALENESS,
    load::Load,
    scene::{SPELL, answers_from_memory, start_nodes, tell, validators},
};

/// The engine that tells of its changes before it answers them.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_with_an_engine_of_its_own() {
    let directory = tempfile::tempdir().expect("a directory");
    let url = format!("sqlite://{}", directory.path().join("sessions.db").display());
    let (_nodes, channels, _keys) = start_nodes(&[url]).await;
    let load = Load::start(1, &channels, &validators(&channels)).await;
    answers_from_memory(&channels[0]).await;
    tokio::time::sleep(SPELL).await;
    let report = load.stop(MAX_STALENESS).await;
    tell("nothing breaks, embedded engine", &report);
    assert_eq!(report.violations, []);
    assert!(report.from_memory > 0 && report.revocations > 0, "{report:?}");
}
