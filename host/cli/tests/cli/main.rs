//! Tests the real binary, run as people and scripts run it.

mod failures;
mod other;
mod process;
mod run;
mod verify;
