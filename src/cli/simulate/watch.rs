//! Follows the stream of alerts while the run goes on.

use std::{cell::RefCell, time::Duration};

use tonic::{Code, Status};

use crate::{
    api::{StreamAlertsRequest, stream_alerts_response::Event},
    cli::client::Server,
    clock::Stopwatch,
};

use super::{
    progress::Progress,
    report::{Report, Told},
};

/// Between a stream that broke off and its resumption.
const PAUSE: Duration = Duration::from_millis(500);

/// Prints and counts the alerts of `server` as they come. Returns, after a word about it, when the server
/// does not serve them; never otherwise: a stream that breaks off is resumed where it was.
pub async fn follow(server: &Server, watch: Stopwatch, report: &RefCell<Report>, progress: &Progress) {
    let mut cursor = String::new();
    loop {
        let broken = read(server, &mut cursor, watch, report, progress).await.err();
        if let Some(status) = broken.filter(is_final) {
            let why = match status.code() {
                Code::Unimplemented => "this server serves no stream of alerts".to_owned(),
                _ => format!("the stream of alerts is not for this caller: {}", status.message()),
            };
            progress.say(watch.elapsed(), &format!("{why}; those in the answers to logins are shown"));
            return;
        }
        report.borrow_mut().stream.resumed += 1;
        tokio::time::sleep(PAUSE).await;
    }
}

fn is_final(status: &Status) -> bool {
    matches!(status.code(), Code::Unimplemented | Code::PermissionDenied | Code::Unauthenticated)
}

/// Reads one stream to its end, and leaves in `cursor` how far it has come.
async fn read(
    server: &Server,
    cursor: &mut String,
    watch: Stopwatch,
    report: &RefCell<Report>,
    progress: &Progress,
) -> Result<(), Status> {
    let request = StreamAlertsRequest { resume_cursor: cursor.clone(), ..StreamAlertsRequest::default() };
    let mut stream = server.sessions().stream_alerts(request).await?.into_inner();
    report.borrow_mut().stream.served = true;
    while let Some(message) = stream.message().await? {
        match message.event {
            Some(Event::Alert(alert)) => {
                if report.borrow_mut().alert(&alert, Told::InStream) {
                    progress.alert(watch.elapsed(), &alert);
                }
                *cursor = alert.cursor;
            }
            Some(Event::Heartbeat(heartbeat)) => *cursor = heartbeat.cursor,
            Some(Event::Gap(gap)) => {
                report.borrow_mut().stream.gaps += 1;
                *cursor = if gap.reason == "slow_consumer" { gap.from_cursor } else { gap.to_cursor };
            }
            None => (),
        }
    }
    Ok(())
}
