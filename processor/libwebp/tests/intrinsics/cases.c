/* Tests every intrinsic of include/ against a scalar model written from Intel's definition. tests/intrinsics.rs
 * compiles this to wasm with those headers, and on x86-64 natively with the compiler's own, which checks the model
 * against hardware. */
#include "model.h"

static int64_t clamp(int64_t x, int64_t low, int64_t high) { return x < low ? low : x > high ? high : x; }
#define CLAMP_I8(x) clamp(x, INT8_MIN, INT8_MAX)
#define CLAMP_U8(x) clamp(x, 0, UINT8_MAX)
#define CLAMP_I16(x) clamp(x, INT16_MIN, INT16_MAX)
#define CLAMP_U16(x) clamp(x, 0, UINT16_MAX)

static void arithmetic(void) {
  BINARY(_mm_add_epi8, i8, x + y)
  BINARY(_mm_add_epi16, i16, x + y)
  BINARY(_mm_add_epi32, i32, x + y)
  BINARY(_mm_add_epi64, i64, x + y)
  BINARY(_mm_sub_epi8, i8, x - y)
  BINARY(_mm_sub_epi16, i16, x - y)
  BINARY(_mm_sub_epi32, i32, x - y)
  BINARY(_mm_sub_epi64, i64, x - y)
  BINARY(_mm_adds_epi8, i8, CLAMP_I8(x + y))
  BINARY(_mm_adds_epu8, u8, CLAMP_U8(x + y))
  BINARY(_mm_adds_epi16, i16, CLAMP_I16(x + y))
  BINARY(_mm_adds_epu16, u16, CLAMP_U16(x + y))
  BINARY(_mm_subs_epi8, i8, CLAMP_I8(x - y))
  BINARY(_mm_subs_epu8, u8, CLAMP_U8(x - y))
  BINARY(_mm_subs_epi16, i16, CLAMP_I16(x - y))
  BINARY(_mm_subs_epu16, u16, CLAMP_U16(x - y))
  BINARY(_mm_mullo_epi16, i16, x * y)
  BINARY(_mm_mullo_epi32, i32, x * y)
  BINARY(_mm_mulhi_epi16, i16, (x * y) >> 16)
  BINARY(_mm_mulhi_epu16, u16, (x * y) >> 16)
  BINARY(_mm_mul_epu32, u64, (uint64_t)a->u32[2 * i] * b->u32[2 * i])
  BINARY(_mm_avg_epu8, u8, (x + y + 1) >> 1)
  UNARY(_mm_abs_epi16, i16, x < 0 ? -x : x)
  BINARY(_mm_sign_epi16, i16, y < 0 ? -x : y > 0 ? x : 0)
}

static int64_t product(const Vector* a, const Vector* b, int i) { return (int64_t)a->i16[i] * b->i16[i]; }

static int64_t differences(const Vector* a, const Vector* b, int half) {
  int64_t sum = 0;
  for (int i = 8 * half; i < 8 * half + 8; ++i) sum += a->u8[i] < b->u8[i] ? b->u8[i] - a->u8[i] : a->u8[i] - b->u8[i];
  return sum;
}

static int64_t pair(const Vector* a, int i) { return (int64_t)a->i32[2 * i] + a->i32[2 * i + 1]; }

static void sums(void) {
  BINARY(_mm_madd_epi16, i32, product(a, b, 2 * i) + product(a, b, 2 * i + 1))
  BINARY(_mm_sad_epu8, i64, differences(a, b, i))
  BINARY(_mm_hadd_epi32, i32, i < 2 ? pair(a, i) : pair(b, i - 2))
}

