use std::env;
use std::sync::Arc;
use std::time::Duration;

use darkroom_host::{Code, Options, Processor};

/// Left to the rest of the process: originals, outputs, connections.
const REST: u64 = 256 << 20;

/// Loads `processor.cwasm`, which lies beside this binary.
pub(crate) fn load(deadline: Duration) -> anyhow::Result<Arc<Processor>> {
    let path = env::current_exe()?.with_file_name("processor.cwasm");
    Ok(Arc::new(Processor::load(Code::Precompiled(&path), options(deadline))?))
}

/// An image that would take more than Lambda gives ends with an error, not with the process.
fn options(deadline: Duration) -> Options {
    let defaults = Options::default();
    let megabytes = env::var("AWS_LAMBDA_FUNCTION_MEMORY_SIZE").ok().and_then(|size| size.parse::<u64>().ok());
    let memory = megabytes.map_or(defaults.memory, |size| {
        (size << 20).saturating_sub(REST).max(REST) / u64::from(defaults.instances.get())
    });
    Options { memory: memory.min(defaults.memory), deadline, ..defaults }
}
