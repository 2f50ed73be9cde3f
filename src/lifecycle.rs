//! Groups of tasks, their shutdown, and the signals that start it.

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

/// A group of tasks that are stopped together.
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

    /// Runs `work`, which must end by itself when the group is stopped (see [`TaskGroup::stop_token`]). A panic is
    /// logged as an error and does not affect the other tasks.
    pub fn spawn(&self, name: &'static str, work: impl Future<Output = ()> + Send + 'static) {
        let task = self.tracker.spawn(work);
        self.tracker.spawn(async move {
            if let Err(error) = task.await {
                tracing::error!(task = name, %error, "background task panicked or was aborted");
            }
        });
    }

    /// Runs `work` at intervals of `pause` until the group is stopped. A run that has started is finished.
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

    /// Returns the token that is cancelled when the tasks must stop.
    #[must_use]
    pub fn stop_token(&self) -> CancellationToken {
        self.stop.clone()
    }

    /// Resolves when the tasks must stop.
    pub fn stopped(&self) -> WaitForCancellationFutureOwned {
        self.stop.clone().cancelled_owned()
    }

    /// Stops the tasks and waits for their end. Returns `false` if that takes longer than `timeout`.
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

/// Resolves at the first signal that asks a stopping process to end at once: SIGTERM, SIGINT or SIGQUIT. SIGHUP does
/// not count: a terminal that is closed sends it, and its shell may send it again.
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

/// Returns whether the process ignores a signal, if the system reports that (`SigIgn` in proc(5)).
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
