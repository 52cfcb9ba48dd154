//! JPEG, with mozjpeg-rs: 4:2:0, progressive from effort 3 on.

use mozjpeg_rs::{Encoder as MozJpeg, Preset, TrellisConfig};

use super::Settings;
use crate::embedded::Embedded;
use crate::error::internal;
use crate::pixels::Image;
use crate::{Error, iptc};

/// Bytes per pixel.
pub(super) const WORKING: u64 = 20;

/// Bytes of a segment, without its length (ITU-T T.81 B.1.1.4).
const SEGMENT: usize = 65_533;

/// A segment begins with the name of EXIF (EXIF 2.32 §4.5.5).
pub(super) const LONGEST_EXIF: usize = SEGMENT - b"Exif\0\0".len();

/// With such names those of XMP (ISO 16684-3 §1.1.3) and of Photoshop's resources.
const XMP: &[u8] = b"http://ns.adobe.com/xap/1.0/\0";
const PHOTOSHOP: &[u8] = b"Photoshop 3.0\0";

/// From this effort on, the encoder uses trellis quantization: it saves a tenth of the bytes, and takes 1.2 times as
/// long for a photo's three thumbnails.
const TRELLIS: u8 = 6;

pub(super) fn encode(image: Image<'_>, settings: &Settings) -> Result<Vec<u8>, Error> {
    let pixels = image.narrow()?;
    let preset = match settings.effort {
        0..=2 => Preset::BaselineFastest,
        3..=7 => Preset::ProgressiveBalanced,
        _ => Preset::ProgressiveSmallest,
    };
    let mut encoder = MozJpeg::new(preset).quality(settings.quality);
    if settings.effort < TRELLIS {
        encoder = encoder.trellis(TrellisConfig::disabled());
    }
    let Embedded { exif, xmp, iptc } = &settings.embedded;
    if let Some(exif) = exif {
        encoder = encoder.exif_data(exif.to_vec());
    }
    // What is longer has no place.
    if let Some(xmp) = xmp.as_ref().filter(|xmp| xmp.len() <= SEGMENT - XMP.len()) {
        encoder = encoder.add_marker(1, [XMP, xmp].concat());
    }
    if let Some(iptc) = iptc.as_ref().filter(|iptc| iptc.len() <= SEGMENT - PHOTOSHOP.len() - iptc::AROUND) {
        encoder = encoder.add_marker(13, [PHOTOSHOP, &iptc::resource(iptc)].concat());
    }
    if let Some(icc) = settings.space.icc() {
        encoder = encoder.icc_profile(icc.to_vec());
    }
    encoder.encode_rgb(&pixels.data, pixels.size.width, pixels.size.height).map_err(internal)
}
