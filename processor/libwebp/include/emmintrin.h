/* SSE2 for wasm32: the intrinsics that libwebp uses, implemented in simd128, bit-exact.
 *
 * tests/intrinsics.rs checks every one of them against a scalar model of Intel's definition. Relaxed SIMD is not used,
 * because its results differ between machines. */
#ifndef DARKROOM_EMMINTRIN_H
#define DARKROOM_EMMINTRIN_H

#include <wasm_simd128.h>

typedef v128_t __m128i;

#define SSE static __inline__ __attribute__((always_inline, unused))

/* Load and store */

SSE __m128i _mm_load_si128(const __m128i* p) { return wasm_v128_load(p); }
SSE __m128i _mm_loadu_si128(const void* p) { return wasm_v128_load(p); }
SSE __m128i _mm_loadl_epi64(const void* p) { return wasm_v128_load64_zero(p); }
SSE void _mm_store_si128(__m128i* p, __m128i a) { wasm_v128_store(p, a); }
SSE void _mm_storeu_si128(void* p, __m128i a) { wasm_v128_store(p, a); }
SSE void _mm_storel_epi64(void* p, __m128i a) { wasm_v128_store64_lane(p, a, 0); }

/* Bytes whose mask bit is not set must not even be accessed: they may lie beyond the buffer. */
SSE void _mm_maskmoveu_si128(__m128i a, __m128i mask, char* p) {
  unsigned bits = wasm_i8x16_bitmask(mask);
  char bytes[16];
  wasm_v128_store(bytes, a);
  for (int i = 0; i < 16; ++i) {
    if (bits >> i & 1) p[i] = bytes[i];
  }
}

/* Set and move */

SSE __m128i _mm_setzero_si128(void) { return wasm_i64x2_const_splat(0); }
SSE __m128i _mm_set1_epi8(char a) { return wasm_i8x16_splat(a); }
SSE __m128i _mm_set1_epi16(short a) { return wasm_i16x8_splat(a); }
SSE __m128i _mm_set1_epi32(int a) { return wasm_i32x4_splat(a); }

SSE __m128i _mm_setr_epi8(char a, char b, char c, char d, char e, char f, char g, char h, char i, char j, char k,
                          char l, char m, char n, char o, char p) {
  return wasm_i8x16_make(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p);
}
SSE __m128i _mm_set_epi8(char p, char o, char n, char m, char l, char k, char j, char i, char h, char g, char f,
                         char e, char d, char c, char b, char a) {
  return wasm_i8x16_make(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p);
}
SSE __m128i _mm_set_epi16(short h, short g, short f, short e, short d, short c, short b, short a) {
  return wasm_i16x8_make(a, b, c, d, e, f, g, h);
}
SSE __m128i _mm_set_epi32(int d, int c, int b, int a) { return wasm_i32x4_make(a, b, c, d); }
SSE __m128i _mm_cvtsi32_si128(int a) { return wasm_i32x4_replace_lane(_mm_setzero_si128(), 0, a); }
SSE int _mm_cvtsi128_si32(__m128i a) { return wasm_i32x4_extract_lane(a, 0); }
#define _mm_insert_epi16(a, i, lane) wasm_i16x8_replace_lane((a), (lane), (short)(i))

/* Bits */

SSE __m128i _mm_and_si128(__m128i a, __m128i b) { return wasm_v128_and(a, b); }
SSE __m128i _mm_or_si128(__m128i a, __m128i b) { return wasm_v128_or(a, b); }
SSE __m128i _mm_xor_si128(__m128i a, __m128i b) { return wasm_v128_xor(a, b); }
/* SSE negates the first operand, wasm the second. */
SSE __m128i _mm_andnot_si128(__m128i a, __m128i b) { return wasm_v128_andnot(b, a); }
SSE int _mm_movemask_epi8(__m128i a) { return (int)wasm_i8x16_bitmask(a); }

/* Arithmetic, wrapping */

