//! Settings that matter to a connection.

use std::time::Duration;

/// Settings.
pub struct Settings {
    pub max_io: u32,
    pub io_depth: u32,
}

impl Settings {
    pub fn connect_time(&self) -> Duration {
        Duration::from_secs(10)
    }
}
