//! AVIF, by rav1e: ten bits a sample, which cost its decisions nothing and gain where skies are smooth.

mod planes;
mod speed;

use avif_serialize::{Aviffy, constants::MatrixCoefficients as Matrix};
use darkroom_rav1e::prelude::{
    ChromaSampling, ColorDescription, ColorPrimaries, Context, EncoderStatus, MatrixCoefficients, PixelRange,
    TransferCharacteristics,
};
use darkroom_rav1e::{Config, EncoderConfig};

use self::planes::Planes;
use super::Settings;
use crate::Error;
use crate::error::internal;
use crate::pixels::{Image, Pixels};

/// Bytes a pixel.
pub(super) const WORKING: u64 = 40;

/// Bits a sample.
const DEPTH: u8 = 10;

/// From this quality on chroma keeps its resolution, as libvips has it: below, its loss is the lesser one.
const FULL_CHROMA: u8 = 90;

pub(super) fn encode(image: Image<'_>, settings: &Settings) -> Result<Vec<u8>, Error> {
    let pixels = image.narrow()?;
    let planes = Planes::new(pixels);
    let halved = settings.quality < FULL_CHROMA;
    let chroma = if halved { ChromaSampling::Cs420 } else { ChromaSampling::Cs444 };
    let color = av1(pixels, chroma, settings, |frame| planes.color(frame, halved))?;
    let alpha = pixels.alpha.then(|| av1(pixels, ChromaSampling::Cs400, settings, |frame| planes.alpha(frame)));
    let alpha = alpha.transpose()?;
    let mut file = Aviffy::new();
    file.matrix_coefficients(Matrix::Bt601).set_full_color_range(true);
    file.set_chroma_subsampling((halved, halved)).set_seq_profile(u8::from(!halved));
    if let Some(exif) = &settings.exif {
        file.set_exif(exif.to_vec());
    }
    Ok(file.to_vec(&color, alpha.as_deref(), pixels.size.width, pixels.size.height, DEPTH))
}

/// One still as AV1: what `fill` writes into its frame.
fn av1(
    pixels: &Pixels,
    chroma_sampling: ChromaSampling,
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
            color_primaries: ColorPrimaries::BT709,
            transfer_characteristics: TransferCharacteristics::SRGB,
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

/// AV1's base quantizer index for a quality of 1 to 100, in the middle half a step for each: ravif's scale, raised in the
/// middle by what halved chroma takes, so that a quality still looks the same.
fn quantizer(quality: u8) -> u8 {
    let quality = f32::from(quality) / 100.0;
    let share = match quality {
        0.83.. => (1.0 - quality) * 2.6,
        0.28.. => 0.86 - 0.5 * quality,
        _ => 1.0 - quality,
    };
    (share * 255.0).round() as u8
}
