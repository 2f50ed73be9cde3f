//! Who gives way to a new session.

use super::survey::Standing;
use crate::domain::{OnLimit, device::DeviceTag};

/// A user's live sessions, told apart by what a new one means for them.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Room {
    pub staying: Vec<Standing>,
    pub replaced: Vec<Standing>,
    pub evicted: Vec<Standing>,
}

/// The policy refuses one more than these.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Full {
    pub live: u32,
}

/// Makes room for one among `live` sessions, given least recently active first. Those on the `device`
/// that is signed in anew are replaced, and do not count; of the others as many stay as `limit` leaves
/// room for.
pub(super) fn make_room(
    live: Vec<Standing>,
    device: Option<DeviceTag>,
    limit: u16,
    on_limit: OnLimit,
) -> Result<Room, Full> {
    let (replaced, mut staying): (Vec<_>, Vec<_>) =
        live.into_iter().partition(|session| Some(session.clock.device) == device);
    let beside = usize::from(limit).saturating_sub(1);
    let excess = staying.len().saturating_sub(beside);
    if excess > 0 && on_limit == OnLimit::Refuse {
        return Err(Full { live: u32::try_from(staying.len()).unwrap_or(u32::MAX) });
    }
    let evicted = staying.drain(..excess).collect();
    Ok(Room { staying, replaced, evicted })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::domain::{SessionClock, UnixMillis};

    fn on(device: u8) -> Standing {
        let clock = SessionClock {
            last_active: UnixMillis::new(1),
            idle_timeout: Duration::ZERO,
            idle_margin: Duration::ZERO,
            expires_at: UnixMillis::new(9),
            device: [device; 8],
        };
        Standing { unique: [device; 8], clock, generation: 0, touched: false }
    }

    #[test]
    fn the_first_give_way_until_there_is_room_for_one() {
        let room = make_room(vec![on(1), on(2), on(3)], None, 2, OnLimit::EvictLeastRecent).expect("room");
        assert_eq!(room, Room { staying: vec![on(3)], replaced: vec![], evicted: vec![on(1), on(2)] });
    }

    #[test]
    fn what_is_replaced_does_not_count() {
        let room = make_room(vec![on(1), on(2)], Some([2; 8]), 2, OnLimit::Refuse).expect("room");
        assert_eq!(room, Room { staying: vec![on(1)], replaced: vec![on(2)], evicted: vec![] });
    }

    #[test]
    fn a_refusal_tells_how_many_would_stay() {
        let full = make_room(vec![on(1), on(2), on(3)], Some([3; 8]), 2, OnLimit::Refuse);
        assert_eq!(full, Err(Full { live: 2 }));
    }
}
