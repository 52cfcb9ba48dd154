use std::num::NonZero;
use std::path::Path;
use std::thread;
use std::time::Duration;

use wasmtime::component::Component;
use wasmtime::{Config, Engine, InstanceAllocationStrategy, PoolingAllocationConfig};

use crate::LoadError;

/// How often running instances check the clock: the precision of deadlines and interrupts.
const TICK: Duration = Duration::from_millis(20);

/// The whole 32-bit address space. With this reservation and the guard after it, no access needs a bounds check. Each
/// instance reserves this much address space, of which x86-64 and arm64 have at least 128 TiB; memory is allocated only
/// when used.
const RESERVATION: u64 = 4 << 30;

/// How far an access with a constant offset may extend beyond the reservation without a bounds check.
const GUARD: u64 = 32 << 20;

/// Bytes of an instance's memory that the process keeps, cleared, after the instance ends: they spare the next instance
/// a page fault per page. Images of 800 pixels, which need less, take 5 to 7% less time.
const KEPT: usize = 16 << 20;

/// Core modules per component: the image core has one, and an adapter may be added.
const CORE_INSTANCES: u32 = 4;

/// The source of the component's code.
#[derive(Clone, Copy, Debug)]
pub enum Code<'a> {
    /// A component in its portable form.
    #[cfg(feature = "compile")]
    Wasm {
        /// The component.
        bytes: &'a [u8],
        /// The folder for compiled code, which is reused the next time; [`cache_folder`](crate::cache_folder) is the
        /// usual one.
        cache: Option<&'a Path>,
    },
    /// A file from [`precompile`](crate::precompile) or `darkroom precompile` of this release. It is mapped, not read,
    /// and must not be modified while the processor lives; it may be replaced by renaming another file over it. It
    /// contains native code that runs with the rights of this process, so trust its source as you would trust that of a
    /// program.
    Precompiled(&'a Path),
}

/// The resource limits of a processor.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Memory of one instance in bytes, at most 4 GiB. The default is 3 GiB, enough for everything that
    /// [`Limits::default`](darkroom_recipe::Limits::default) allows: 2 GiB of pixels and working memory, the source and
    /// the outputs.
    pub memory: u64,
    /// Memory of all instances at one time in bytes, at least that of one. Each counts it before it takes any; one for which
    /// nothing is left waits until `memory` is free, and then begins again. By default as much as all may take.
    pub total_memory: u64,
    /// Time for one call, on the clock. 30 seconds by default.
    pub deadline: Duration,
    /// Concurrent calls; further ones wait. The number of cores by default.
    pub instances: NonZero<u32>,
}

impl Default for Options {
    fn default() -> Self {
        let cores = thread::available_parallelism().map_or(1, NonZero::get);
        Self {
            memory: 3 << 30,
            total_memory: u64::MAX,
            deadline: Duration::from_secs(30),
            instances: u32::try_from(cores).ok().and_then(NonZero::new).unwrap_or(NonZero::<u32>::MIN),
        }
    }
}

/// Creates an engine whose epoch advances every [`TICK`] as long as it lives.
pub(crate) fn start(options: &Options) -> Result<Engine, LoadError> {
    let mut config = config();
    config.allocation_strategy(pool(options));
    #[cfg(feature = "compile")]
    compile_for(&mut config, &target_lexicon::Triple::host())?;
    let engine = Engine::new(&config).map_err(engine_error)?;
    let weak = engine.weak();
    let ticker = move || {
        while let Some(engine) = weak.upgrade() {
            engine.increment_epoch();
            drop(engine);
            thread::sleep(TICK);
        }
    };
    thread::Builder::new().name("epoch".into()).spawn(ticker).map_err(engine_error)?;
    Ok(engine)
}

/// The settings on which precompiled code and the engine that runs it must agree.
fn config() -> Config {
    let mut config = Config::new();
    config
        .wasm_simd(true)
        // Relaxed SIMD gives different results on different machines.
        .wasm_relaxed_simd(false)
        .epoch_interruption(true)
        .concurrency_support(false)
        .memory_reservation(RESERVATION)
        .memory_guard_size(GUARD)
        // Only backtraces need the address map.
        .generate_address_map(false);
    config
}

