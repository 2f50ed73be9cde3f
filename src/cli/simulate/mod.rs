//! `session-authority simulate`: users and attackers for a server that has none.
//!
//! A [`Plan`](plan::Plan) decides everything beforehand, from a seed; [`drive`] makes its calls at their times;
//! [`watch`] follows the alerts; a [`Report`](report::Report) counts what came of it.

mod attack;
mod chance;
mod day;
mod device;
mod drive;
mod network;
mod pace;
mod plan;
mod population;
mod progress;
mod report;
mod watch;

use std::{cell::RefCell, collections::HashMap, future::pending, time::Duration};

use clap::{Args, ValueEnum};

use crate::{
    clock::Stopwatch,
    entropy::{SystemEntropy, random},
    lifecycle::asked_to_stop,
};

use super::{
    client::{Connection, refusal},
    failure::{Exit, Failure},
    json, runtime,
    terminal::{self, Style},
};

use attack::Attack;
use drive::Drive;
use pace::{Pace, PaceOptions};
use plan::Plan;
use progress::Progress;
use report::Report;

/// Between two words about how it goes.
const TELLING: Duration = Duration::from_secs(10);

/// How long calls that are late are waited for in the end: a machine that is busy with other things does not make
/// another run of the same seed.
const LATE: Duration = Duration::from_mins(1);

/// How long alerts that are on their way are waited for after that.
const PATIENCE: Duration = Duration::from_secs(5);

/// Between two looks at whether they have come.
const GLANCE: Duration = Duration::from_millis(20);

/// Be the users of a server for a minute, and those who attack them
///
/// Signs made-up users in and out from homes, offices and phones all over the world, attacks some of them, and
/// shows the alerts. Ctrl-C ends it early. Exits with 1 when the server answered no call at all.
#[derive(Args)]
pub struct Simulate {
    /// Attack to make, of those named below; may be repeated or separated by commas [default: all of them]
    #[arg(long = "attack", value_name = "ATTACK", value_delimiter = ',')]
    attacks: Vec<Attack>,

    /// Make no attack
    #[arg(long, conflicts_with = "attacks")]
    no_attacks: bool,

    /// Tenant of users; may be repeated or separated by commas
    #[arg(long = "tenant", value_name = "TENANT", value_delimiter = ',', default_values = ["default", "acme"])]
    tenants: Vec<String>,

    /// Simulate on a server that is not on this machine
    #[arg(long)]
    this_is_not_production: bool,

    /// Print the report as one JSON document
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    pace: PaceOptions,

    #[command(flatten)]
    connection: Connection,
}

impl Simulate {
    pub fn run(self) -> Result<Exit, Failure> {
        pace::refuse_production(self.connection.server(), self.this_is_not_production)?;
        let seed = u64::from(u32::from_be_bytes(random::<4>(&SystemEntropy).map_err(Failure::failed)?));
        let pace = self.pace.pace(seed)?;
        let plan = Plan::new(&pace, &self.attacks(), &self.tenants);
        let report = runtime::call(self.play(&plan, &pace))??;
        let text =
            if self.json { json::document(&report).map_err(Failure::failed)? } else { report.text(Style::of_stdout()) };
        terminal::print(&text).map_err(Failure::failed)?;
        Ok(if report.answered() == 0 { Exit::Failed } else { Exit::Done })
    }

    fn attacks(&self) -> Vec<Attack> {
        match (self.no_attacks, self.attacks.as_slice()) {
            (true, _) => Vec::new(),
            (false, []) => Attack::value_variants().to_vec(),
            (false, attacks) => attacks.to_vec(),
        }
    }

    async fn play(&self, plan: &Plan, pace: &Pace) -> Result<Report, Failure> {
        let server = self.connection.open().await?;
        let progress = Progress::new();
        let watch = Stopwatch::start();
        progress.say(watch.elapsed(), &format!("{} calls with --seed {}", plan.steps.len(), pace.seed));
        for attack in &plan.left_out {
            progress.say(watch.elapsed(), &format!("left out, there are too few calls for it: {}", attack.name()));
        }
        let report = RefCell::new(Report::on(plan, server.destination.url.to_string(), pace.seed));
        let drive = Drive {
            plan,
            server: &server,
            watch,
            progress: &progress,
            report: &report,
            tokens: RefCell::new(HashMap::new()),
            refused: RefCell::new(None),
        };
        perform(&drive, pace.lasting() + LATE).await.map_err(Failure::failed)?;
        if let Some(status) = drive.refused.into_inner() {
            return Err(refusal(&status, &server.destination)
                .and("a key of the role issuer may do all that a simulation does, in the tenants named by --tenant"));
        }
        let mut report = report.into_inner();
        report.lasted(watch.elapsed());
        Ok(report)
    }
}

/// Makes the calls until they are done, `longest` has passed, or somebody wants it to end.
async fn perform(drive: &Drive<'_>, longest: Duration) -> std::io::Result<()> {
    let alerts = async {
        watch::follow(drive.server, drive.watch, drive.report, drive.progress).await;
        pending::<()>().await;
    };
    let calls = async {
        let in_time = tokio::time::timeout(longest, drive.all()).await.is_ok();
        if !in_time {
            drive.progress.say(drive.watch.elapsed(), "the server is slower than this; the rest is left out");
        }
        // What is not there by then is missing in the report, where it can be seen.
        let _ = tokio::time::timeout(PATIENCE, stream_of(drive)).await;
    };
    tokio::select! {
        () = calls => Ok(()),
        () = alerts => Ok(()),
        () = drive::tell(drive, TELLING) => Ok(()),
        asked = asked_to_stop() => asked,
    }
}

/// Waits until the stream, where there is one, has told all alerts that answers told.
async fn stream_of(drive: &Drive<'_>) {
    while drive.report.borrow().stream.served && !drive.report.borrow().is_streamed() {
        tokio::time::sleep(GLANCE).await;
    }
}
