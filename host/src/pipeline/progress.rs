use darkroom_delivery::store::NewObject;

/// Is told what has been done about an upload, as it happens. `()` is for where nobody watches.
pub trait Progress: Send + Sync {
    /// The original has been read.
    fn read(&self) {}

    /// One of its images has been stored.
    fn stored(&self, _object: &NewObject) {}

    /// The outcome has been recorded.
    fn recorded(&self) {}
}

impl Progress for () {}
