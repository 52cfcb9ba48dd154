//! What becomes of images, in every engine: pixels, bytes, errors and the documents' tables.

mod bad_input;
mod binary;
mod conformance;
mod describe;
mod engines;
mod frames;
mod golden;
mod jpeg;
mod jxl;
mod large;
mod outputs;
mod quality;
mod recipes;
mod svg;
