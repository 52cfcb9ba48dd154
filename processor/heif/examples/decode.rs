//! Decodes a file, without applying its orientation, to raw bytes: `decode FILE REDUCTION TARGET`. Prints the size, the
//! channels, the milliseconds and the predicted memory.

use std::time::Instant;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [file, reduction, target] = &arguments[..] else { return Err("decode FILE REDUCTION TARGET".into()) };
    let (source, reduction) = (std::fs::read(file)?, reduction.parse()?);
    let start = Instant::now();
    let decoder = darkroom_heif::Decoder::new(&source)?;
    let image = decoder.decode(reduction)?;
    let (time, memory) = (start.elapsed().as_millis(), decoder.memory(reduction)?);
    println!("{} {} {} {time} {memory}", image.width, image.height, image.channels);
    Ok(std::fs::write(target, image.data)?)
}
