//! The request lifecycle, the same in every shell: send the stored image, or else render it from the original.

use bytes::Bytes;
use darkroom_recipe::{Format, ImageInfo, Rendition};

use crate::flow::facts::facts;
use crate::store::Store as _;
use crate::{
    Candidate, ETag, Error, Original, Output, Plan, Provenance, Shell, Stored, Timing, Transformed, original_etag,
};

/// The image to send, before the request's conditions are evaluated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    /// The whole file.
    pub bytes: Bytes,
    /// Such as `image/webp`; `application/json` for facts.
    pub media_type: &'static str,
    /// Of the bytes.
    pub etag: ETag,
    /// In seconds since 1970.
    pub last_modified: Option<u64>,
    /// Whether a better image will replace it soon.
    pub provisional: bool,
    /// Why this image stands in for the requested one, if it does, or [`DAMAGED`].
    pub reason: Option<String>,
    /// Whether pixels of the original are missing, and shown grey.
    pub damaged: bool,
    /// Whether it came from the store.
    pub found: bool,
}

/// The reason for an image that is partly grey because its original is damaged.
pub const DAMAGED: &str = "source: damaged, and shown as far as it is there";

/// An image, and the work left to do after it is sent.
#[derive(Debug)]
pub struct Delivery {
    /// The image to send.
    pub image: Image,
    /// How long stores and origins took.
    pub timings: Vec<Timing<'static>>,
    /// For [`finish`].
    pub later: Later,
}

/// The work left to do after the client has its response.
#[derive(Debug, Default)]
pub struct Later {
    keep: Option<(Candidate, Stored)>,
    make: Option<Candidate>,
    /// Its original, if already in memory.
    original: Option<Original>,
}

impl Later {
    /// Whether there is nothing to do.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.keep.is_none() && self.make.is_none()
    }

    /// The rendition to store, and the candidate to make.
    #[must_use]
    pub fn split(self) -> (Self, Self) {
        let Self { keep, make, original } = self;
        (Self { keep, ..Self::default() }, Self { keep: None, make, original })
    }

    /// The key of the rendition to make, so that several responses that ask for it make it once.
    #[must_use]
    pub fn makes(&self) -> Option<&str> {
        self.make.as_ref().map(|candidate| candidate.object.key.as_str())
    }
}

/// Looks up or renders the image that `plan` asks for. If the source is at fault and the URL leaves the format open,
/// sends the original instead, if the client accepts its type.
///
/// # Errors
/// The original can't be read, or neither it nor anything made from it may be sent.
pub async fn deliver<S: Shell>(shell: &S, plan: &Plan) -> Result<Delivery, Error> {
    let mut timings = Vec::new();
    let started = shell.clock();
    let stored = stored(shell, plan).await;
    timings.push(timing("store", if stored.is_some() { "hit" } else { "miss" }, shell.clock() - started));
    if let Some((candidate, stored)) = stored {
        let make = if candidate.provisional { plan.make_later() } else { None };
        let image = Image { found: true, ..Image::stored(stored, candidate.provisional) };
        return Ok(Delivery { image, timings, later: Later { make, ..Later::default() } });
    }
    let started = shell.clock();
    let original = shell.original(&plan.request.source).await?;
    timings.push(timing("origin", "fetch", shell.clock() - started));
    let (image, later) = make(shell, plan, &original).await?;
    Ok(Delivery { image, timings, later })
}

/// Finishes the remaining work: stores the rendition, then makes and stores the image for which a stand-in was sent. If
/// that can't be better, stores the stand-in in its place, so that nobody tries again.
///
/// # Errors
/// The first failure. No client waits for it; it is for the log.
pub async fn finish<S: Shell>(shell: &S, plan: &Plan, later: Later) -> Result<(), Error> {
    if let Some((candidate, stored)) = &later.keep {
        keep(shell, plan, candidate, stored).await?;
    }
    let Some(better) = later.make else { return Ok(()) };
    let original = match later.original {
        Some(known) => known,
        None => shell.original(&plan.request.source).await?,
    };
    let Transformed { info, rendition } = shell.transform(&original, &better.recipe, plan.bounds).await?;
    let made = match made(plan, &original, &info, &better, rendition) {
        Err(Error::Unprocessable(_) | Error::Unsupported(_) | Error::Limit(_)) => {
            let next = plan.make(&info);
            let Transformed { info, rendition } = shell.transform(&original, &next.recipe, plan.bounds).await?;
            made(plan, &original, &info, &next, rendition)?
        }
        other => other?,
    };
    keep(shell, plan, &better, &made.stored).await
}

