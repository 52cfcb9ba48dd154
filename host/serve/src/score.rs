//! How near a rendition comes to its original, by SSIMULACRA2.

use darkroom_host::{Error, Output, Processor};
use darkroom_recipe::{Encoding, Format, Limits, Recipe, Rendition};
use png::{ColorType, Decoder, Transformations};
use serde::Serialize;
use ssimulacra2::{ColorPrimaries, Rgb, TransferCharacteristic, compute_frame_ssimulacra2};

/// How the two are looked at: a screen's width bounds what a score takes to some 300 MB and a second or two.
const VIEW: &str = "width=1600,height=1600,fit=scale-down,background=white,anim=false,format=png,effort=0";

/// A comparison's result.
#[derive(Debug, Serialize)]
pub(crate) struct Score {
    /// At most 100, which is the same; 90 can't be told apart side by side, 70 is high quality, 50 medium, 30 low.
    ssimulacra2: f64,
    /// In which size the two were compared.
    width: usize,
    height: usize,
}

/// Compares what `recipe` makes of `source` with what it would make without any loss: so it is the encoding that is
/// judged, not a crop or a blur that was asked for.
///
/// # Errors
/// As [`Processor::transform`]; or the rendition is smaller than 8 × 8 pixels.
pub(crate) fn score(processor: &Processor, source: &[u8], recipe: Recipe, limits: &Limits) -> Result<Score, Error> {
    let lossless = Encoding { format: Format::Png, effort: Some(0), ..Encoding::default() };
    let reference = Recipe { encoding: lossless, ..recipe.clone() };
    let photo = processor.render(source, &[reference, recipe], limits)?;
    let mut views = photo.outputs.into_iter().map(|output| match output? {
        Output::Original(bytes) => view(processor, &bytes, limits),
        Output::Rendition(rendition) => view(processor, &rendition.bytes, limits),
    });
    let mut next = || views.next().unwrap_or_else(|| Err(Error::Internal("fewer outputs than recipes".into())));
    let (reference, rendition) = (next()?, next()?);
    let (width, height) = (reference.width(), reference.height());
    let score = compute_frame_ssimulacra2(reference, rendition);
    let ssimulacra2 = score.map_err(|error| Error::InvalidRecipe(format!("SSIMULACRA2: {error}")))?;
    Ok(Score { ssimulacra2, width, height })
}

/// An image as it is compared.
fn view(processor: &Processor, file: &[u8], limits: &Limits) -> Result<Rgb, Error> {
    let recipe = VIEW.parse::<Recipe>().map_err(|error| Error::InvalidRecipe(error.to_string()))?;
    // The reference is lossless, so it may be longer than a source.
    let limits = Limits { source_bytes: u64::MAX, ..*limits };
    let mut views = processor.transform(file, &[recipe], &limits)?;
    let Rendition { bytes, .. } = views.results.pop().ok_or_else(|| Error::Internal("no view".into()))??;
    read(&bytes).map_err(|error| Error::Internal(format!("the view: {error}")))
}

fn read(file: &[u8]) -> anyhow::Result<Rgb> {
    let mut decoder = Decoder::new(std::io::Cursor::new(file));
    decoder.set_transformations(Transformations::normalize_to_color8());
    let mut reader = decoder.read_info()?;
    let mut bytes = vec![0; reader.output_buffer_size().unwrap_or_default()];
    let frame = reader.next_frame(&mut bytes)?;
    let gray = matches!(frame.color_type, ColorType::Grayscale | ColorType::GrayscaleAlpha);
    let pixel = |samples: &[u8]| {
        let [r, g, b] = if gray { [0; 3] } else { [0, 1, 2] };
        [r, g, b].map(|channel| f32::from(samples[channel]) / 255.0)
    };
    let pixels = bytes[..frame.buffer_size()].chunks_exact(frame.color_type.samples()).map(pixel).collect();
    let (width, height) = (usize::try_from(frame.width)?, usize::try_from(frame.height)?);
    Ok(Rgb::new(pixels, width, height, TransferCharacteristic::SRGB, ColorPrimaries::BT709)?)
}
