use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use anyhow::Context;
use clap::builder::PossibleValuesParser;
use darkroom_recipe::{OnDamage, Preset, Recipe};
use indicatif::{ProgressBar, ProgressStyle};
use tempfile::NamedTempFile;

use crate::manifest::{FileVersion, Manifest};
use crate::names::{self, Name};
use crate::plan::{self, Wanted};
use crate::record::{Made, Record};
use crate::sources::{self, Source};
use crate::stop::{self, Stop};
use crate::table::shown;
use crate::work::{Task, Work};
use crate::{core, files, page, table};

/// Make web images of photos
///
/// Without --preset and --recipe every photo becomes a WebP at quality 80 in full size (compressed) and JPEG
/// thumbnails within 150, 300 and 600 pixels (small, medium, large). Outputs that are up to date are not made again. An
/// original that is already smaller than its WebP is used instead of it; so is an animation of more than 50 megapixels
/// in all its frames.
#[derive(clap::Args)]
#[command(after_help = help())]
pub(crate) struct Args {
    /// Photos, and folders of any depth. In folders, hidden files and files that don't look like images are left out
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// The folder for the results; created if it doesn't exist
    #[arg(short, long, value_name = "DIR")]
    out: PathBuf,
    /// Make this preset only; repeat for more
    #[arg(short, long = "preset", value_name = "NAME", value_parser = presets())]
    presets: Vec<String>,
    /// Make this recipe, such as 'width=800,format=webp,quality=75'; repeat for more
    #[arg(short, long = "recipe", value_name = "RECIPE")]
    recipes: Vec<Recipe>,
    /// What to do with photos that lack pixels: show the rest, with grey, or fail
    #[arg(long, value_name = "WHAT", default_value = "show", value_parser = ["show", "refuse"])]
    on_damage: String,
    /// Photos to process at once; the number of cores by default
    #[arg(short, long, value_name = "N", default_value_t = cores(), hide_default_value = true)]
    jobs: NonZero<u32>,
    /// Write one JSON object per line and photo; - writes them to standard output, and the table to standard error
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Write DIR/index.html, which shows originals and results side by side
    #[arg(long)]
    page: bool,
    /// Make everything again, even outputs that are up to date
    #[arg(short, long)]
    force: bool,
}

const RESULTS: &str = "\
Results:
  DIR/compressed/NAME.webp
  DIR/thumbnails/PRESET/NAME.jpg
  DIR/variants/FILE/RECIPE.EXT

  NAME is the photo's path below PATH without its extension (with it, where two photos differ in nothing else).
  Of several PATHs, a folder's own name comes first.

Recipes are options separated by commas; each takes, with its default:
";

const EXAMPLES: &str = "
Examples:
  darkroom process photos --out web
  darkroom process photos --out web --page --json web/photos.jsonl
  darkroom process a.jpg b.png --out web --preset small
  darkroom process photos --out web --recipe 'width=800' --recipe 'width=1600,format=avif'

Exit code: 0 if all worked, 1 if some failed, 2 for wrong usage, 130 after Ctrl-C.";

fn help() -> String {
    [RESULTS, &darkroom_recipe::help(""), EXAMPLES].concat()
}
fn presets() -> PossibleValuesParser {
    PossibleValuesParser::new(Preset::builtin().into_iter().map(|preset| preset.name))
}

fn cores() -> NonZero<u32> {
    let cores = thread::available_parallelism().ok().and_then(|cores| u32::try_from(cores.get()).ok());
    cores.and_then(NonZero::new).unwrap_or(NonZero::<u32>::MIN)
}

pub(crate) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let sources = sources::find(&args.paths, Some(&args.out))?;
    let names = names::assign(&sources);
    let mut wanted = plan::plan(&args.presets, &args.recipes);
    if args.on_damage == "refuse" {
        wanted.iter_mut().for_each(|wanted| wanted.recipe.on_damage = OnDamage::Refuse);
    }
    check_folder(&args.out)?;
    let processor = Arc::new(core::load(args.jobs)?);
    let stop = Stop::listen(&processor)?;
    // Opened before the work, so that an error shows first, but after the above, so that Ctrl-C leaves no temporary
    // file.
    let json = args.json.as_deref().map(open_json).transpose()?;
    let manifest = Manifest::open(&args.out, plan::describe(&wanted), processor.output_version());
    let run = Run { args, sources: &sources, names: &names, wanted: &wanted };
    let work = Work { processor: &processor, wanted: &wanted, out: &args.out, stop: &stop };
    let made = run.make_all(&work, manifest);
    run.report(&made, json, stop.is_asked())
}

/// Fails early if the output folder can't be written.
fn check_folder(out: &Path) -> anyhow::Result<()> {
    let cannot = || format!("cannot write to the output folder {}", out.display());
    fs::create_dir_all(out).and_then(|()| NamedTempFile::with_prefix_in(".darkroom-", out)).with_context(cannot)?;
    Ok(())
}

/// The destination of the JSON lines.
enum Json {
    Stdout,
    /// What can't be replaced by a file, such as a pipe or a terminal.
    Open(File),
    File(NamedTempFile, PathBuf),
}

