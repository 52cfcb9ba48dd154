//! Ctrl-C: the first one requests an orderly stop, the second stops immediately.

use std::process;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use darkroom_host::Processor;

/// The conventional exit code after Ctrl-C: 128 plus SIGINT's number.
pub(crate) const EXIT: u8 = 130;

/// Whether the user has requested a stop.
#[derive(Clone, Default)]
pub(crate) struct Stop(Arc<AtomicBool>);

impl Stop {
    /// Handles Ctrl-C, SIGTERM and SIGHUP by interrupting the images in `processor`.
    pub(crate) fn listen(processor: &Arc<Processor>) -> Result<Self, ctrlc::Error> {
        let stop = Self::default();
        let (asked, processor) = (Arc::clone(&stop.0), Arc::clone(processor));
        ctrlc::set_handler(move || {
            if asked.swap(true, Ordering::Relaxed) {
                process::exit(EXIT.into());
            }
            processor.interrupt();
        })?;
        Ok(stop)
    }

    pub(crate) fn is_asked(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}
