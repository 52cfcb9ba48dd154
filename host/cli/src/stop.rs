//! Ctrl-C: the first asks for an orderly end, the second ends at once.

use std::process;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use darkroom_host::Processor;

/// The exit code that shells expect after Ctrl-C: 128 plus the number of SIGINT.
pub(crate) const EXIT: u8 = 130;

/// Whether the user wants an end.
#[derive(Clone, Default)]
pub(crate) struct Stop(Arc<AtomicBool>);

impl Stop {
    /// Listens for Ctrl-C, SIGTERM and SIGHUP, and interrupts the images that `processor` works on.
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