SSE __m128i _mm_add_epi8(__m128i a, __m128i b) { return wasm_i8x16_add(a, b); }
SSE __m128i _mm_add_epi16(__m128i a, __m128i b) { return wasm_i16x8_add(a, b); }
SSE __m128i _mm_add_epi32(__m128i a, __m128i b) { return wasm_i32x4_add(a, b); }
SSE __m128i _mm_add_epi64(__m128i a, __m128i b) { return wasm_i64x2_add(a, b); }
SSE __m128i _mm_sub_epi8(__m128i a, __m128i b) { return wasm_i8x16_sub(a, b); }
SSE __m128i _mm_sub_epi16(__m128i a, __m128i b) { return wasm_i16x8_sub(a, b); }
SSE __m128i _mm_sub_epi32(__m128i a, __m128i b) { return wasm_i32x4_sub(a, b); }
SSE __m128i _mm_sub_epi64(__m128i a, __m128i b) { return wasm_i64x2_sub(a, b); }
SSE __m128i _mm_mullo_epi16(__m128i a, __m128i b) { return wasm_i16x8_mul(a, b); }

/* Arithmetic, saturating */

SSE __m128i _mm_adds_epi8(__m128i a, __m128i b) { return wasm_i8x16_add_sat(a, b); }
SSE __m128i _mm_adds_epu8(__m128i a, __m128i b) { return wasm_u8x16_add_sat(a, b); }
SSE __m128i _mm_adds_epi16(__m128i a, __m128i b) { return wasm_i16x8_add_sat(a, b); }
SSE __m128i _mm_adds_epu16(__m128i a, __m128i b) { return wasm_u16x8_add_sat(a, b); }
SSE __m128i _mm_subs_epi8(__m128i a, __m128i b) { return wasm_i8x16_sub_sat(a, b); }
SSE __m128i _mm_subs_epu8(__m128i a, __m128i b) { return wasm_u8x16_sub_sat(a, b); }
SSE __m128i _mm_subs_epi16(__m128i a, __m128i b) { return wasm_i16x8_sub_sat(a, b); }
SSE __m128i _mm_subs_epu16(__m128i a, __m128i b) { return wasm_u16x8_sub_sat(a, b); }

/* Arithmetic, widening */

SSE __m128i _mm_madd_epi16(__m128i a, __m128i b) { return wasm_i32x4_dot_i16x8(a, b); }
/* Pairing each product with one masked to 0 makes the sum the product itself. x86 has an instruction for that, while
 * the widening multiplication takes three; and libwebp's second factors are constants, for which the mask costs
 * nothing. */
SSE __m128i _mm_mulhi_epi16(__m128i a, __m128i b) {
  const v128_t even = wasm_i32x4_dot_i16x8(a, wasm_v128_and(b, wasm_i32x4_const_splat(0xffff)));
  const v128_t odd = wasm_i32x4_dot_i16x8(a, wasm_v128_and(b, wasm_i32x4_const_splat((int)0xffff0000)));
  return wasm_i16x8_shuffle(wasm_u32x4_shr(even, 16), odd, 0, 9, 2, 11, 4, 13, 6, 15);
}
SSE __m128i _mm_mulhi_epu16(__m128i a, __m128i b) {
  const v128_t lo = wasm_u32x4_extmul_low_u16x8(a, b);
  const v128_t hi = wasm_u32x4_extmul_high_u16x8(a, b);
  return wasm_i16x8_shuffle(lo, hi, 1, 3, 5, 7, 9, 11, 13, 15);
}
SSE __m128i _mm_mul_epu32(__m128i a, __m128i b) {
  return wasm_u64x2_extmul_low_u32x4(wasm_i32x4_shuffle(a, a, 0, 2, 0, 2), wasm_i32x4_shuffle(b, b, 0, 2, 0, 2));
}
/* Each half's sum is a 64-bit number: adds two sums of four bytes, and clears the upper one. */
SSE __m128i _mm_sad_epu8(__m128i a, __m128i b) {
  const v128_t difference = wasm_v128_or(wasm_u8x16_sub_sat(a, b), wasm_u8x16_sub_sat(b, a));
  const v128_t fours = wasm_u32x4_extadd_pairwise_u16x8(wasm_u16x8_extadd_pairwise_u8x16(difference));
  const v128_t eights = wasm_i32x4_add(fours, wasm_u64x2_shr(fours, 32));
  return wasm_v128_and(eights, wasm_i64x2_const_splat(0xffffffff));
}
SSE __m128i _mm_avg_epu8(__m128i a, __m128i b) { return wasm_u8x16_avgr(a, b); }

