//! SSIMULACRA2 of one image against another: `ssimulacra2 REFERENCE DISTORTED`, both PNG of equal size.

use std::env;
use std::error::Error;

use ssimulacra2::{ColorPrimaries, Rgb, TransferCharacteristic, compute_frame_ssimulacra2};

fn main() -> Result<(), Box<dyn Error>> {
    let paths: Vec<String> = env::args().skip(1).collect();
    let [reference, distorted] = paths.as_slice() else { return Err("usage: ssimulacra2 REFERENCE DISTORTED".into()) };
    println!("{:.2}", compute_frame_ssimulacra2(read(reference)?, read(distorted)?)?);
    Ok(())
}

fn read(path: &str) -> Result<Rgb, Box<dyn Error>> {
    let image = image::open(path)?.to_rgb32f();
    let (width, height) = image.dimensions();
    let pixels = image.pixels().map(|pixel| pixel.0).collect();
    Ok(Rgb::new(pixels, width as usize, height as usize, TransferCharacteristic::SRGB, ColorPrimaries::BT709)?)
}
