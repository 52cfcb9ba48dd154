//! The interface `delivery` of world `edge`: only wit-bindgen's glue and conversions. The world's other interface is
//! the image core's own.
#![allow(unsafe_code, missing_docs, reason = "wit-bindgen writes the exported symbols")]

mod delivery;
mod processor;

use darkroom_processor as core;

wit_bindgen::generate!({
    path: "../../wit",
    inline: "package darkroom:guest; world guest { export darkroom:image/delivery@0.1.0; }",
    generate_all,
});

struct Component;

export!(Component);
