//! An embedded store on a full disk: a small separate one, where the machine permits mounting it.

use std::{
    fs::{self, File},
    io::Write,
    path::Path,
};

use super::{
    program::{PROGRAM, without_environment},
    server::ServerProgram,
};
use crate::{
    service::{fixture::eventually, management::get},
    support::process::{path_in_process, with_small_disk},
};

const KIB: u32 = 48 * 1024;
const USERS: usize = 40;

/// Fills all remaining space.
fn fill(data: &Path) {
    let mut filler = File::options().create(true).append(true).open(data.join("filler")).expect("a file");
    for size in [1 << 16, 1 << 12, 1 << 9, 1] {
        let part = vec![7; size];
        while filler.write_all(&part).is_ok() {}
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_a_full_disk_sessions_are_validated_listed_and_ended() {
    let Some(command) = with_small_disk(PROGRAM, KIB) else { return };
    let server = ServerProgram::dev_as(without_environment(command)).await;
    let data = path_in_process(server.id(), &server.directory().canonicalize().expect("a directory").join("data"));
    assert!(data.join("sessions.db-reserve").exists());
    let sessions: Vec<_> = (0..USERS).map(|number| server.create(&format!("user-{number}"))).collect();
    let management = server.management.parse().expect("an address");

    fill(&data);
    // Free space inside the files takes a few more sessions.
    let refused = (0..1_000).find_map(|_| {
        let ran = server.run(&["create", "ann"]);
        (ran.code != Some(0)).then_some(ran.err)
    });
    let refused = refused.expect("a create that fails");
    assert!(server.log().contains("the disk is full"), "{}", server.log());
    assert!(refused.contains("UNAVAILABLE") || refused.contains("not available"), "{refused}");
    eventually("readiness reports that changes are rejected", || async {
        let (status, text) = get(management, "/readyz").await;
        status == 200 && text.contains("store_writes: degraded") && text.contains("the disk is full")
    })
    .await;

    for (number, (token, id)) in sessions.iter().enumerate() {
        let user = format!("user-{number}");
        assert!(server.run(&["list", &user]).expect_success().contains(id.as_str()), "still listed");
        server.run(&["validate", token]).expect_success();
        server.run(&["revoke", "--session", id]).expect_success();
        assert_eq!(server.run(&["validate", token]).code, Some(1), "ended");
        assert!(!server.run(&["list", &user]).expect_success().contains(id.as_str()), "no longer listed");
    }
    // SQLite may have shortened its write-ahead log meanwhile.
    fill(&data);
    assert_ne!(server.run(&["create", "ann"]).code, Some(0), "the reserve is only for ending sessions");

    fs::remove_file(data.join("filler")).expect("free space");
    server.create("ann");
    eventually("readiness reports that changes are accepted", || async {
        get(management, "/readyz").await.1.contains("store_writes: ok")
    })
    .await;
    let reserved = fs::metadata(data.join("sessions.db-reserve")).expect("the reserve").len();
    assert_eq!(reserved, 16 << 20, "the reserve is restored");
}

/// The counterpart: without the reserve no session can be ended, while lists still work.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_the_reserve_nobody_can_be_signed_out_on_a_full_disk() {
    let Some(command) = with_small_disk(PROGRAM, KIB) else { return };
    let server = ServerProgram::dev_as(without_environment(command)).await;
    let data = path_in_process(server.id(), &server.directory().canonicalize().expect("a directory").join("data"));
    let sessions: Vec<_> = (0..USERS).map(|number| server.create(&format!("user-{number}"))).collect();
    File::options()
        .write(true)
        .open(data.join("sessions.db-reserve"))
        .expect("the reserve")
        .set_len(0)
        .expect("truncated");
    let mut ended = 0;
    for (_, id) in &sessions {
        fill(&data);
        ended += usize::from(server.run(&["revoke", "--session", id]).code == Some(0));
    }
    assert!(ended < USERS / 2, "{ended} sessions were ended");
    let (_, id) = &sessions[USERS - 1];
    assert!(
        server.run(&["list", &format!("user-{}", USERS - 1)]).expect_success().contains(id.as_str()),
        "still listed"
    );
}
