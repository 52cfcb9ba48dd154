/* SSE4.1 for wasm32, with SSSE3: see emmintrin.h. */
#ifndef DARKROOM_SMMINTRIN_H
#define DARKROOM_SMMINTRIN_H

#include <emmintrin.h>

/* SSSE3 */

SSE __m128i _mm_abs_epi16(__m128i a) { return wasm_i16x8_abs(a); }
SSE __m128i _mm_hadd_epi32(__m128i a, __m128i b) {
  return wasm_i32x4_add(wasm_i32x4_shuffle(a, b, 0, 2, 4, 6), wasm_i32x4_shuffle(a, b, 1, 3, 5, 7));
}
/* A negative selector gives 0, any other is taken modulo 16; in wasm, any selector of 16 or more gives 0. */
SSE __m128i _mm_shuffle_epi8(__m128i a, __m128i b) {
  return wasm_i8x16_swizzle(a, wasm_v128_and(b, wasm_i8x16_const_splat((char)0x8f)));
}
SSE __m128i _mm_sign_epi16(__m128i a, __m128i b) {
  const v128_t negative = wasm_i16x8_shr(b, 15);
  const v128_t negated = wasm_i16x8_sub(wasm_v128_xor(a, negative), negative);
  return wasm_v128_andnot(negated, wasm_i16x8_eq(b, _mm_setzero_si128()));
}

/* SSE4.1 */

SSE __m128i _mm_cvtepu8_epi16(__m128i a) { return wasm_u16x8_extend_low_u8x16(a); }
SSE __m128i _mm_mullo_epi32(__m128i a, __m128i b) { return wasm_i32x4_mul(a, b); }
SSE __m128i _mm_blendv_epi8(__m128i a, __m128i b, __m128i mask) {
  return wasm_v128_bitselect(b, a, wasm_i8x16_shr(mask, 7));
}
#define DARKROOM_BLEND(imm, i) ((i) + (((imm) >> (i)) & 1) * 8)
#define _mm_blend_epi16(a, b, imm)                                                                               \
  wasm_i16x8_shuffle((a), (b), DARKROOM_BLEND(imm, 0), DARKROOM_BLEND(imm, 1), DARKROOM_BLEND(imm, 2),           \
                     DARKROOM_BLEND(imm, 3), DARKROOM_BLEND(imm, 4), DARKROOM_BLEND(imm, 5),                     \
                     DARKROOM_BLEND(imm, 6), DARKROOM_BLEND(imm, 7))
#define _mm_extract_epi8(a, lane) ((int)wasm_u8x16_extract_lane((a), (lane)))

#endif
