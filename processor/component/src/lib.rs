//! World `image-processor`, and the same interface of world `edge`: only wit-bindgen's glue.
#![allow(unsafe_code, missing_docs, reason = "wit-bindgen writes the exported symbols")]

mod guest;

use darkroom_processor as core;

wit_bindgen::generate!({ path: "../../wit", world: "image-processor", generate_all });

struct Component;

export!(Component);
