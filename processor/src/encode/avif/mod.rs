//! AVIF, with rav1e, at ten bits per sample: its decisions cost no more than at eight, and smooth skies look better.

mod boxes;
mod planes;
mod speed;

use avif_serialize::Aviffy;
use avif_serialize::constants::{
    ColorPrimaries as Primaries, MatrixCoefficients as Matrix, TransferCharacteristics as Transfer,
};
use darkroom_rav1e::prelude::{
    ChromaSampling, ColorDescription, ColorPrimaries, Context, EncoderStatus, MatrixCoefficients, PixelRange,
    TransferCharacteristics,
};
use darkroom_rav1e::{Config, EncoderConfig};
use darkroom_recipe::Size;

use self::planes::{Fine, Planes};
use super::Settings;
use crate::Error;
use crate::color::Space;
use crate::embedded::Embedded;
use crate::error::internal;
use crate::pixels::{Image, Pixels};

/// Bytes of working memory for an image of this size. The encoder works on whole blocks, and on what it adds at the edges: of
/// an image of one column that is nearly all.
pub(super) fn working(size: Size) -> u64 {
    const PIXEL: u64 = 40;
    const EDGES: u64 = 48;
    let [width, height] = [size.width, size.height].map(|side| u64::from(side) + EDGES);
    width.saturating_mul(height).saturating_mul(PIXEL)
}

/// Bits per sample.
const DEPTH: u8 = 10;

/// From this quality on, chroma keeps its resolution, as in libvips. Below it, halving chroma is the lesser loss.
const FULL_CHROMA: u8 = 90;

pub(super) fn encode(image: Image<'_>, settings: &Settings) -> Result<Vec<u8>, Error> {
    match image {
        Image::Narrow(pixels) => file(pixels, settings),
        Image::Wide(pixels) => file(pixels, settings),
    }
}

fn file<S: Fine>(pixels: &Pixels<S>, settings: &Settings) -> Result<Vec<u8>, Error> {
    let colors = Colors::of(&settings.space);
    let planes = Planes::new(pixels);
    let halved = settings.quality < FULL_CHROMA;
    let chroma = if halved { ChromaSampling::Cs420 } else { ChromaSampling::Cs444 };
    let color = av1(pixels, chroma, colors, settings, |frame| planes.color(frame, halved))?;
    let plane = || av1(pixels, ChromaSampling::Cs400, colors, settings, |frame| planes.alpha(frame));
    let alpha = pixels.alpha.then(plane);
    let alpha = alpha.transpose()?;
    let mut file = Aviffy::new();
    file.matrix_coefficients(Matrix::Bt601).set_full_color_range(true);
    file.set_color_primaries(colors.0.1).set_transfer_characteristics(colors.1.1);
    file.set_chroma_subsampling((halved, halved)).set_seq_profile(u8::from(!halved));
    let Embedded { exif, xmp, .. } = &settings.embedded;
    if let Some(exif) = exif {
        file.set_exif(exif.to_vec());
    }
    let mut bytes = file.to_vec(&color, alpha.as_deref(), pixels.size.width, pixels.size.height, DEPTH);
    let unexpected = || internal("an AVIF without the boxes that it needs");
    if let Some(icc) = settings.space.icc().filter(|_| !colors.named()) {
        bytes = boxes::add_profile(&bytes, icc).ok_or_else(unexpected)?;
    }
    if let Some(xmp) = xmp {
        bytes = boxes::add_xmp(&bytes, xmp).ok_or_else(unexpected)?;
    }
    Ok(bytes)
}

/// Primaries and transfer characteristics, as named by the bitstream and by the container.
#[derive(Clone, Copy)]
struct Colors((ColorPrimaries, Primaries), (TransferCharacteristics, Transfer));

impl Colors {
    /// Unspecified if a profile has to define them.
    fn of(space: &Space) -> Self {
        let (primaries, transfer) = match (space.icc(), space.codes()) {
            (None, _) => (1, 13),
            (_, codes) => codes.unwrap_or((2, 2)),
        };
        let primaries = match primaries {
            1 => (ColorPrimaries::BT709, Primaries::Bt709),
            9 => (ColorPrimaries::BT2020, Primaries::Bt2020),
            12 => (ColorPrimaries::SMPTE432, Primaries::DisplayP3),
            _ => (ColorPrimaries::Unspecified, Primaries::Unspecified),
        };
        let transfer = match transfer {
            13 => (TransferCharacteristics::SRGB, Transfer::Srgb),
            14 => (TransferCharacteristics::BT2020_10Bit, Transfer::Bt2020_10),
            16 => (TransferCharacteristics::SMPTE2084, Transfer::Smpte2084),
            18 => (TransferCharacteristics::HLG, Transfer::Hlg),
            _ => (TransferCharacteristics::Unspecified, Transfer::Unspecified),
        };
        Self(primaries, transfer)
    }

    fn named(self) -> bool {
        self.0.1 != Primaries::Unspecified
    }
}

/// Encodes one still as AV1; `fill` writes its frame.
fn av1<S>(
    pixels: &Pixels<S>,
    chroma_sampling: ChromaSampling,
    colors: Colors,
    settings: &Settings,
    fill: impl FnOnce(&mut darkroom_rav1e::Frame<u16>),
) -> Result<Vec<u8>, Error> {
    let quantizer = quantizer(settings.quality);
    let color = chroma_sampling != ChromaSampling::Cs400;
    let config = EncoderConfig {
        width: pixels.size.width as usize,
        height: pixels.size.height as usize,
        bit_depth: usize::from(DEPTH),
        chroma_sampling,
        pixel_range: PixelRange::Full,
        color_description: color.then_some(ColorDescription {
            color_primaries: colors.0.0,
            transfer_characteristics: colors.1.0,
            matrix_coefficients: MatrixCoefficients::BT601,
        }),
        still_picture: true,
        quantizer: usize::from(quantizer),
        min_quantizer: quantizer,
        tune: speed::tune(settings.effort),
        speed_settings: speed::settings(settings.effort),
        ..EncoderConfig::default()
    };
    let config = Config::new().with_encoder_config(config).with_threads(1);
    let mut context: Context<u16> = config.new_context().map_err(internal)?;
    let mut frame = context.new_frame();
    fill(&mut frame);
    context.send_frame(frame).map_err(internal)?;
    context.flush();
    let mut bytes = Vec::new();
    loop {
        match context.receive_packet() {
            Ok(mut packet) => bytes.append(&mut packet.data),
            Err(EncoderStatus::Encoded) => {}
            Err(EncoderStatus::LimitReached) => return Ok(bytes),
            Err(error) => return Err(internal(error)),
        }
    }
}

/// AV1's base quantizer index for a quality of 1 to 100, in the middle at half a step per quality. This is ravif's
/// scale, raised in the middle to offset halved chroma, so that a quality still looks the same.
fn quantizer(quality: u8) -> u8 {
    let quality = f32::from(quality) / 100.0;
    let share = match quality {
        0.83.. => (1.0 - quality) * 2.6,
        0.28.. => 0.86 - 0.5 * quality,
        _ => 1.0 - quality,
    };
    (share * 255.0).round() as u8
}
