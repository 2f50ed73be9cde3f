//! The pages of the console.

mod alert_view;
mod audit_page;
mod chart;
mod event_row;
mod health_page;
mod labels;
mod overview_page;
mod result_page;
mod revoke_page;
mod session_page;
mod session_row;
mod sessions_page;
mod sign_in_page;
mod tenants_page;
mod user_page;
mod webhooks_page;

pub use alert_view::{AlertItem, AlertsPage};
pub use audit_page::{AuditFilter, AuditPage};
pub use chart::{ChartSeries, TimeChart};
pub use event_row::EventRow;
pub use health_page::{HealthCheckRow, HealthPage, NodeRow};
pub use labels::{CountTable, SelectOption, enum_label, options};
pub use overview_page::{OverviewPage, StatsRange, StatsView};
pub use result_page::ResultPage;
pub use revoke_page::{RevokePage, RevokePreview};
pub use session_page::{SessionField, SessionPage};
pub use session_row::{SessionRow, last_seen};
pub use sessions_page::{SessionCriteria, SessionsPage};
pub use sign_in_page::SignInPage;
pub use tenants_page::{TenantPage, TenantRow, TenantsPage};
pub use user_page::UserPage;
pub use webhooks_page::{DeadLetterRow, WebhookRow, WebhooksPage};
