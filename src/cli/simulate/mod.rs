//! `session-authority simulate`: users and attackers for a server that has none.
//!
//! A `SimulationPlan` decides everything in advance, from a seed. `simulation_run` makes its calls at their times,
//! `alert_stream` follows the alerts, and a `SimulationReport` counts the results.

mod alert_stream;
mod attack;
mod daily_routine;
pub mod device;
pub mod network;
mod pace;
mod plan;
mod population;
mod progress;
mod report;
pub mod seeded_random;
mod simulation_run;
mod user_action;

use std::{cell::RefCell, collections::HashMap, future::pending, time::Duration};

use clap::{Args, ValueEnum};

use crate::{
    clock::Stopwatch,
    entropy::{SystemEntropy, random_bytes},
    lifecycle::wait_for_stop_signal,
};

use super::{
    client::{ConnectionOptions, status_error},
    command_error::{CommandError, ExitStatus},
    json, runtime,
    terminal::{self, TerminalStyle},
};

use attack::AttackKind;
use pace::{PaceOptions, SimulationPace};
use plan::SimulationPlan;
use progress::ProgressPrinter;
use report::SimulationReport;
use simulation_run::SimulationRun;

/// The interval of progress lines.
const PROGRESS_INTERVAL: Duration = Duration::from_secs(10);

/// Maximum wait for late calls at the end, so that a busy machine makes the same calls from the same seed.
const LATE_CALL_GRACE: Duration = Duration::from_mins(1);

/// Maximum wait after that for alerts that have not arrived yet.
const ALERT_GRACE: Duration = Duration::from_secs(5);

/// The interval at which their arrival is checked.
const ALERT_POLL_INTERVAL: Duration = Duration::from_millis(20);

/// Simulate users and attacks
///
/// Signs simulated users in and out from homes, offices and phones all over the world, attacks some of them and shows
/// the alerts. Ctrl-C ends the simulation early. Exits with 1 if no call succeeded.
#[derive(Args)]
pub struct SimulateCommand {
    /// Attack to make, from the list below; may be repeated or separated by commas [default: all of them]
    #[arg(long = "attack", value_name = "ATTACK", value_delimiter = ',')]
    attacks: Vec<AttackKind>,

    /// Make no attacks
    #[arg(long, conflicts_with = "attacks")]
    no_attacks: bool,

    /// Tenant of the users; may be repeated or separated by commas
    #[arg(long = "tenant", value_name = "TENANT", value_delimiter = ',', default_values = ["default", "acme"])]
    tenants: Vec<String>,

    /// Allow a server that is not on this machine
    #[arg(long)]
    this_is_not_production: bool,

    /// Print the report as one JSON document
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    pace: PaceOptions,

    #[command(flatten)]
    connection: ConnectionOptions,
}

impl SimulateCommand {
    pub fn run(self) -> Result<ExitStatus, CommandError> {
        pace::refuse_production(self.connection.server(), self.this_is_not_production)?;
        let seed = u64::from(u32::from_be_bytes(random_bytes::<4>(&SystemEntropy).map_err(CommandError::failed)?));
        let pace = self.pace.to_pace(seed)?;
        let plan = SimulationPlan::new(&pace, &self.attacks(), &self.tenants);
        let report = runtime::block_on_current_thread(self.run_plan(&plan, &pace))??;
        let text = if self.json {
            json::to_document(&report).map_err(CommandError::failed)?
        } else {
            report.render(TerminalStyle::for_stdout())
        };
        terminal::print(&text).map_err(CommandError::failed)?;
        Ok(if report.succeeded_calls() == 0 { ExitStatus::Failure } else { ExitStatus::Success })
    }

    fn attacks(&self) -> Vec<AttackKind> {
        match (self.no_attacks, self.attacks.as_slice()) {
            (true, _) => Vec::new(),
            (false, []) => AttackKind::value_variants().to_vec(),
            (false, attacks) => attacks.to_vec(),
        }
    }

    async fn run_plan(&self, plan: &SimulationPlan, pace: &SimulationPace) -> Result<SimulationReport, CommandError> {
        let server = self.connection.connect().await?;
        let progress = ProgressPrinter::new();
        let stopwatch = Stopwatch::start();
        progress.print_line(stopwatch.elapsed(), &format!("{} calls with --seed {}", plan.calls.len(), pace.seed));
        for attack in &plan.omitted_attacks {
            progress.print_line(stopwatch.elapsed(), &format!("skipped, too few calls: {}", attack.name()));
        }
        let report = RefCell::new(SimulationReport::new(plan, server.target.url.to_string(), pace.seed));
        let run = SimulationRun {
            plan,
            server: &server,
            stopwatch,
            progress: &progress,
            report: &report,
            tokens: RefCell::new(HashMap::new()),
            permission_error: RefCell::new(None),
        };
        run_until_done(&run, pace.run_duration() + LATE_CALL_GRACE).await.map_err(CommandError::failed)?;
        if let Some(status) = run.permission_error.into_inner() {
            return Err(status_error(&status, &server.target)
                .with_detail("use an API key of role issuer for the tenants given with --tenant"));
        }
        let mut report = report.into_inner();
        report.set_duration(stopwatch.elapsed());
        Ok(report)
    }
}

/// Makes the calls until they are done, `longest` has passed, or a signal to stop arrives.
async fn run_until_done(run: &SimulationRun<'_>, longest: Duration) -> std::io::Result<()> {
    let alerts = async {
        alert_stream::stream_alerts(run.server, run.stopwatch, run.report, run.progress).await;
        pending::<()>().await;
    };
    let calls = async {
        let in_time = tokio::time::timeout(longest, run.make_all_calls()).await.is_ok();
        if !in_time {
            run.progress.print_line(run.stopwatch.elapsed(), "the server cannot keep up; remaining calls skipped");
        }
        // The report shows the alerts that are still missing then.
        let _ = tokio::time::timeout(ALERT_GRACE, wait_for_streamed_alerts(run)).await;
    };
    tokio::select! {
        () = calls => Ok(()),
        () = alerts => Ok(()),
        () = simulation_run::report_progress(run, PROGRESS_INTERVAL) => Ok(()),
        asked = wait_for_stop_signal() => asked,
    }
}

/// Waits until the alert stream, if there is one, has delivered every alert that responses contained.
async fn wait_for_streamed_alerts(run: &SimulationRun<'_>) {
    while run.report.borrow().stream.served && !run.report.borrow().has_streamed_all_alerts() {
        tokio::time::sleep(ALERT_POLL_INTERVAL).await;
    }
}
