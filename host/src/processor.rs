use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use darkroom_recipe::{Description, Format, ImageInfo, Limits, Recipe, Rendition};
use serde::de::DeserializeOwned;
use wasmtime::component::Linker;
use wasmtime::{Engine, ResourceLimiter, Store, UpdateDeadline};

use crate::pool::{Pool, Share};
use crate::slots::Slots;
use crate::{Code, Error, LoadError, Options, engine};

/// Rust bindings of the contract.
#[allow(missing_docs, reason = "documented in wit/image.wit")]
pub(crate) mod bindings {
    wasmtime::component::bindgen!({
        path: "wit",
        world: "image-processor",
        ownership: Borrowing { duplicate_if_necessary: false },
    });
}

use bindings::ImageProcessorPre;
use bindings::exports::darkroom::image::processor::{self as wit, Guest};

/// The results for one source.
#[derive(Clone, Debug, PartialEq)]
pub struct Transformed {
    /// Facts about the source.
    pub info: ImageInfo,
    /// One result per recipe, in the same order.
    pub results: Vec<Result<Rendition, Error>>,
}

/// The image core, callable from many threads. Each call gets a fresh instance, which is dropped afterwards.
pub struct Processor {
    engine: Engine,
    pre: ImageProcessorPre<MemoryCap>,
    options: Options,
    slots: Slots,
    pool: Arc<Pool>,
    interrupted: Arc<AtomicBool>,
    output_version: u32,
}

impl Processor {
    /// Loads the component and tests it.
    ///
    /// # Errors
    /// If the engine doesn't start on this machine, or `code` is not a component of the world `image-processor` or was
    /// precompiled for another machine or release.
    pub fn load(code: Code<'_>, options: Options) -> Result<Self, LoadError> {
        let engine = engine::start(&options)?;
        let component = match code {
            #[cfg(feature = "compile")]
            Code::Wasm { bytes, cache } => crate::cache::load(&engine, bytes, cache)?,
            Code::Precompiled(file) => engine::map(&engine, file)?,
        };
        // Nothing is linked: the component has no imports, and one with imports is refused here.
        let linked = Linker::new(&engine).instantiate_pre(&component).and_then(ImageProcessorPre::new);
        let pre = linked.map_err(|error| LoadError::Component(format!("{error:#}")))?;
        let slots = Slots::new(usize::try_from(options.instances.get()).unwrap_or(usize::MAX));
        let pool = Pool::new(options.total_memory.max(options.memory));
        let interrupted = Arc::default();
        let mut processor = Self { engine, pre, options, slots, pool, interrupted, output_version: 0 };
        let version = processor.call(|guest, store| guest.call_output_version(store).map(Ok));
        processor.output_version = version.map_err(|error| LoadError::Component(error.to_string()))?;
        Ok(processor)
    }

    /// Reads facts about `source` from its headers alone.
    ///
    /// # Errors
    /// If it is not an image that [`Processor::transform`] could read, or exceeds the limits.
    pub fn probe(&self, source: &[u8], limits: &Limits) -> Result<ImageInfo, Error> {
        read(&self.call(|guest, store| guest.call_probe(store, source, &limits.to_string()))?)
    }

    /// Describes `source`: a placeholder to show while it loads, and the camera's EXIF fields.
    ///
    /// # Errors
    /// If it could not be rendered either.
    pub fn describe(&self, source: &[u8], limits: &Limits) -> Result<Description, Error> {
        read(&self.call(|guest, store| guest.call_describe(store, source, &limits.to_string()))?)
    }

    /// Decodes `source` once and renders every recipe from it. Equal arguments give equal bytes.
    ///
    /// # Errors
    /// If the source's headers are invalid, or the host stopped the call. All other errors belong to individual
    /// recipes.
    pub fn transform(&self, source: &[u8], recipes: &[Recipe], limits: &Limits) -> Result<Transformed, Error> {
        let texts: Vec<String> = recipes.iter().map(Recipe::to_string).collect();
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let limits = limits.to_string();
        let transformed = self.call(|guest, store| guest.call_transform(store, &[source], &texts, &limits))?;
        let results = transformed.results.into_iter().map(|result| result?.try_into());
        Ok(Transformed { info: read(&transformed.info)?, results: results.collect() })
    }

    /// Changes exactly when equal arguments would give other bytes than in the previous release.
    #[must_use]
    pub fn output_version(&self) -> u32 {
        self.output_version
    }

