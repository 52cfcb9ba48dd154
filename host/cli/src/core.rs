//! The image core embedded in this binary.

use std::io::{self, Write};
use std::num::NonZero;
use std::process::ExitCode;
use std::time::Duration;

use darkroom_host::{Code, LoadError, Options, Processor, cache_folder};
use indicatif::ProgressBar;

/// The component.
pub(crate) const COMPONENT: &[u8] = include_bytes!(env!("DARKROOM_COMPONENT"));

/// Its SHA-256 in hex.
const DIGEST: &str = env!("DARKROOM_COMPONENT_DIGEST");

/// Loads a core for `jobs` concurrent images. The first start on a machine compiles it, which takes seconds.
pub(crate) fn load(jobs: NonZero<u32>) -> Result<Processor, LoadError> {
    load_with(Options { instances: jobs, ..Options::default() })
}

/// Loads a core with other options.
pub(crate) fn load_with(options: Options) -> Result<Processor, LoadError> {
    let cache = cache_folder();
    let code = Code::Wasm { bytes: COMPONENT, cache: cache.as_deref() };
    let spinner = ProgressBar::new_spinner().with_message("Loading the image core");
    spinner.enable_steady_tick(Duration::from_millis(100));
    let processor = Processor::load(code, options);
    spinner.finish_and_clear();
    processor
}

/// Asks the component itself, so that the answer always matches what runs.
pub(crate) fn print_version() -> anyhow::Result<ExitCode> {
    let output_version = load(NonZero::<u32>::MIN)?.output_version();
    let mut out = io::stdout().lock();
    writeln!(out, "darkroom {}", env!("CARGO_PKG_VERSION"))?;
    writeln!(out, "image core sha256:{DIGEST}")?;
    writeln!(out, "output version {output_version}")?;
    Ok(ExitCode::SUCCESS)
}
