//! libwebp detects CPU features at run time. The headers in `include/` compile its SSE2 and SSE4.1 files to simd128, so
//! all features up to SSE4.1 are reported as available.
#![allow(unsafe_code, reason = "a C interface")]

use std::ffi::c_int;

type CpuInfo = extern "C" fn(feature: c_int) -> c_int;

unsafe extern "C" {
    /// src/dsp/cpu.c; NULL on an unknown CPU.
    static mut VP8GetCPUInfo: Option<CpuInfo>;
}

/// The features of dsp/cpu.h: kSSE2 0, kSSE3 1, kSlowSSSE3 2, kSSE4_1 3, then AVX and other CPUs' features.
extern "C" fn answer(feature: c_int) -> c_int {
    c_int::from(matches!(feature, 0 | 1 | 3))
}

/// Must be called before the encoder is first used, because libwebp detects features only once.
pub(crate) fn enable() {
    // SAFETY: this target has one thread, and libwebp only reads the variable.
    unsafe { VP8GetCPUInfo = Some(answer) }
}
