use darkroom_delivery::store::NewObject;

/// Receives the progress of an upload. `()` ignores it.
pub trait Progress: Send + Sync {
    /// The original has been read.
    fn read(&self) {}

    /// One of its images has been stored.
    fn stored(&self, _object: &NewObject) {}

    /// The outcome has been recorded.
    fn recorded(&self) {}
}

impl Progress for () {}
