//! World `edge`: wit-bindgen's glue and the conversions, nothing else. The interface `processor` is the image core's own.
#![allow(unsafe_code, missing_docs, reason = "wit-bindgen writes the exported symbols")]

mod delivery;
#[path = "../../../processor/component/src/guest.rs"]
mod guest;
mod processor;

use darkroom_processor as core;

wit_bindgen::generate!({ path: "../../wit", world: "edge", generate_all });

struct Component;

export!(Component);