/// The first candidate that is there, up to date, and of a type that may be sent; none of an original that is gone. A store
/// that fails costs time, not the answer.
async fn stored<S: Shell>(shell: &S, plan: &Plan) -> Option<(Candidate, Stored)> {
    let mut source_etag = None;
    for candidate in plan.candidates() {
        let Ok(Some(stored)) = shell.find(&candidate.object).await else { continue };
        if !plan.is_current(&candidate, &stored.stamp) || !plan.sends(stored.media_type) {
            continue;
        }
        let source = &plan.request.source;
        if source.is_immutable() && shell.store().deletes_derived() {
            return Some((candidate, stored));
        }
        if source_etag.is_none() {
            source_etag = match shell.original_etag(source).await {
                Err(Error::NotFound(_)) => return None,
                other => other.ok(),
            };
        }
        // An upload is written once; a copy of it in another bucket may have another tag.
        let changed = |current: &String| !source.is_immutable() && *current != stored.stamp.source_etag;
        if source_etag.as_ref().is_some_and(changed) {
            continue;
        }
        return Some((candidate, stored));
    }
    None
}

/// Stores what was made, unless the original was deleted meanwhile: nobody would delete it again.
async fn keep<S: Shell>(shell: &S, plan: &Plan, candidate: &Candidate, stored: &Stored) -> Result<(), Error> {
    if plan.request.source.is_here() && !shell.store().deletes_derived() {
        shell.original_etag(&plan.request.source).await?;
    }
    shell.keep(&candidate.object, stored).await
}

async fn make<S: Shell>(shell: &S, plan: &Plan, original: &Original) -> Result<(Image, Later), Error> {
    let Transformed { info, rendition } = shell.transform(original, &plan.recipe(), plan.bounds).await?;
    let candidate = plan.make(&info);
    let first = match made(plan, original, &info, &candidate, rendition) {
        Err(Error::Limit(limit)) => instead(shell, plan, original, candidate, &info, limit).await,
        first => first.map(|made| (candidate, made, None)),
    };
    let (candidate, made, limit) = match first {
        Ok(made) => made,
        Err(error) => {
            let image = original_instead(plan, original, &info, &error).ok_or(error)?;
            return Ok((image, Later::default()));
        }
    };
    let made = match taken_over(shell, plan, original, &info, &made).await {
        Some(smaller) => smaller,
        None => made,
    };
    let info = ImageInfo { damaged: made.stored.stamp.damaged, ..info };
    if plan.output == Output::Facts {
        let description = shell.describe(original).await?;
        let facts = facts(&info, &description, original, &made, candidate.recipe.metadata);
        let image = Image::stored(facts.clone(), false);
        let keep = plan.stored.then_some((candidate, facts));
        return Ok((image, Later { keep, ..Later::default() }));
    }
    let stored = made.stored;
    let mut image = Image::stored(stored.clone(), candidate.provisional);
    image.reason = limit.into_iter().chain(image.reason).reduce(|limit, damage| format!("{limit}; {damage}"));
    let make = plan.make_later();
    let original = make.is_some().then(|| original.clone());
    Ok((image, Later { keep: plan.stored.then_some((candidate, stored)), make, original }))
}

/// If the response is the JPEG original itself, the same coefficients for clients that accept JPEG XL.
async fn taken_over<S: Shell>(
    shell: &S,
    plan: &Plan,
    original: &Original,
    info: &ImageInfo,
    made: &Made,
) -> Option<Made> {
    let is_original = made.stored.stamp.etag == original_etag(&original.etag, plan.make(info).recipe.metadata);
    let takes = plan.negotiates() && plan.sends(Format::Jxl.media_type());
    if !is_original || !takes || info.format != Format::Jpeg {
        return None;
    }
    let recipe = plan.taken_over();
    // An original that can't be transcoded stays unchanged.
    let rendition = shell.transform(original, &recipe, plan.bounds).await.ok()?.rendition.ok()?;
    let stamp = Provenance::new(&plan.request.source, &original.etag, &recipe);
    let stored =
        Stored { bytes: rendition.bytes.into(), media_type: Format::Jxl.media_type(), stamp, ..made.stored.clone() };
    (stored.bytes.len() < made.stored.bytes.len()).then_some(Made { stored, ..*made })
}

