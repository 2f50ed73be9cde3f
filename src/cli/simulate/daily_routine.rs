//! An ordinary day: home, commute, office, and back.

use std::time::Duration;

use super::{
    device::SimulatedDevice,
    network::NetworkAccess,
    population::{SimulatedClient, SimulatedUser},
    seeded_random::SeededRandom,
    user_action::{TokenHolder, UserAction},
};

/// A stage of the day.
#[derive(Clone, Copy, Debug)]
enum CommuteStage {
    Home,
    ToOffice,
    Office,
    ToHome,
}

impl CommuteStage {
    const fn next(self) -> Self {
        match self {
            Self::Home => Self::ToOffice,
            Self::ToOffice => Self::Office,
            Self::Office => Self::ToHome,
            Self::ToHome => Self::Home,
        }
    }
}

/// The progress of a user through the day.
#[derive(Debug)]
pub struct DailyRoutine {
    stage: CommuteStage,
    /// The network access on a commute, another one each time.
    mobile: NetworkAccess,
    /// For each device, whether it has a session.
    signed_in: Vec<bool>,
}

impl DailyRoutine {
    /// Returns the beginning of a day.
    pub fn new(person: &SimulatedUser) -> Self {
        let signed_in = vec![false; person.devices.len()];
        Self { stage: CommuteStage::Home, mobile: person.place.home, signed_in }
    }

    /// Returns the next action of `person`.
    pub fn next_action(&mut self, person: &mut SimulatedUser, at: Duration, chance: &mut SeededRandom) -> UserAction {
        if let Some(flight) = person.flight.take_if(|flight| flight.arrives_at <= at) {
            person.place = flight.destination;
            self.stage = CommuteStage::Home;
        }
        if chance.one_in(12) {
            self.stage = self.stage.next();
            self.mobile = person.place.country.mobile.pick_access(chance);
        }
        let device = self.pick_device(person, chance);
        let holder = TokenHolder(u32::try_from(device).unwrap_or_default());
        if !self.signed_in[device] {
            self.signed_in[device] = true;
            // Browsers are updated between one sign-in and the next.
            if chance.one_in(3) {
                person.devices[device].update_browser();
            }
            return UserAction::SignIn { holder, client: self.client(person, device, chance) };
        }
        match chance.below(100) {
            0..60 => UserAction::Access { holder, client: self.client(person, device, chance) },
            60..92 => UserAction::Poll { holder, client: self.client(person, device, chance) },
            92..98 => {
                self.signed_in[device] = false;
                UserAction::SignOut { holder }
            }
            _ => {
                self.signed_in.fill(false);
                self.signed_in[device] = true;
                UserAction::ChangePassword { holder }
            }
        }
    }

    /// Returns a device that the user has at this stage.
    fn pick_device(&self, person: &SimulatedUser, chance: &mut SeededRandom) -> usize {
        match self.stage {
            CommuteStage::ToOffice | CommuteStage::ToHome => {
                person.devices.iter().position(SimulatedDevice::is_portable).unwrap_or_default()
            }
            CommuteStage::Home | CommuteStage::Office => chance.below(person.devices.len()),
        }
    }

    fn client(&self, person: &SimulatedUser, device: usize, chance: &mut SeededRandom) -> SimulatedClient {
        let attachment = match self.stage {
            CommuteStage::Home => person.place.home,
            CommuteStage::Office => person.place.office,
            CommuteStage::ToOffice | CommuteStage::ToHome => self.mobile,
        };
        person.client(&person.devices[device], person.place.country, attachment, chance)
    }
}
