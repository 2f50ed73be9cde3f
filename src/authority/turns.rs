//! Who goes first.

use tokio::sync::Mutex;

use crate::domain::UserHandle;

/// Locks that users share, so that there is a fixed number of them. Those who wait for one go in the order
/// they came.
#[derive(Debug)]
pub struct Turns(Box<[Mutex<()>]>);

impl Default for Turns {
    fn default() -> Self {
        Self((0..=u8::MAX).map(|_| Mutex::default()).collect())
    }
}

impl Turns {
    /// The lock that this user takes turns at, one for each bucket: a bucket lies on one server whole, so that
    /// a server that does not answer holds up nobody whose sessions are on another.
    pub(super) fn of(&self, handle: UserHandle) -> &Mutex<()> {
        &self.0[usize::from(handle.bucket().0)]
    }
}