static void compare_and_select(void) {
  BINARY(_mm_cmpeq_epi8, i8, x == y ? -1 : 0)
  BINARY(_mm_cmpeq_epi16, i16, x == y ? -1 : 0)
  BINARY(_mm_cmpeq_epi32, i32, x == y ? -1 : 0)
  BINARY(_mm_cmpgt_epi8, i8, x > y ? -1 : 0)
  BINARY(_mm_cmpgt_epi16, i16, x > y ? -1 : 0)
  BINARY(_mm_cmpgt_epi32, i32, x > y ? -1 : 0)
  BINARY(_mm_min_epi16, i16, x < y ? x : y)
  BINARY(_mm_max_epi16, i16, x > y ? x : y)
  BINARY(_mm_min_epu8, u8, x < y ? x : y)
  BINARY(_mm_max_epu8, u8, x > y ? x : y)
  BINARY(_mm_and_si128, i64, x & y)
  BINARY(_mm_or_si128, i64, x | y)
  BINARY(_mm_xor_si128, i64, x ^ y)
  BINARY(_mm_andnot_si128, i64, ~x & y)

  begin("_mm_blendv_epi8");
  EACH(a) EACH(b) EACH(mask) {
    MODEL(i8, mask->i8[i] < 0 ? y : x)
    expect(_mm_blendv_epi8(a->m, b->m, mask->m), &want, a, b);
  }
  begin("_mm_movemask_epi8");
  EACH(a) {
    int want = 0;
    for (int i = 0; i < 16; ++i) want |= (a->i8[i] < 0) << i;
    expect_number(_mm_movemask_epi8(a->m), want, a);
  }
}

DEFINE_IMMEDIATE(_mm_slli_epi16, UNARY_CASE)
DEFINE_IMMEDIATE(_mm_slli_epi64, UNARY_CASE)
DEFINE_IMMEDIATE(_mm_srli_epi16, UNARY_CASE)
DEFINE_IMMEDIATE(_mm_srli_epi32, UNARY_CASE)
DEFINE_IMMEDIATE(_mm_srli_epi64, UNARY_CASE)
DEFINE_IMMEDIATE(_mm_srai_epi16, UNARY_CASE)
DEFINE_IMMEDIATE(_mm_srai_epi32, UNARY_CASE)
DEFINE_IMMEDIATE(_mm_slli_si128, UNARY_CASE)
DEFINE_IMMEDIATE(_mm_srli_si128, UNARY_CASE)

static void shifts(void) {
  IMMEDIATE(_mm_slli_epi16, u16, n < 16 ? x << n : 0)
  IMMEDIATE(_mm_slli_epi64, u64, n < 64 ? a->u64[i] << n % 64 : 0)
  IMMEDIATE(_mm_srli_epi16, u16, n < 16 ? x >> n : 0)
  IMMEDIATE(_mm_srli_epi32, u32, n < 32 ? x >> n : 0)
  IMMEDIATE(_mm_srli_epi64, u64, n < 64 ? a->u64[i] >> n % 64 : 0)
  IMMEDIATE(_mm_srai_epi16, i16, x >> (n < 16 ? n : 15))
  IMMEDIATE(_mm_srai_epi32, i32, x >> (n < 32 ? n : 31))
  IMMEDIATE(_mm_slli_si128, u8, i - n >= 0 ? a->u8[(i - n) & 15] : 0)
  IMMEDIATE(_mm_srli_si128, u8, i + n < 16 ? a->u8[(i + n) & 15] : 0)
}