    /// The number of calls in progress.
    #[must_use]
    pub fn running(&self) -> usize {
        self.slots.taken()
    }

    /// Counts bytes that came out of an instance, until this is dropped, as its memory was.
    #[cfg(feature = "delivery")]
    pub(crate) fn hold(&self, bytes: u64) -> Share {
        self.pool.hold(bytes)
    }

    /// Bytes of memory that instances, and what came out of them, have just now.
    #[must_use]
    pub fn memory_taken(&self) -> u64 {
        self.pool.taken()
    }

    /// Ends all calls, running and future, with [`Error::Interrupted`]: running ones within some 20 ms.
    pub fn interrupt(&self) {
        self.interrupted.store(true, Ordering::Relaxed);
    }

    /// One call in an instance of its own. Where others have taken the memory that it needs, it begins again with all that
    /// it may need set aside.
    fn call<T>(
        &self,
        enter: impl Fn(&Guest, &mut Store<MemoryCap>) -> wasmtime::Result<Result<T, wit::Error>>,
    ) -> Result<T, Error> {
        let _slot = self.slots.take();
        match self.enter(&enter, self.pool.begin()) {
            Err(Error::Short) => self.enter(&enter, self.pool.reserve(self.options.memory)),
            other => other,
        }
    }

    /// The only place that enters the component.
    fn enter<T>(
        &self,
        enter: impl Fn(&Guest, &mut Store<MemoryCap>) -> wasmtime::Result<Result<T, wit::Error>>,
        share: Share,
    ) -> Result<T, Error> {
        let mut store = self.store(share);
        let instance = self
            .pre
            .instantiate(&mut store)
            .map_err(|error| error.downcast::<Error>().unwrap_or_else(|error| Error::Instance(format!("{error:#}"))))?;
        match enter(instance.darkroom_image_processor(), &mut store) {
            Ok(result) => result.map_err(Into::into),
            // If the host stopped the call, the error is the host's; anything else is a trap.
            Err(stop) => Err(stop.downcast::<Error>().unwrap_or_else(|trap| {
                tracing::debug!("{trap:?}");
                Error::Trap(trap.root_cause().to_string())
            })),
        }
    }

    fn store(&self, share: Share) -> Store<MemoryCap> {
        let mut store = Store::new(&self.engine, MemoryCap { allowed: self.options.memory, share });
        store.limiter(|cap| cap);
        let (started, allowed) = (Instant::now(), self.options.deadline);
        let interrupted = Arc::clone(&self.interrupted);
        store.epoch_deadline_callback(move |_| {
            if interrupted.load(Ordering::Relaxed) {
                Err(Error::Interrupted.into())
            } else if started.elapsed() >= allowed {
                Err(Error::Deadline { allowed }.into())
            } else {
                Ok(UpdateDeadline::Continue(1))
            }
        });
        store.set_epoch_deadline(1);
        store
    }
}

/// Stops an instance that exceeds its memory. A failed allocation would instead end in a trap that looks like a crash.
struct MemoryCap {
    allowed: u64,
    share: Share,
}

impl ResourceLimiter for MemoryCap {
    fn memory_growing(&mut self, current: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        if desired as u64 > self.allowed {
            tracing::debug!(current, desired, allowed = self.allowed, "memory cap reached");
            return Err(Error::Memory { allowed: self.allowed }.into());
        }
        if !self.share.grow(desired as u64) {
            tracing::debug!(current, desired, "the others have the memory");
            return Err(Error::Short.into());
        }
        Ok(true)
    }

    /// The machine itself is out of memory.
    fn memory_grow_failed(&mut self, error: wasmtime::Error) -> wasmtime::Result<()> {
        tracing::debug!("memory can't grow: {error:#}");
        Err(Error::Memory { allowed: self.allowed }.into())
    }

    fn table_growing(&mut self, _: usize, _: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        Ok(true)
    }
}

/// Parses facts from the component.
fn read<T: DeserializeOwned>(json: &str) -> Result<T, Error> {
    serde_json::from_str(json).map_err(|error| Error::Internal(format!("{json}: {error}")))
}

impl TryFrom<wit::Rendition> for Rendition {
    type Error = Error;

    fn try_from(rendition: wit::Rendition) -> Result<Self, Error> {
        let wit::Rendition { format, width, height, quality, bytes } = rendition;
        let unknown = || Error::Internal(format!("format {format}: must be one that this host knows"));
        let format = Format::named(&format).ok_or_else(unknown)?;
        Ok(Self { format, width, height, quality, bytes })
    }
}