/* Compare and select */

SSE __m128i _mm_cmpeq_epi8(__m128i a, __m128i b) { return wasm_i8x16_eq(a, b); }
SSE __m128i _mm_cmpeq_epi16(__m128i a, __m128i b) { return wasm_i16x8_eq(a, b); }
SSE __m128i _mm_cmpeq_epi32(__m128i a, __m128i b) { return wasm_i32x4_eq(a, b); }
SSE __m128i _mm_cmpgt_epi8(__m128i a, __m128i b) { return wasm_i8x16_gt(a, b); }
SSE __m128i _mm_cmpgt_epi16(__m128i a, __m128i b) { return wasm_i16x8_gt(a, b); }
SSE __m128i _mm_cmpgt_epi32(__m128i a, __m128i b) { return wasm_i32x4_gt(a, b); }
SSE __m128i _mm_min_epi16(__m128i a, __m128i b) { return wasm_i16x8_min(a, b); }
SSE __m128i _mm_max_epi16(__m128i a, __m128i b) { return wasm_i16x8_max(a, b); }
SSE __m128i _mm_min_epu8(__m128i a, __m128i b) { return wasm_u8x16_min(a, b); }
SSE __m128i _mm_max_epu8(__m128i a, __m128i b) { return wasm_u8x16_max(a, b); }

/* Shift: wasm takes the count modulo the width, SSE shifts everything out (or, arithmetically, all but the sign) */

#define DARKROOM_SHIFT(shift, a, n, width) ((unsigned)(n) < (width) ? shift(a, n) : _mm_setzero_si128())
#define DARKROOM_AT_MOST(n, most) ((unsigned)(n) < (most) ? (n) : (most))

SSE __m128i _mm_slli_epi16(__m128i a, int n) { return DARKROOM_SHIFT(wasm_i16x8_shl, a, n, 16); }
SSE __m128i _mm_slli_epi64(__m128i a, int n) { return DARKROOM_SHIFT(wasm_i64x2_shl, a, n, 64); }
SSE __m128i _mm_srli_epi16(__m128i a, int n) { return DARKROOM_SHIFT(wasm_u16x8_shr, a, n, 16); }
SSE __m128i _mm_srli_epi32(__m128i a, int n) { return DARKROOM_SHIFT(wasm_u32x4_shr, a, n, 32); }
SSE __m128i _mm_srli_epi64(__m128i a, int n) { return DARKROOM_SHIFT(wasm_u64x2_shr, a, n, 64); }
SSE __m128i _mm_srai_epi16(__m128i a, int n) { return wasm_i16x8_shr(a, DARKROOM_AT_MOST(n, 15)); }
SSE __m128i _mm_srai_epi32(__m128i a, int n) { return wasm_i32x4_shr(a, DARKROOM_AT_MOST(n, 31)); }

/* Shifts whole bytes across all 128 bits: a window on the vector and as many zeros. */
#define DARKROOM_WINDOW(a, b, n)                                                                                     \
  wasm_i8x16_shuffle((a), (b), (n), (n) + 1, (n) + 2, (n) + 3, (n) + 4, (n) + 5, (n) + 6, (n) + 7, (n) + 8, (n) + 9, \
                     (n) + 10, (n) + 11, (n) + 12, (n) + 13, (n) + 14, (n) + 15)
