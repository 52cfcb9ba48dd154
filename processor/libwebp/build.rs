//! Compiles `c`, whose files include libwebp's own, with the sources from libwebp-sys.

use std::env;

fn main() {
    println!("cargo:rerun-if-changed=c");
    let mut build = cc::Build::new();
    build
        .files(["c/decimate.c", "c/memory.c", "c/rows.c"])
        .include(darkroom_sources::folder("libwebp-sys").join("vendor"))
        .define("NDEBUG", "1")
        .opt_level(3);
    if env::var("CARGO_CFG_TARGET_ARCH").is_ok_and(|arch| arch != "wasm32") {
        build.define("WEBP_USE_THREAD", "1");
    }
    build.compile("darkroom_libwebp");
}
