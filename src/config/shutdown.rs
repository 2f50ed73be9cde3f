//! How the process ends.

use std::time::Duration;

use super::{reader::Reader, span::secs};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shutdown {
    /// From readiness withdrawn to the listener closed.
    pub delay: Duration,
    /// From the signal to the end of the process at the latest.
    pub deadline: Duration,
}

impl Shutdown {
    pub(super) fn read(r: &mut Reader) -> Self {
        let delay = r.within("shutdown.delay", Duration::ZERO..=secs(300));
        let deadline = r.within("shutdown.deadline", secs(1)..=secs(3600));
        if deadline <= delay && !deadline.is_zero() {
            r.refuse("shutdown.deadline", "is not longer than `shutdown.delay`: nothing would be left to finish calls");
        }
        Self { delay, deadline }
    }
}