static void pack_and_unpack(void) {
  BINARY(_mm_packs_epi16, i8, CLAMP_I8(i < 8 ? a->i16[i] : b->i16[i - 8]))
  BINARY(_mm_packus_epi16, u8, CLAMP_U8(i < 8 ? a->i16[i] : b->i16[i - 8]))
  BINARY(_mm_packs_epi32, i16, CLAMP_I16(i < 4 ? a->i32[i] : b->i32[i - 4]))
  BINARY(_mm_unpacklo_epi8, i8, (i % 2 ? b : a)->i8[i / 2])
  BINARY(_mm_unpackhi_epi8, i8, (i % 2 ? b : a)->i8[i / 2 + 8])
  BINARY(_mm_unpacklo_epi16, i16, (i % 2 ? b : a)->i16[i / 2])
  BINARY(_mm_unpackhi_epi16, i16, (i % 2 ? b : a)->i16[i / 2 + 4])
  BINARY(_mm_unpacklo_epi32, i32, (i % 2 ? b : a)->i32[i / 2])
  BINARY(_mm_unpackhi_epi32, i32, (i % 2 ? b : a)->i32[i / 2 + 2])
  BINARY(_mm_unpacklo_epi64, i64, (i % 2 ? b : a)->i64[0])
  BINARY(_mm_unpackhi_epi64, i64, (i % 2 ? b : a)->i64[1])
  UNARY(_mm_cvtepu8_epi16, i16, a->u8[i])
}

DEFINE_IMMEDIATE(_mm_shuffle_epi32, UNARY_CASE)
DEFINE_IMMEDIATE(_mm_shufflelo_epi16, UNARY_CASE)
DEFINE_IMMEDIATE(_mm_shufflehi_epi16, UNARY_CASE)
DEFINE_IMMEDIATE(_mm_blend_epi16, BINARY_CASE)
#define TWO_BITS(n, i) ((n) >> (2 * ((i) & 3)) & 3)

static void shuffles(void) {
  BINARY(_mm_shuffle_epi8, u8, y & 0x80 ? 0 : a->u8[y & 15])
  IMMEDIATE(_mm_shuffle_epi32, i32, a->i32[TWO_BITS(n, i)])
  IMMEDIATE(_mm_shufflelo_epi16, i16, i < 4 ? a->i16[TWO_BITS(n, i)] : x)
  IMMEDIATE(_mm_shufflehi_epi16, i16, i < 4 ? x : a->i16[4 + TWO_BITS(n, i)])
  IMMEDIATE(_mm_blend_epi16, i16, n >> i & 1 ? y : x)
  begin("_MM_SHUFFLE");
  for (int n = 0; n < 256; ++n) {
    expect_number(_MM_SHUFFLE(TWO_BITS(n, 3), TWO_BITS(n, 2), TWO_BITS(n, 1), TWO_BITS(n, 0)), n, input);
  }
}

#define EXTRACT_CASE(name, k) EACH(a) expect_number(name(a->m, k), a->u8[k], a);
#define INSERT_CASE(name, k)                              \
  EACH(a) EACH(b) {                                       \
    MODEL(i16, i == (k) ? b->i32[0] : x)                  \
    expect(name(a->m, b->i32[0], k), &want, a, b);        \
  }

static void lanes(void) {
  begin("_mm_extract_epi8");
  EACH_16(EXTRACT_CASE, _mm_extract_epi8, 0)
  begin("_mm_insert_epi16");
  EACH_4(INSERT_CASE, _mm_insert_epi16, 0) EACH_4(INSERT_CASE, _mm_insert_epi16, 4)
}

#define BYTES(v, ...) EXPAND_BYTES((v)->i8, __VA_ARGS__)
#define EXPAND_BYTES(b, p0, p1, p2, p3, p4, p5, p6, p7, p8, p9, pa, pb, pc, pd, pe, pf)                             \
  b[p0], b[p1], b[p2], b[p3], b[p4], b[p5], b[p6], b[p7], b[p8], b[p9], b[pa], b[pb], b[pc], b[pd], b[pe], b[pf]

