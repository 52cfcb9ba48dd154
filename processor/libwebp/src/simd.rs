//! libwebp asks at run time what the processor can do. Its SSE2 and SSE4.1 files were compiled, through the headers in
//! `include/`, to simd128, so the answer is yes as far as SSE4.1.
#![allow(unsafe_code, reason = "a C interface")]

use std::ffi::c_int;

type CpuInfo = extern "C" fn(feature: c_int) -> c_int;

unsafe extern "C" {
    /// src/dsp/cpu.c; NULL on a processor that it does not know.
    static mut VP8GetCPUInfo: Option<CpuInfo>;
}

/// The features of dsp/cpu.h: kSSE2 0, kSSE3 1, kSlowSSSE3 2, kSSE4_1 3, then AVX and other processors' own.
extern "C" fn answer(feature: c_int) -> c_int {
    c_int::from(matches!(feature, 0 | 1 | 3))
}

/// Has to come before the encoder is first used: it asks once.
pub(crate) fn enable() {
    // SAFETY: this target has one thread, and libwebp only reads the variable.
    unsafe { VP8GetCPUInfo = Some(answer) }
}
