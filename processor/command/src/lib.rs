//! World `command`: the image core as a wasi:cli command. `--width 800 --format webp < in.jpg > out.webp`
#![allow(unsafe_code, missing_docs, reason = "wit-bindgen writes the exported symbols")]

mod arguments;

use arguments::Request;
use darkroom_processor::{Limits, OUTPUT_VERSION, Recipe, probe, transform};
use exports::wasi::cli::run::Guest;
use wasi::cli::{environment, stderr, stdin, stdout};
use wasi::io::streams::{InputStream, OutputStream, StreamError};

wit_bindgen::generate!({ path: "../../wit", world: "command", generate_all });

struct Command;

export!(Command);

impl Guest for Command {
    fn run() -> Result<(), ()> {
        let arguments = environment::get_arguments();
        let result = arguments::parse(arguments.iter().skip(1)).and_then(|request| answer(&request));
        result.map_err(|message| {
            // If even this can't be written, the exit code still reports the failure.
            let _ = write(&stderr::get_stderr(), format!("darkroom: {message}\n").as_bytes());
        })
    }
}

fn answer(request: &Request) -> Result<(), String> {
    let bytes = match request {
        Request::Help => arguments::help().into(),
        Request::Version => {
            format!("darkroom {} (output version {OUTPUT_VERSION})\n", env!("CARGO_PKG_VERSION")).into()
        }
        Request::Probe => describe(&read(&stdin::get_stdin())?)?,
        Request::Transform(recipe) => render(read(&stdin::get_stdin())?, recipe)?,
    };
    write(&stdout::get_stdout(), &bytes)
}

fn describe(source: &[u8]) -> Result<Vec<u8>, String> {
    let info = probe(source, &Limits::default()).map_err(|error| error.to_string())?;
    let (format, width, height, frames) = (info.format.name(), info.width, info.height, info.frames);
    Ok(format!("{format} {width}x{height}, frames {frames}\n").into_bytes())
}

fn render(source: Vec<u8>, recipe: &Recipe) -> Result<Vec<u8>, String> {
    let transformed = transform(source, std::slice::from_ref(recipe), &Limits::default());
    let rendition = transformed.and_then(|made| made.results.into_iter().collect::<Result<Vec<_>, _>>());
    let renditions = rendition.map_err(|error| error.to_string())?;
    Ok(renditions.into_iter().flat_map(|rendition| rendition.bytes).collect())
}

/// Reads standard input, up to the maximum length of a source.
fn read(input: &InputStream) -> Result<Vec<u8>, String> {
    const CHUNK: u64 = 1 << 20;
    let mut bytes = Vec::new();
    while bytes.len() as u64 <= Limits::default().source_bytes {
        match input.blocking_read(CHUNK) {
            Ok(chunk) => bytes.extend_from_slice(&chunk),
            Err(StreamError::Closed) => break,
            Err(StreamError::LastOperationFailed(error)) => return Err(error.to_debug_string()),
        }
    }
    Ok(bytes)
}

fn write(output: &OutputStream, bytes: &[u8]) -> Result<(), String> {
    for chunk in bytes.chunks(4096) {
        output.blocking_write_and_flush(chunk).map_err(|error| match error {
            StreamError::Closed => "the output was closed".into(),
            StreamError::LastOperationFailed(error) => error.to_debug_string(),
        })?;
    }
    Ok(())
}