#define _mm_srli_si128(a, n) DARKROOM_WINDOW(a, _mm_setzero_si128(), DARKROOM_AT_MOST(n, 16))
#define _mm_slli_si128(a, n) DARKROOM_WINDOW(_mm_setzero_si128(), a, 16 - DARKROOM_AT_MOST(n, 16))

/* Pack and unpack */

SSE __m128i _mm_packs_epi16(__m128i a, __m128i b) { return wasm_i8x16_narrow_i16x8(a, b); }
SSE __m128i _mm_packs_epi32(__m128i a, __m128i b) { return wasm_i16x8_narrow_i32x4(a, b); }
SSE __m128i _mm_packus_epi16(__m128i a, __m128i b) { return wasm_u8x16_narrow_i16x8(a, b); }
SSE __m128i _mm_unpacklo_epi8(__m128i a, __m128i b) {
  return wasm_i8x16_shuffle(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
}
SSE __m128i _mm_unpackhi_epi8(__m128i a, __m128i b) {
  return wasm_i8x16_shuffle(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
}
SSE __m128i _mm_unpacklo_epi16(__m128i a, __m128i b) { return wasm_i16x8_shuffle(a, b, 0, 8, 1, 9, 2, 10, 3, 11); }
SSE __m128i _mm_unpackhi_epi16(__m128i a, __m128i b) { return wasm_i16x8_shuffle(a, b, 4, 12, 5, 13, 6, 14, 7, 15); }
SSE __m128i _mm_unpacklo_epi32(__m128i a, __m128i b) { return wasm_i32x4_shuffle(a, b, 0, 4, 1, 5); }
SSE __m128i _mm_unpackhi_epi32(__m128i a, __m128i b) { return wasm_i32x4_shuffle(a, b, 2, 6, 3, 7); }
SSE __m128i _mm_unpacklo_epi64(__m128i a, __m128i b) { return wasm_i64x2_shuffle(a, b, 0, 2); }
SSE __m128i _mm_unpackhi_epi64(__m128i a, __m128i b) { return wasm_i64x2_shuffle(a, b, 1, 3); }

/* Shuffle by a constant: two bits a lane */

#define _MM_SHUFFLE(d, c, b, a) (((d) << 6) | ((c) << 4) | ((b) << 2) | (a))
#define DARKROOM_LANE(imm, i) (((imm) >> (2 * (i))) & 3)
#define _mm_shuffle_epi32(a, imm)                                                                     \
  __extension__({                                                                                     \
    const v128_t shuffled_ = (a);                                                                     \
    wasm_i32x4_shuffle(shuffled_, shuffled_, DARKROOM_LANE(imm, 0), DARKROOM_LANE(imm, 1),            \
                       DARKROOM_LANE(imm, 2), DARKROOM_LANE(imm, 3));                                 \
  })
#define _mm_shufflelo_epi16(a, imm)                                                                   \
  __extension__({                                                                                     \
    const v128_t shuffled_ = (a);                                                                     \
    wasm_i16x8_shuffle(shuffled_, shuffled_, DARKROOM_LANE(imm, 0), DARKROOM_LANE(imm, 1),            \
                       DARKROOM_LANE(imm, 2), DARKROOM_LANE(imm, 3), 4, 5, 6, 7);                     \
  })
#define _mm_shufflehi_epi16(a, imm)                                                                   \
  __extension__({                                                                                     \
    const v128_t shuffled_ = (a);                                                                     \
    wasm_i16x8_shuffle(shuffled_, shuffled_, 0, 1, 2, 3, 4 + DARKROOM_LANE(imm, 0),                   \
                       4 + DARKROOM_LANE(imm, 1), 4 + DARKROOM_LANE(imm, 2), 4 + DARKROOM_LANE(imm, 3)); \
  })

#endif
