#![no_main]
#[path = "../harness.rs"]
#[allow(dead_code, reason = "each target is one of the functions")]
mod harness;

libfuzzer_sys::fuzz_target!(|data: &[u8]| harness::decoder_target(darkroom_processor::Format::Gif, data));
