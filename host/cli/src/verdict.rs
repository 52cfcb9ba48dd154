//! Whether a file is what a recipe makes of an original, and if not, why, as far as that can be told.

use darkroom_delivery::{Provenance, content_etag, etag, hex, original_etag};
use darkroom_host::{Error, Processor, Transformed};
use darkroom_recipe::{ImageInfo, Limits, Preset, Recipe, Rendition};
use md5::{Digest, Md5};

/// What became of a check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// With what it is.
    Same(String),
    /// With the reason.
    Differs(String),
    /// Its bytes differ, and this output version made it.
    OtherVersion(u32),
}

/// The bytes of both.
#[derive(Clone, Copy)]
pub(crate) struct Files<'a> {
    pub(crate) original: &'a [u8],
    pub(crate) rendition: &'a [u8],
}

/// Makes the rendition again and compares; `told` is what a store has in its metadata.
///
/// # Errors
/// The recipe makes nothing of the original.
pub(crate) fn verdict(
    processor: &Processor,
    files: Files<'_>,
    recipe: &Recipe,
    beside: &[Recipe],
    told: Option<&Provenance>,
) -> Result<Verdict, Error> {
    let again = Again::new(processor, files.original, recipe, beside)?;
    if let Some(why) = told.and_then(|told| contradiction(told, &again.recipe)) {
        return Ok(Verdict::Differs(why));
    }
    if let Some(what) = again.equal(files.rendition) {
        return Ok(Verdict::Same(what));
    }
    // The pipeline makes its presets of one decode: all of them, or the thumbnails.
    let presets: Vec<Recipe> = Preset::builtin().into_iter().map(|preset| preset.recipe).collect();
    for beside in [&presets[..], &presets[1..]] {
        if let Some(what) = Again::new(processor, files.original, recipe, beside)?.equal(files.rendition) {
            return Ok(Verdict::Same(format!("{what}, beside the presets")));
        }
    }
    let version = processor.output_version();
    if let Some(told) = told.filter(|told| ![0, version].contains(&told.output_version)) {
        return Ok(Verdict::OtherVersion(told.output_version));
    }
    let why = match told.map(|told| (told, is_of(&told.source_etag, files.original))) {
        Some((told, false)) => of_another(&told.source_etag, files.original),
        told => again.difference(processor, files.rendition, told.is_some())?,
    };
    Ok(Verdict::Differs(why))
}

/// What can't be in metadata, whatever the bytes are.
fn contradiction(told: &Provenance, recipe: &Recipe) -> Option<String> {
    let made: Recipe = told.recipe.parse().ok()?;
    if !told.recipe.is_empty() && made != *recipe {
        return Some(format!("it was made with {}, not with {}", text(&made), text(recipe)));
    }
    let (source, version) = (&told.source_etag, told.output_version);
    let known = told.etag == etag(source, recipe, version) || told.etag == original_etag(source, recipe.metadata);
    let why = "its metadata contradict each other: rendition-etag is no hash of source-etag, recipe and output-version";
    (!known && version != 0).then(|| why.into())
}

/// What the recipe makes of the original.
struct Again {
    /// For this one.
    recipe: Recipe,
    rendition: Result<Rendition, Error>,
    /// The original in its place, where it does better or is an animation that is passed on.
    original: Option<Vec<u8>>,
}

impl Again {
    /// `beside` others of one decode, of which a larger one may be what it is made of.
    fn new(processor: &Processor, original: &[u8], recipe: &Recipe, beside: &[Recipe]) -> Result<Self, Error> {
        let recipes: Vec<Recipe> = [recipe].into_iter().chain(beside).cloned().collect();
        let Transformed { info, results } = processor.transform(original, &recipes, &Limits::default())?;
        let rendition = results.into_iter().next().unwrap_or_else(|| Err(Error::Internal("no result".into())));
        let recipe = recipe.for_source(&info);
        let stands_in = |bytes: &Vec<u8>| match &rendition {
            Ok(rendition) => info.does_better_than(bytes.len() as u64, rendition, &recipe),
            Err(_) => info.stays_animated(&recipe),
        };
        let original = info.stand_in(original, &recipe).filter(stands_in);
        match rendition {
            Err(error) if original.is_none() => Err(error),
            rendition => Ok(Self { recipe, rendition, original }),
        }
    }

    fn equal(&self, found: &[u8]) -> Option<String> {
        let recipe = text(&self.recipe);
        if let Ok(made) = &self.rendition
            && made.bytes == found
        {
            return Some(format!("{} of this original, by {recipe}", size(made)));
        }
        let original = self.original.as_ref().is_some_and(|original| original == found);
        original.then(|| format!("the original in place of {recipe}, with as much metadata as that keeps"))
    }

    /// Why `found` is nothing of this; `told` where metadata have the same original, recipe and version.
    fn difference(&self, processor: &Processor, found: &[u8], told: bool) -> Result<String, Error> {
        let made = self.rendition.as_ref().map_err(Clone::clone)?;
        let ImageInfo { format, width, height, .. } = match processor.probe(found, &Limits::default()) {
            Ok(info) => info,
            Err(error) => return Ok(format!("it can't be read: {error}")),
        };
        if (format, width, height) != (made.format, made.width, made.height) {
            let (format, recipe) = (format.name(), text(&self.recipe));
            return Ok(format!("it is {format}, {width}×{height}, and {recipe} makes {} of this original", size(made)));
        }
        let same = made.bytes.iter().zip(found).take_while(|(made, found)| made == found).count();
        let (length, expected, version) = (found.len(), made.bytes.len(), processor.output_version());
        let others = "or made of another original, by another recipe or beside others (--with), or by another output version than";
        let why = if told { ", or made beside other recipes (--with)".into() } else { format!(", {others} {version}") };
        Ok(format!(
            "{same} bytes are the same, then others follow, {length} in all in place of {expected}: it was changed{why}"
        ))
    }
}

/// Whether a store gives such an ETag to these bytes: their MD5, or our hash where an origin gives none.
fn is_of(source_etag: &str, original: &[u8]) -> bool {
    [md5(original), content_etag(original)].contains(&source_etag.to_ascii_lowercase())
}

fn of_another(source_etag: &str, original: &[u8]) -> String {
    let unless = "or it was changed, and its store's ETags are no MD5, as with SSE-KMS and uploads in parts";
    let found = md5(original);
    format!("it was made of another original: source-etag is {source_etag}, the MD5 of this one is {found}; {unless}")
}

fn md5(bytes: &[u8]) -> String {
    hex(&Md5::digest(bytes))
}

/// As a sentence has it.
fn text(recipe: &Recipe) -> String {
    let text = recipe.to_string();
    if text.is_empty() { "the default recipe".into() } else { text }
}

fn size(made: &Rendition) -> String {
    format!("{}, {}×{}, {} bytes", made.format.name(), made.width, made.height, made.bytes.len())
}
