//! Which sessions are meant, on the command line.

use clap::Args;
use prost_types::Timestamp;

use crate::{
    api,
    cli::option_values::{self, TimeArgument},
    domain::UnixMillis,
};

// Which sessions: those for which all that is given holds.
#[derive(Args)]
#[command(next_help_heading = "Which sessions")]
pub struct SessionFlags {
    /// Of this tenant [default: every tenant that the caller may see]
    #[arg(long, default_value = "", hide_default_value = true)]
    tenant: String,

    /// Of this user
    #[arg(long, default_value = "", hide_default_value = true)]
    user: String,

    /// On the device with this id
    #[arg(long, value_name = "DEVICE_ID", default_value = "", hide_default_value = true)]
    device: String,

    /// On a device of this kind
    #[arg(long, value_name = "KIND", value_parser = option_values::enum_value_parser(api::DeviceType::as_str_name, "DEVICE_TYPE_"))]
    device_type: Option<api::DeviceType>,

    /// Signed in from this country, two letters
    #[arg(long, default_value = "", hide_default_value = true)]
    country: String,

    /// Signed in from this address or block, such as 192.0.2.0/24
    #[arg(long, value_name = "IP_RANGE", default_value = "", hide_default_value = true)]
    ip: String,

    /// Signed in through the autonomous system with this number
    #[arg(long, value_name = "NUMBER", default_value_t, hide_default_value = true)]
    asn: u32,

    /// Authenticated by this method, among others
    #[arg(long, default_value = "", hide_default_value = true)]
    method: String,

    /// Under this policy
    #[arg(long, default_value = "", hide_default_value = true)]
    policy: String,

    /// Started at this time (RFC 3339, a day in UTC, or a span back from now such as 24h) or later
    #[arg(long, value_name = "TIME", value_parser = option_values::parse_time_arg)]
    created_since: Option<TimeArgument>,

    /// Started before this time, or before the end of this day in UTC
    #[arg(long, value_name = "TIME", value_parser = option_values::parse_time_arg)]
    created_until: Option<TimeArgument>,

    /// Last active at this time or later
    #[arg(long, value_name = "TIME", value_parser = option_values::parse_time_arg)]
    active_since: Option<TimeArgument>,

    /// Last active before this time, or before the end of this day in UTC
    #[arg(long, value_name = "TIME", value_parser = option_values::parse_time_arg)]
    active_until: Option<TimeArgument>,
}

impl SessionFlags {
    pub fn filter(&self, now: UnixMillis) -> api::SessionFilter {
        api::SessionFilter {
            tenant_id: self.tenant.clone(),
            user_id: self.user.clone(),
            device_id: self.device.clone(),
            device_type: self.device_type.unwrap_or_default().into(),
            country: self.country.to_uppercase(),
            ip_range: self.ip.clone(),
            asn: self.asn,
            auth_method: self.method.clone(),
            policy: self.policy.clone(),
            created: time_window(self.created_since, self.created_until, now),
            last_active: time_window(self.active_since, self.active_until, now),
        }
    }
}

/// From one time to another; `None` when neither is given.
pub fn time_window(
    since: Option<TimeArgument>,
    until: Option<TimeArgument>,
    now: UnixMillis,
) -> Option<api::TimeWindow> {
    let (start, end) = (since.map(|since| since.start(now)), until.map(|until| until.end(now)));
    (start.is_some() || end.is_some()).then_some(api::TimeWindow { start, end })
}

/// Before when something was asked for, if it was.
pub fn window_end(window: Option<&api::TimeWindow>) -> Option<Timestamp> {
    window.and_then(|window| window.end)
}
