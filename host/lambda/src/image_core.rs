use std::env;
use std::num::NonZero;
use std::sync::Arc;
use std::time::Duration;

use darkroom_host::{Code, Options, Processor};

/// Reserved for the rest of the process: originals, outputs, connections.
const REST: u64 = 256 << 20;

/// The minimum, for a function that is too small for any of this.
const LEAST: u64 = 64 << 20;

/// The memory that [`Limits::default`](darkroom_recipe::Limits::default) allows an image: pixels and working memory,
/// plus the source and outputs.
const WHOLE: u64 = (2 << 30) + (256 << 20);

/// Loads `processor.cwasm` from this binary's folder.
pub(crate) fn load(deadline: Duration) -> anyhow::Result<Arc<Processor>> {
    let path = env::current_exe()?.with_file_name("processor.cwasm");
    Ok(Arc::new(Processor::load(Code::Precompiled(&path), options(deadline))?))
}

fn options(deadline: Duration) -> Options {
    let megabytes = env::var("AWS_LAMBDA_FUNCTION_MEMORY_SIZE").ok().and_then(|size| size.parse().ok());
    let defaults = Options { deadline, ..Options::default() };
    megabytes.map_or(defaults, |megabytes| within(megabytes, defaults))
}

/// As many instances as can each have all the memory that the limits allow an image, but at least one. An image that
/// would exceed Lambda's memory then fails with an error, instead of ending the process.
fn within(megabytes: u64, defaults: Options) -> Options {
    let memory = (megabytes << 20).saturating_sub(REST).max(LEAST);
    let instances = u32::try_from(memory / WHOLE).ok().and_then(NonZero::new).unwrap_or(NonZero::<u32>::MIN);
    let instances = instances.min(defaults.instances);
    Options { memory: (memory / u64::from(instances.get())).min(defaults.memory), instances, ..defaults }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Lambda provides 2 processors up to 3,008 MB, 3 up to 5,307, 4 up to 7,076, 5 up to 8,845, and then 6.
    #[test]
    fn an_instance_has_the_memory_that_the_limits_promise() {
        for (megabytes, cores, instances, mebibytes) in [
            (128, 2, 1, 64),
            (1769, 2, 1, 1513),
            (3008, 2, 1, 2752),
            (5307, 3, 2, 2525),
            (7076, 4, 2, 3072),
            (10_240, 6, 4, 2496),
            (10_240, 1, 1, 3072),
        ] {
            let cores = NonZero::new(cores).expect("some");
            let options = within(megabytes, Options { instances: cores, ..Options::default() });
            assert_eq!((options.instances.get(), options.memory >> 20), (instances, mebibytes), "{megabytes} MB");
        }
    }
}
