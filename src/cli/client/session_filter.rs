//! The session filter on the command line.

use clap::Args;
use prost_types::Timestamp;

use crate::{
    api,
    cli::option_values::{self, TimeArgument},
    domain::UnixMillis,
};

// The session filter. A session must match every option that is given.
#[derive(Args)]
#[command(next_help_heading = "Session filter")]
pub struct SessionFlags {
    /// Tenant [default: every tenant that the caller may see]
    #[arg(long, default_value = "", hide_default_value = true)]
    tenant: String,

    /// User
    #[arg(long, default_value = "", hide_default_value = true)]
    user: String,

    /// Device ID
    #[arg(long, value_name = "DEVICE_ID", default_value = "", hide_default_value = true)]
    device: String,

    /// Kind of device
    #[arg(long, value_name = "KIND", value_parser = option_values::enum_value_parser(api::DeviceType::as_str_name, "DEVICE_TYPE_"))]
    device_type: Option<api::DeviceType>,

    /// Country of the sign-in, two letters
    #[arg(long, default_value = "", hide_default_value = true)]
    country: String,

    /// IP address or block of the sign-in, such as 192.0.2.0/24
    #[arg(long, value_name = "IP_RANGE", default_value = "", hide_default_value = true)]
    ip: String,

    /// Number of the autonomous system of the sign-in
    #[arg(long, value_name = "NUMBER", default_value_t, hide_default_value = true)]
    asn: u32,

    /// Authentication method, possibly among others
    #[arg(long, default_value = "", hide_default_value = true)]
    method: String,

    /// Part of the user agent of the sign-in
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    user_agent: String,

    /// Policy
    #[arg(long, default_value = "", hide_default_value = true)]
    policy: String,

    /// Created at this time (RFC 3339, a day in UTC, or a duration before now such as 24h) or later
    #[arg(long, value_name = "TIME", value_parser = option_values::parse_time_arg)]
    created_since: Option<TimeArgument>,

    /// Created before this time, or before the end of this day in UTC
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
            user_agent: self.user_agent.clone(),
            policy: self.policy.clone(),
            created: time_window(self.created_since, self.created_until, now),
            last_active: time_window(self.active_since, self.active_until, now),
        }
    }
}

/// Returns the window between two times, or `None` if neither is given.
pub fn time_window(
    since: Option<TimeArgument>,
    until: Option<TimeArgument>,
    now: UnixMillis,
) -> Option<api::TimeWindow> {
    let (start, end) = (since.map(|since| since.start(now)), until.map(|until| until.end(now)));
    (start.is_some() || end.is_some()).then_some(api::TimeWindow { start, end })
}

/// Returns the end of a window, if it has one.
pub fn window_end(window: Option<&api::TimeWindow>) -> Option<Timestamp> {
    window.and_then(|window| window.end)
}
