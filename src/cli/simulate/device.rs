//! The devices of users.

use super::seeded_random::SeededRandom;

/// A kind of device with its browser.
#[derive(Debug)]
struct DeviceModel {
    is_portable: bool,
    /// `{}` stands for the version of the browser.
    user_agent: &'static str,
    /// The initial version of the browser.
    version: u32,
}

const MODELS: &[DeviceModel] = &[
    DeviceModel {
        is_portable: true,
        user_agent: "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) \
                     Version/26.{} Mobile/15E148 Safari/604.1",
        version: 0,
    },
    DeviceModel {
        is_portable: true,
        user_agent: "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{}.0.0.0 \
                     Mobile Safari/537.36",
        version: 139,
    },
    DeviceModel {
        is_portable: true,
        user_agent: "Mozilla/5.0 (Android 15; Mobile; rv:{}.0) Gecko/{}.0 Firefox/{}.0",
        version: 141,
    },
    DeviceModel {
        is_portable: false,
        user_agent: "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) \
                     Chrome/{}.0.0.0 Safari/537.36",
        version: 139,
    },
    DeviceModel {
        is_portable: false,
        user_agent: "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) \
                     Chrome/{}.0.0.0 Safari/537.36 Edg/{}.0.0.0",
        version: 139,
    },
    DeviceModel {
        is_portable: false,
        user_agent: "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) \
                     Version/26.{} Safari/605.1.15",
        version: 0,
    },
    DeviceModel {
        is_portable: false,
        user_agent: "Mozilla/5.0 (X11; Linux x86_64; rv:{}.0) Gecko/20100101 Firefox/{}.0",
        version: 141,
    },
];

/// A device of one user.
#[derive(Clone, Debug)]
pub struct SimulatedDevice {
    /// The persistent device ID that a login service keeps on it.
    pub id: String,
    model: &'static DeviceModel,
    version: u32,
}

impl SimulatedDevice {
    /// Returns a phone.
    pub fn new_portable(chance: &mut SeededRandom) -> Self {
        Self::with_portability(chance, true)
    }

    /// Returns a computer.
    pub fn new_stationary(chance: &mut SeededRandom) -> Self {
        Self::with_portability(chance, false)
    }

    fn with_portability(chance: &mut SeededRandom, is_portable: bool) -> Self {
        let models: Vec<_> = MODELS.iter().filter(|model| model.is_portable == is_portable).collect();
        let model = *chance.pick(&models);
        Self { id: format!("d-{:016x}", chance.next_u64()), model, version: model.version }
    }

    pub const fn is_portable(&self) -> bool {
        self.model.is_portable
    }

    pub fn user_agent(&self) -> String {
        self.model.user_agent.replace("{}", &self.version.to_string())
    }

    /// Installs the next version of the browser.
    pub const fn update_browser(&mut self) {
        self.version = self.version.saturating_add(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::DeviceNamer;

    #[test]
    fn every_device_is_known_and_an_update_leaves_its_name() {
        let namer = DeviceNamer::new();
        for model in MODELS {
            let mut device = SimulatedDevice { id: String::new(), model, version: model.version };
            let before = device.user_agent();
            device.update_browser();
            let after = device.user_agent();
            assert_ne!(before, after);
            let (before, after) = (namer.describe_blocking(&before), namer.describe_blocking(&after));
            assert_eq!(before.name, after.name);
            assert!(before.name.contains(" on "), "{}", before.name);
        }
    }
}