/// The next best format, for all clients, if a limit forbids the requested one; with the reason, if the URL names the
/// format.
async fn instead<S: Shell>(
    shell: &S,
    plan: &Plan,
    original: &Original,
    candidate: Candidate,
    info: &ImageInfo,
    limit: String,
) -> Result<(Candidate, Made, Option<String>), Error> {
    let Some(next) = plan.instead(&candidate, info) else { return Err(Error::Limit(limit)) };
    let Transformed { info, rendition } = shell.transform(original, &next.recipe, plan.bounds).await?;
    let made = made(plan, original, &info, &next, rendition)?;
    let reason = next.provisional.then_some(limit);
    Ok((next, made, reason))
}

/// A rendition before it is stored, with its size in pixels.
pub(crate) struct Made {
    pub(crate) stored: Stored,
    pub(crate) width: u32,
    pub(crate) height: u32,
}

/// The rendition. Or the original, if that is an animation beyond the limits, or if it is better and the URL names no
/// format. A negotiated format without frames is not used for an animation if another format has frames.
fn made(
    plan: &Plan,
    original: &Original,
    info: &ImageInfo,
    candidate: &Candidate,
    rendition: Result<Rendition, Error>,
) -> Result<Made, Error> {
    let recipe = &candidate.recipe;
    let made = |bytes, media_type, stamp, width, height| Made {
        stored: Stored { bytes, media_type, stamp, last_modified: original.last_modified },
        width,
        height,
    };
    let unchanged = |bytes: Vec<u8>| {
        let stamp = Provenance::of_original(&plan.request.source, &original.etag, recipe);
        made(bytes.into(), info.format.media_type(), stamp, info.width, info.height)
    };
    if plan.loses_frames(info, candidate) {
        return Err(Error::Limit(format!(
            "{} frames, of which {} holds one",
            info.frames,
            recipe.encoding.format.name()
        )));
    }
    let rendition = match rendition {
        Err(Error::Limit(_) | Error::Unsupported(_)) if info.stays_animated(recipe) => {
            let broken = || Error::Unprocessable("an animation that can't be passed on without its metadata".into());
            return info.stand_in(&original.bytes, recipe).map(unchanged).ok_or_else(broken);
        }
        rendition => rendition?,
    };
    if plan.negotiates()
        && plan.sends(info.format.media_type())
        && let Some(bare) = info.stand_in(&original.bytes, recipe)
        && info.does_better_than(bare.len() as u64, &rendition, recipe)
    {
        return Ok(unchanged(bare));
    }
    let (media_type, width, height) = (rendition.format.media_type(), rendition.width, rendition.height);
    let stamp = Provenance::new(&plan.request.source, &original.etag, recipe).of_damaged(info.damaged);
    Ok(made(rendition.bytes.into(), media_type, stamp, width, height))
}

/// The original in place of a rendition that can't be made, without the metadata that the rendition would have dropped.
fn original_instead(plan: &Plan, original: &Original, info: &ImageInfo, error: &Error) -> Option<Image> {
    let its_fault = matches!(error, Error::Unsupported(_) | Error::Unprocessable(_));
    let asked = plan.output == Output::Image && plan.negotiates() && !plan.request.options.redirect_on_error;
    // Without its metadata, a rotated original would appear unrotated.
    if !its_fault || !asked || info.orientation != 1 || !plan.sends(info.format.media_type()) {
        return None;
    }
    let recipe = plan.make(info).recipe;
    Some(Image {
        bytes: info.stand_in(&original.bytes, &recipe)?.into(),
        media_type: info.format.media_type(),
        etag: original_etag(&original.etag, recipe.metadata),
        last_modified: original.last_modified,
        provisional: true,
        reason: Some(error.to_string()),
        damaged: info.damaged,
        found: false,
    })
}

impl Image {
    fn stored(stored: Stored, provisional: bool) -> Self {
        let Stored { bytes, media_type, stamp, last_modified } = stored;
        let (damaged, reason) = (stamp.damaged, stamp.damaged.then(|| DAMAGED.to_owned()));
        Self { bytes, media_type, etag: stamp.etag, last_modified, provisional, reason, damaged, found: false }
    }
}

fn timing(name: &'static str, description: &'static str, duration: f64) -> Timing<'static> {
    Timing { name, description: Some(description), duration: Some(duration) }
}

#[cfg(test)]
mod tests;
