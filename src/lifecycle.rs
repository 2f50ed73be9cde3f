//! Tasks that have an owner and an end, and the signals that begin it.

use std::time::Duration;

use futures_util::future::select_all;
use tokio::{
    signal::unix::{SignalKind, signal},
    time::MissedTickBehavior,
};
use tokio_util::{
    sync::{CancellationToken, WaitForCancellationFutureOwned},
    task::TaskTracker,
};

/// Tasks that are stopped together.
#[derive(Clone, Debug, Default)]
pub struct TaskGroup {
    tracker: TaskTracker,
    stop: CancellationToken,
}

impl TaskGroup {
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Runs `work`, which must end by itself when told to (see [`TaskGroup::stop_token`]). One that panics is an
    /// error in the log and does not take the others with it.
    pub fn spawn(&self, name: &'static str, work: impl Future<Output = ()> + Send + 'static) {
        let task = self.tracker.spawn(work);
        self.tracker.spawn(async move {
            if let Err(error) = task.await {
                tracing::error!(task = name, %error, "a task ended unexpectedly");
            }
        });
    }

    /// Runs `work` again and again with `pause` in between, until told to stop. What has begun is
    /// finished.
    pub fn spawn_periodic<W, F>(&self, name: &'static str, pause: Duration, mut work: W)
    where
        W: FnMut() -> F + Send + 'static,
        F: Future<Output = ()> + Send,
    {
        let stop = self.stop_token();
        self.spawn(name, async move {
            let mut ticks = tokio::time::interval(pause);
            ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
            while stop.run_until_cancelled(ticks.tick()).await.is_some() {
                work().await;
            }
        });
    }

    /// Tells a task when to stop.
    #[must_use]
    pub fn stop_token(&self) -> CancellationToken {
        self.stop.clone()
    }

    /// Resolves when these tasks are to stop.
    pub fn stopped(&self) -> WaitForCancellationFutureOwned {
        self.stop.clone().cancelled_owned()
    }

    /// Tells them to stop and waits for their end. `false` when that takes longer than `patience`.
    pub async fn stop(&self, timeout: Duration) -> bool {
        self.stop.cancel();
        self.tracker.close();
        tokio::time::timeout(timeout, self.tracker.wait()).await.is_ok()
    }
}

/// Resolves at the first signal that asks the process to end: SIGTERM, SIGINT, SIGQUIT or SIGHUP. A SIGHUP that the
/// process was started to ignore, as by `nohup`, stays ignored.
pub async fn wait_for_stop_signal() -> std::io::Result<()> {
    let hangup = (!is_ignored(SignalKind::hangup())).then(SignalKind::hangup);
    wait_for_first_signal(deliberate_signals().into_iter().chain(hangup)).await
}

/// Resolves at the first signal by which somebody asks a process that is stopping to end at once: SIGTERM, SIGINT or
/// SIGQUIT. A SIGHUP is none: a terminal that is closed sends it, and its shell may send it again.
pub async fn wait_for_forced_stop_signal() -> std::io::Result<()> {
    wait_for_first_signal(deliberate_signals()).await
}

fn deliberate_signals() -> [SignalKind; 3] {
    [SignalKind::terminate(), SignalKind::interrupt(), SignalKind::quit()]
}

async fn wait_for_first_signal(kinds: impl IntoIterator<Item = SignalKind>) -> std::io::Result<()> {
    let mut signals = kinds.into_iter().map(signal).collect::<std::io::Result<Vec<_>>>()?;
    let _ = select_all(signals.iter_mut().map(|signal| Box::pin(signal.recv()))).await;
    Ok(())
}

/// Whether the process ignores a signal, where the system tells (`SigIgn` in proc(5)).
fn is_ignored(kind: SignalKind) -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let ignored = ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0);
    ignored & (1 << (kind.as_raw_value() - 1)) != 0
}

#[cfg(test)]
mod tests {
    use std::sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    };

    use super::*;

    #[tokio::test]
    async fn tasks_end_when_stopped_and_finish_what_they_began() {
        let tasks = TaskGroup::new();
        let done = Arc::new(AtomicUsize::new(0));
        let (count, first) = (Arc::clone(&done), Arc::new(tokio::sync::Notify::new()));
        let signal = Arc::clone(&first);
        tasks.spawn_periodic("count", Duration::from_millis(1), move || {
            let (signal, count) = (Arc::clone(&signal), Arc::clone(&count));
            async move {
                signal.notify_one();
                tokio::task::yield_now().await;
                count.fetch_add(1, Ordering::SeqCst);
            }
        });
        first.notified().await;
        assert!(tasks.stop(Duration::from_secs(5)).await);
        assert!(done.load(Ordering::SeqCst) >= 1);
    }

    #[tokio::test]
    async fn a_task_that_does_not_end_is_reported() {
        let tasks = TaskGroup::new();
        tasks.spawn("stuck", std::future::pending());
        assert!(!tasks.stop(Duration::from_millis(10)).await);
    }
}