fn pool(options: &Options) -> InstanceAllocationStrategy {
    let instances = options.instances.get();
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(instances)
        .total_core_instances(instances.saturating_mul(CORE_INSTANCES))
        .total_memories(instances)
        .total_tables(instances.saturating_mul(CORE_INSTANCES))
        .linear_memory_keep_resident(KEPT)
        .max_memory_size(usize::try_from(options.memory.min(RESERVATION)).unwrap_or(usize::MAX));
    InstanceAllocationStrategy::Pooling(pool)
}

/// Loads native code that our own compiler has just produced.
#[cfg(feature = "compile")]
#[allow(unsafe_code)]
pub(crate) fn deserialize(engine: &Engine, code: &[u8]) -> Result<Component, LoadError> {
    // SAFETY: the bytes come from the compiler of this engine.
    unsafe { Component::deserialize(engine, code) }.map_err(precompiled_error)
}

/// Like [`deserialize`], but maps a file, of which only the pages that run are read.
#[allow(unsafe_code)]
pub(crate) fn map(engine: &Engine, code: &Path) -> Result<Component, LoadError> {
    // SAFETY: the caller guarantees that the file is trustworthy and stays unmodified, as `Code::Precompiled` requires.
    // The cache ensures it: its files have checksums and are only ever replaced whole. wasmtime refuses code of another
    // version, target or setting.
    unsafe { Component::deserialize_file(engine, code) }.map_err(precompiled_error)
}

/// Compiles a component to native code for `target`, a triple such as `aarch64-unknown-linux-gnu`, or for this machine
/// if it is `None`. Equal arguments give equal bytes.
///
/// On x86-64, code for this machine uses AVX2 if available; code for a named target always does (x86-64-v3).
///
/// # Errors
/// If the target is unknown or not compiled into this build, or if `wasm` is not a component.
#[cfg(feature = "compile")]
pub fn precompile(wasm: &[u8], target: Option<&str>) -> Result<Vec<u8>, LoadError> {
    let unknown = |error| LoadError::Engine(format!("unknown target: {error}"));
    let target = target.map_or(Ok(target_lexicon::Triple::host()), |target| target.parse().map_err(unknown))?;
    let mut config = config();
    compile_for(&mut config, &target)?;
    let engine = Engine::new(&config).map_err(engine_error)?;
    engine.precompile_component(wasm).map_err(|error| LoadError::Component(format!("{error:#}")))
}

/// Sets the target and the CPU features by name, so that all machines of one level produce the same code.
///
/// NaNs are not canonicalized: browsers and workerd don't do so either, so the core has to give equal bytes without
/// that, and a test checks it.
#[cfg(feature = "compile")]
fn compile_for(config: &mut Config, target: &target_lexicon::Triple) -> Result<(), LoadError> {
    config.target(&target.to_string()).map_err(engine_error)?;
    for flag in cpu_features(target) {
        enable(config, flag);
    }
    Ok(())
}

/// arm64 needs no features beyond its baseline: those that Cranelift could use are for atomics and half floats.
#[cfg(feature = "compile")]
fn cpu_features(target: &target_lexicon::Triple) -> &'static [&'static str] {
    use target_lexicon::{Architecture, Triple};
    const V2: &[&str] = &["x86-64-v2"];
    // Cranelift's preset omits the flag that AVX2 depends on.
    const V3: &[&str] = &["x86-64-v3", "has_avx"];
    match target.architecture {
        Architecture::X86_64 if *target != Triple::host() || host_is_v3() => V3,
        Architecture::X86_64 => V2,
        _ => &[],
    }
}

#[cfg(all(feature = "compile", target_arch = "x86_64"))]
fn host_is_v3() -> bool {
    use std::arch::is_x86_feature_detected as has;
    has!("avx2") && has!("bmi1") && has!("bmi2") && has!("fma") && has!("lzcnt")
}

#[cfg(all(feature = "compile", not(target_arch = "x86_64")))]
fn host_is_v3() -> bool {
    false
}

#[cfg(feature = "compile")]
#[allow(unsafe_code)]
fn enable(config: &mut Config, feature: &str) {
    // SAFETY: the names above are CPU features, which wasmtime compares with this machine's before it runs any code;
    // none is a setting that wasmtime's invariants depend on.
    unsafe { config.cranelift_flag_enable(feature) };
}

fn precompiled_error(error: wasmtime::Error) -> LoadError {
    LoadError::Precompiled(format!("{error:#}"))
}

fn engine_error(error: impl Into<wasmtime::Error>) -> LoadError {
    LoadError::Engine(format!("{:#}", error.into()))
}
