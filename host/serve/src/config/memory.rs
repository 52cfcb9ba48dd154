use super::Config;

/// The program, its threads and the image core's code; and one score at a time, whose pixels are floats.
const OWN: u64 = 512 << 20;
/// What stays with the process of each instance, for the next one.
const KEPT: u64 = 16 << 20;
/// A connection's buffers, both ways.
const CONNECTION: u64 = 384 << 10;

impl Config {
    /// The most bytes of memory that the process takes, whatever is asked of it: what the settings give to instances, to
    /// originals, to uploads that are worked on, and to what clients hold.
    #[must_use]
    pub fn memory_ceiling(&self) -> u64 {
        let options = self.options();
        let instances = u64::from(options.instances.get());
        let fetches = if self.delivery.remote_origins.is_empty() { 0 } else { self.limits.fetches as u64 };
        let originals = self.originals_held() as u64 + fetches + u64::from(self.workers());
        // What comes out of an instance is there beside it until the instance ends.
        let outputs = instances * self.delivery.unsigned.pixels.min(1 << 28) * 4;
        let parts = [
            OWN,
            options.total_memory,
            instances * KEPT,
            outputs,
            originals * self.uploads.max_bytes,
            self.limits.held_bytes,
            self.limits.connections as u64 * CONNECTION,
        ];
        parts.into_iter().fold(0, u64::saturating_add)
    }
}
