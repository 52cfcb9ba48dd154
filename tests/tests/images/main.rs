//! Tests of the image core, in every engine: pixels, bytes, errors and the documents' tables.

mod bad_input;
mod binary;
mod conformance;
mod damaged;
mod describe;
mod engines;
mod frames;
mod golden;
mod instructions;
mod jpeg;
mod jxl;
mod kept;
mod large;
mod outputs;
mod quality;
mod recipes;
mod svg;