static void set_and_move(void) {
  begin("_mm_setzero_si128");
  expect(_mm_setzero_si128(), &(Vector){.i64 = {0, 0}}, input, input);
#define SET1(name, lane)                          \
  begin(#name);                                   \
  EACH(a) {                                       \
    const Vector* const b = a;                    \
    MODEL(lane, a->lane[0])                       \
    expect(name(a->lane[0]), &want, a, a);        \
  }
  SET1(_mm_set1_epi8, i8)
  SET1(_mm_set1_epi16, i16)
  SET1(_mm_set1_epi32, i32)
  begin("_mm_set_epi8");
  EACH(a) expect(_mm_set_epi8(BYTES(a, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0)), a, a, a);
  begin("_mm_setr_epi8");
  EACH(a) expect(_mm_setr_epi8(BYTES(a, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15)), a, a, a);
  begin("_mm_set_epi16");
  EACH(a) {
    const int16_t* l = a->i16;
    expect(_mm_set_epi16(l[7], l[6], l[5], l[4], l[3], l[2], l[1], l[0]), a, a, a);
  }
  begin("_mm_set_epi32");
  EACH(a) expect(_mm_set_epi32(a->i32[3], a->i32[2], a->i32[1], a->i32[0]), a, a, a);
  begin("_mm_cvtsi32_si128");
  EACH(a) expect(_mm_cvtsi32_si128(a->i32[0]), &(Vector){.i32 = {a->i32[0], 0, 0, 0}}, a, a);
  begin("_mm_cvtsi128_si32");
  EACH(a) expect_number(_mm_cvtsi128_si32(a->m), a->i32[0], a);
}

/* Loads at every alignment; the inputs are stored consecutively. */
static void loads(void) {
#define LOAD(name, step, size)                                                    \
  begin(#name);                                                                   \
  for (const Vector* a = input; a < input + INPUTS - 1; ++a) {                    \
    for (int offset = 0; offset < 16; offset += step) {                           \
      Vector want = {.i64 = {0, 0}};                                              \
      for (int i = 0; i < size; ++i) want.u8[i] = a->u8[offset + i];              \
      expect(name((const __m128i*)(a->u8 + offset)), &want, a, a + 1);            \
    }                                                                             \
  }
  LOAD(_mm_load_si128, 16, 16)
  LOAD(_mm_loadu_si128, 1, 16)
  LOAD(_mm_loadl_epi64, 1, 8)
}

/* Stores into the middle of other bytes, which must stay unchanged. */
static void stores(void) {
  Vector to[3];
#define STORE(name, step, call, written)                                          \
  begin(#name);                                                                   \
  EACH(a) EACH(mask) {                                                            \
    for (int offset = 0; offset < 16; offset += step) {                           \
      for (int i = 0; i < 48; ++i) to->u8[i] = i;                                 \
      unsigned char* const p = to->u8 + 16 + offset;                              \
      call;                                                                       \
      for (int k = 0; k < 3; ++k) {                                               \
        Vector want;                                                              \
        for (int byte = 0; byte < 16; ++byte) {                                   \
          const int at = 16 * k + byte, i = at - 16 - offset;                     \
          want.u8[byte] = i >= 0 && i < 16 && (written) ? a->u8[i] : at;          \
        }                                                                         \
        expect(to[k].m, &want, a, mask);                                          \
      }                                                                           \
    }                                                                             \
  }
  STORE(_mm_store_si128, 16, _mm_store_si128((__m128i*)p, a->m), 1)
  STORE(_mm_storeu_si128, 1, _mm_storeu_si128((__m128i*)p, a->m), 1)
  STORE(_mm_storel_epi64, 1, _mm_storel_epi64((__m128i*)p, a->m), i < 8)
  STORE(_mm_maskmoveu_si128, 1, _mm_maskmoveu_si128(a->m, mask->m, (char*)p), mask->i8[i] < 0)
}

/* Runs everything and returns the report. */
__attribute__((visibility("default"))) const char* report(void) {
  fill_inputs();
  arithmetic();
  sums();
  compare_and_select();
  shifts();
  pack_and_unpack();
  shuffles();
  lanes();
  set_and_move();
  loads();
  stores();
  finish();
  return report_text;
}

#ifndef __wasm__
#include <stdio.h>
int main(void) { return puts(report()) < 0; }
#endif
