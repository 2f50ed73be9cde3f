//! Looking at what happened by command.

mod export;
mod fake;
mod listing;
mod real_server;
mod revoke_where;
