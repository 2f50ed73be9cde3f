//! Follows the alert stream during a simulation.

use std::{cell::RefCell, time::Duration};

use tonic::{Code, Status};

use crate::{
    api::{StreamAlertsRequest, stream_alerts_response::Event},
    cli::client::ServerConnection,
    clock::Stopwatch,
};

use super::{
    progress::ProgressPrinter,
    report::{AlertSource, SimulationReport},
};

/// The delay before a broken stream is resumed.
const RECONNECT_DELAY: Duration = Duration::from_millis(500);

/// Prints and counts the alerts of `server` as they arrive. Returns only if the server does not serve them, after a
/// line about it. A stream that breaks is resumed where it was.
pub async fn stream_alerts(
    server: &ServerConnection,
    stopwatch: Stopwatch,
    report: &RefCell<SimulationReport>,
    progress: &ProgressPrinter,
) {
    let mut cursor = String::new();
    loop {
        let stream_error = read_stream(server, &mut cursor, stopwatch, report, progress).await.err();
        if let Some(status) = stream_error.filter(is_permanent) {
            let why = match status.code() {
                Code::Unimplemented => "this server has no alert stream".to_owned(),
                _ => format!("this caller may not read the alert stream: {}", status.message()),
            };
            progress.print_line(stopwatch.elapsed(), &format!("{why}; showing only alerts returned by Create"));
            return;
        }
        report.borrow_mut().stream.reconnects += 1;
        tokio::time::sleep(RECONNECT_DELAY).await;
    }
}

fn is_permanent(status: &Status) -> bool {
    matches!(status.code(), Code::Unimplemented | Code::PermissionDenied | Code::Unauthenticated)
}

/// Reads one stream to its end. Moves `cursor` to the last message that was read.
async fn read_stream(
    server: &ServerConnection,
    cursor: &mut String,
    stopwatch: Stopwatch,
    report: &RefCell<SimulationReport>,
    progress: &ProgressPrinter,
) -> Result<(), Status> {
    let request = StreamAlertsRequest { resume_cursor: cursor.clone(), ..StreamAlertsRequest::default() };
    let mut stream = server.sessions().stream_alerts(request).await?.into_inner();
    report.borrow_mut().stream.served = true;
    while let Some(message) = stream.message().await? {
        match message.event {
            Some(Event::Alert(alert)) => {
                if report.borrow_mut().record_alert(&alert, AlertSource::Stream) {
                    progress.print_alert(stopwatch.elapsed(), &alert);
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
