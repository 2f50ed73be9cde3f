//! The tests of public interfaces, in one binary: it links once and starts fast.

#![cfg(test)]

mod alerts;
mod architecture;
mod audit;
mod background;
mod cli;
mod conformance;
mod deploy;
mod documentation;
mod engines;
mod gateways;
mod language;
mod near_cache;
mod service;
mod stored_forms;
mod support;