fn open_json(path: &Path) -> anyhow::Result<Json> {
    if path == Path::new("-") {
        return Ok(Json::Stdout);
    }
    if fs::metadata(path).is_ok_and(|there| !there.is_file() && !there.is_dir()) {
        let open = OpenOptions::new().write(true).open(path);
        return Ok(Json::Open(open.with_context(|| format!("cannot write {}", path.display()))?));
    }
    Ok(Json::File(files::temporary(path)?, path.into()))
}

/// The plan of one run.
struct Run<'a> {
    args: &'a Args,
    sources: &'a [Source],
    names: &'a [Result<Name, usize>],
    wanted: &'a [Wanted],
}

impl Run<'_> {
    /// One result per source, in the same order; `None` for those not done before Ctrl-C.
    fn make_all(&self, work: &Work<'_>, mut manifest: Manifest) -> Vec<Option<Made>> {
        let stamps: Vec<_> = self.sources.iter().map(|source| FileVersion::of(&source.path)).collect();
        let mut results: Vec<_> =
            (0..self.sources.len()).map(|index| self.settled(index, stamps[index], &manifest)).collect();
        let open: Vec<usize> = (0..results.len()).filter(|index| results[*index].is_none()).collect();
        let task = |index: &usize| {
            let source = &self.sources[*index];
            self.names[*index].as_ref().ok().map(|name| Task { source, name })
        };
        let tasks: Vec<_> = open.iter().filter_map(task).collect();
        let bar = progress_bar(tasks.len());
        work.run(&tasks, self.args.jobs, |number, made| {
            let index = open[number];
            bar.set_message(shown(&made.photo.original_key));
            bar.inc(1);
            if let Some(stamp) = stamps[index]
                && !made.failed()
                && let Err(error) = manifest.add(stamp, made.clone())
            {
                bar.suspend(|| {
                    tracing::warn!("the next run will repeat {}: {error:#}", shown(&made.photo.original_key))
                });
            }
            results[index] = Some(made);
        });
        bar.finish_and_clear();
        if let Err(error) = manifest.close() {
            tracing::warn!("{error:#}");
        }
        results
    }

    /// A result that needs no work: the name is taken, or everything is up to date.
    fn settled(&self, index: usize, stamp: Option<FileVersion>, manifest: &Manifest) -> Option<Made> {
        let key = &self.sources[index].key;
        match &self.names[index] {
            Err(other) => {
                let other = self.sources[*other].path.display();
                let error = format!("its results would overwrite those of {other}; give it an --out folder of its own");
                Some(Made { photo: Record::failed(key, 0, error), ..Made::default() })
            }
            Ok(_) if self.args.force => None,
            Ok(_) => manifest.up_to_date(key, stamp?),
        }
    }

    fn report(&self, made: &[Option<Made>], json: Option<Json>, interrupted: bool) -> anyhow::Result<ExitCode> {
        let done: Vec<&Made> = made.iter().flatten().collect();
        let to_stderr = matches!(json, Some(Json::Stdout));
        if let Some(json) = json {
            write_json(json, &done)?;
        }
        if self.args.page {
            page::write(&self.args.out, self.sources, made)?;
        }
        let text = table::render(&done, self.wanted, &self.args.out, self.args.page);
        if to_stderr {
            io::stderr().write_all(text.as_bytes())?
        } else {
            io::stdout().write_all(text.as_bytes())?
        }
        for damaged in done.iter().filter(|made| made.photo.damaged) {
            eprintln!("damaged: {}: what is missing is grey", shown(&damaged.photo.original_key));
        }
        for failed in done.iter().filter(|made| made.failed()) {
            let reason = failed.photo.error.as_deref().unwrap_or_default();
            eprintln!("failed: {}: {}", shown(&failed.photo.original_key), shown(reason));
        }
        if interrupted {
            eprintln!(
                "interrupted: {} of {} photos are done; the same command goes on from there",
                done.len(),
                made.len()
            );
            return Ok(ExitCode::from(stop::EXIT));
        }
        Ok(ExitCode::from(u8::from(done.iter().any(|made| made.failed()))))
    }
}

fn progress_bar(photos: usize) -> ProgressBar {
    let style = ProgressStyle::with_template("{bar:30} {pos}/{len} {elapsed} {wide_msg}");
    let style = style.unwrap_or_else(|_| ProgressStyle::default_bar());
    let bar = ProgressBar::new(photos as u64).with_style(style);
    bar.enable_steady_tick(Duration::from_millis(250));
    bar
}

fn write_json(json: Json, done: &[&Made]) -> anyhow::Result<()> {
    let mut lines = Vec::new();
    for made in done {
        serde_json::to_writer(&mut lines, &made.photo)?;
        lines.push(b'\n');
    }
    match json {
        Json::Stdout => Ok(io::stdout().write_all(&lines)?),
        Json::Open(mut open) => open.write_all(&lines).context("cannot write the JSON lines"),
        Json::File(mut file, path) => {
            let written = file.write_all(&lines).and_then(|()| Ok(file.persist(&path)?));
            written.map(drop).with_context(|| format!("cannot write {}", path.display()))
        }
    }
}
