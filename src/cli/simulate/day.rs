//! An ordinary day: home, the way, the office, and back.

use std::time::Duration;

use super::{
    chance::Chance,
    device::Device,
    network::Attachment,
    plan::{Act, Holder},
    population::{Client, Person},
};

/// Where somebody is.
#[derive(Clone, Copy, Debug)]
enum Whereabouts {
    Home,
    ToOffice,
    Office,
    ToHome,
}

impl Whereabouts {
    const fn next(self) -> Self {
        match self {
            Self::Home => Self::ToOffice,
            Self::ToOffice => Self::Office,
            Self::Office => Self::ToHome,
            Self::ToHome => Self::Home,
        }
    }
}

/// How far somebody has come with the day.
#[derive(Debug)]
pub struct Day {
    whereabouts: Whereabouts,
    /// What the way is travelled with: another address each time.
    mobile: Attachment,
    /// Which devices have a session.
    signed_in: Vec<bool>,
}

impl Day {
    /// The beginning of it.
    pub fn of(person: &Person) -> Self {
        let signed_in = vec![false; person.devices.len()];
        Self { whereabouts: Whereabouts::Home, mobile: person.place.home, signed_in }
    }

    /// What `person` does next.
    pub fn next(&mut self, person: &mut Person, at: Duration, chance: &mut Chance) -> Act {
        if let Some(flight) = person.flight.take_if(|flight| flight.lands <= at) {
            person.place = flight.to;
            self.whereabouts = Whereabouts::Home;
        }
        if chance.one_in(12) {
            self.whereabouts = self.whereabouts.next();
            self.mobile = person.place.country.mobile.attach(chance);
        }
        let device = self.device(person, chance);
        let holder = Holder(u32::try_from(device).unwrap_or_default());
        if !self.signed_in[device] {
            self.signed_in[device] = true;
            // Browsers are updated between one sign-in and the next.
            if chance.one_in(3) {
                person.devices[device].update();
            }
            return Act::SignIn { holder, client: self.client(person, device, chance) };
        }
        match chance.below(100) {
            0..60 => Act::Use { holder, client: self.client(person, device, chance) },
            60..92 => Act::Poll { holder, client: self.client(person, device, chance) },
            92..98 => {
                self.signed_in[device] = false;
                Act::SignOut { holder }
            }
            _ => {
                self.signed_in.fill(false);
                self.signed_in[device] = true;
                Act::ChangePassword { holder }
            }
        }
    }

    /// One of those at hand.
    fn device(&self, person: &Person, chance: &mut Chance) -> usize {
        match self.whereabouts {
            Whereabouts::ToOffice | Whereabouts::ToHome => {
                person.devices.iter().position(Device::is_portable).unwrap_or_default()
            }
            Whereabouts::Home | Whereabouts::Office => chance.below(person.devices.len()),
        }
    }

    fn client(&self, person: &Person, device: usize, chance: &mut Chance) -> Client {
        let attachment = match self.whereabouts {
            Whereabouts::Home => person.place.home,
            Whereabouts::Office => person.place.office,
            Whereabouts::ToOffice | Whereabouts::ToHome => self.mobile,
        };
        person.client(&person.devices[device], person.place.country, attachment, chance)
    }
}
