//! The device and the location of a client, as a session records them.

use std::sync::Arc;

use crate::{
    device::{DeviceNamer, FormFactor, derive_id},
    domain::{ClientContext, Device, DeviceType, Location, Owner},
    geo::GeoLocator,
};

/// Describes the client of a login.
#[derive(Clone)]
pub struct ClientDescriber {
    pub namer: DeviceNamer,
    pub locator: Arc<dyn GeoLocator>,
}

impl ClientDescriber {
    /// Returns the location of a client, as far as its address or its caller reveals it.
    pub(super) fn locate(&self, client: &ClientContext) -> Location {
        let place = client.ip.map(|ip| self.locator.locate(ip)).unwrap_or_default();
        Location::new(client.ip, place, &client.country)
    }

    /// Returns the device of a client. A device without an ID from the caller gets one that is derived from the user
    /// and the request headers.
    pub(super) async fn describe_device(&self, owner: &Owner, client: &ClientContext) -> Device {
        let description = self.namer.describe(&client.user_agent).await;
        let named_by_caller = !client.device_id.is_empty();
        let id = if named_by_caller {
            client.device_id.clone()
        } else {
            let (tenant, user) = (owner.tenant.as_str(), owner.user.as_str());
            derive_id(tenant, user, &description, &client.accept_language, &client.accept_encoding)
        };
        Device {
            id,
            name: description.name,
            kind: match description.form_factor {
                FormFactor::Mobile => DeviceType::Mobile,
                FormFactor::Tablet => DeviceType::Tablet,
                FormFactor::Desktop => DeviceType::Desktop,
                FormFactor::Other => DeviceType::Other,
                FormFactor::Unknown => DeviceType::Unknown,
            },
            browser: description.browser,
            os: description.os,
            user_agent: client.user_agent.clone(),
            first_seen: false,
            named_by_caller,
        }
    }
}
