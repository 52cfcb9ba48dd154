//! Renders a source and writes its outputs to disk.

use std::num::NonZero;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::Instant;

use darkroom_host::savings_percent;
use darkroom_host::{Error, Output, Processor};
use darkroom_recipe::{Format, Limits, Recipe};

use crate::files;
use crate::names::Name;
use crate::plan::{Kind, Wanted};
use crate::record::{Made, Record, Status};
use crate::sources::{self, Source};
use crate::stop::Stop;

/// The settings shared by all photos of a run.
pub(crate) struct Work<'a> {
    pub(crate) processor: &'a Processor,
    pub(crate) wanted: &'a [Wanted],
    pub(crate) out: &'a Path,
    pub(crate) stop: &'a Stop,
}

/// A photo to process.
pub(crate) struct Task<'a> {
    pub(crate) source: &'a Source,
    pub(crate) name: &'a Name,
}

impl Work<'_> {
    /// Processes all tasks, `jobs` concurrently. Calls `done` on this thread with each task's index as it finishes.
    /// Tasks that Ctrl-C interrupts, or that have not started by then, are skipped.
    pub(crate) fn run(&self, tasks: &[Task<'_>], jobs: NonZero<u32>, mut done: impl FnMut(usize, Made)) {
        let next = AtomicUsize::new(0);
        let (sender, finished) = mpsc::channel();
        let worker = |sender: mpsc::Sender<(usize, Made)>| {
            while !self.stop.is_asked() {
                let index = next.fetch_add(1, Ordering::Relaxed);
                let Some(task) = tasks.get(index) else { break };
                if let Some(made) = self.make(task) {
                    // The receiver outlives all workers.
                    let _ = sender.send((index, made));
                }
            }
        };
        thread::scope(|scope| {
            for _ in 0..jobs.get() {
                let sender = sender.clone();
                scope.spawn(|| worker(sender));
            }
            drop(sender);
            finished.iter().for_each(|(index, made)| done(index, made));
        });
    }

    /// `None` if it was interrupted.
    fn make(&self, task: &Task<'_>) -> Option<Made> {
        let started = Instant::now();
        let mut made = match self.try_make(task) {
            Ok(made) => made,
            Err(error) if is_interrupt(&error) => return None,
            Err(error) => {
                let size = std::fs::metadata(&task.source.path).map_or(0, |file| file.len());
                Made { photo: Record::failed(&task.source.key, size, format!("{error:#}")), ..Made::default() }
            }
        };
        made.photo.processing_time_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        Some(made)
    }

    fn try_make(&self, task: &Task<'_>) -> anyhow::Result<Made> {
        let limits = Limits::default();
        let source = sources::read(&task.source.path, &limits)?;
        let recipes: Vec<Recipe> = self.wanted.iter().map(|wanted| wanted.recipe.clone()).collect();
        let photo = self.processor.render(&source, &recipes, &limits)?;
        if let Some(error) = shared_error(&photo.outputs) {
            return Err(error.clone().into());
        }
        let mut made = Made::default();
        let mut errors = Vec::new();
        for (wanted, output) in self.wanted.iter().zip(photo.outputs) {
            match self.write(task, photo.info.format, &wanted.kind, output) {
                Ok((key, size)) => note(&mut made, &wanted.kind, key, size),
                Err(error) => errors.push(format!("{}: {error:#}", wanted.kind)),
            }
        }
        let record = &mut made.photo;
        record.original_key.clone_from(&task.source.key);
        record.original_size = source.len() as u64;
        record.savings_percent = record.compressed_size.map(|size| savings_percent(record.original_size, size));
        (record.width, record.height) = (Some(photo.info.width), Some(photo.info.height));
        record.damaged = photo.info.damaged;
        if !errors.is_empty() {
            record.status = Status::Failed;
            record.error = Some(errors.join("; "));
        }
        Ok(made)
    }

    /// Returns the output's key and size.
    fn write(
        &self,
        task: &Task<'_>,
        format: Format,
        kind: &Kind,
        output: Result<Output, Error>,
    ) -> anyhow::Result<(String, u64)> {
        let output = output?;
        let (bytes, extension) = match &output {
            Output::Original(bytes) => (&bytes[..], format.extension()),
            Output::Rendition(rendition) => (&rendition.bytes[..], rendition.format.extension()),
        };
        let key = kind.key(task.name, extension);
        files::write(&self.out.join(&key), bytes)?;
        Ok((key, bytes.len() as u64))
    }
}

/// The error that all recipes share, if a photo can't be rendered at all.
fn shared_error(outputs: &[Result<Output, Error>]) -> Option<&Error> {
    let first = outputs.first()?.as_ref().err()?;
    outputs.iter().all(|output| output.as_ref().err() == Some(first)).then_some(first)
}

fn note(made: &mut Made, kind: &Kind, key: String, size: u64) {
    made.files.insert(key.clone(), size);
    match kind {
        Kind::Compressed => (made.photo.compressed_key, made.photo.compressed_size) = (Some(key), Some(size)),
        Kind::Thumbnail(preset) => drop(made.photo.thumbnails.insert(preset.clone(), key)),
        Kind::Variant(_) => drop(made.photo.variants.insert(kind.to_string(), key)),
    }
}

fn is_interrupt(error: &anyhow::Error) -> bool {
    matches!(error.downcast_ref(), Some(Error::Interrupted))
}
