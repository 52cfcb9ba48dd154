/* Shared code of the cases: input vectors, and macros that compare an intrinsic with its scalar model. */
#include <smmintrin.h>
#include <stdint.h>

typedef union {
  __m128i m;
  int8_t i8[16];
  uint8_t u8[16];
  int16_t i16[8];
  uint16_t u16[8];
  int32_t i32[4];
  uint32_t u32[4];
  int64_t i64[2];
  uint64_t u64[2];
} Vector;

#define LANES(lane) ((int)(sizeof((Vector*)0)->lane / sizeof((Vector*)0)->lane[0]))

/* Inputs: random bits, and for every lane width a mix of random lanes and edge cases. */

#define INPUTS 75
static Vector input[INPUTS];
#define EACH(v) for (const Vector* v = input; v < input + INPUTS; ++v)

static uint64_t random_bits(void) {
  static uint64_t state = 0x9e3779b97f4a7c15;
  state ^= state << 13, state ^= state >> 7, state ^= state << 17;
  return state * 0x2545f4914f6cdd1d;
}

/* 0, 1, 2, -2, -1 and values near the sign bit and near half the lane. */
static uint64_t edge(int bits) {
  const uint64_t base[] = {0, UINT64_C(1) << (bits - 1), UINT64_C(1) << (bits / 2), UINT64_C(1) << (bits / 2 - 1)};
  return base[random_bits() % 4] + random_bits() % 5 - 2;
}

#define FILL(v, lane) \
  for (int i = 0; i < LANES(lane); ++i) (v)->lane[i] = random_bits() % 4 ? edge(8 * sizeof((v)->lane[0])) : random_bits()

static void fill_inputs(void) {
  for (Vector* v = input; v < input + INPUTS; ++v) {
    switch ((v - input) % 5) {
      case 0: v->u64[0] = random_bits(), v->u64[1] = random_bits(); break;
      case 1: FILL(v, u8); break;
      case 2: FILL(v, u16); break;
      case 3: FILL(v, u32); break;
      case 4: FILL(v, u64); break;
    }
  }
  input[0].m = _mm_setzero_si128();
  for (int i = 0; i < 8; ++i) input[5].u16[i] = 0x8000, input[10].u16[i] = 0x7fff, input[15].u16[i] = 0xffff;
}

/* The report: a line for each intrinsic, "name checks failures", and the vectors of the first failure. */

static char report_text[20000];
static char* report_end = report_text;

static void put(const char* text) {
  while (*text) *report_end++ = *text++;
  *report_end = 0;
}
static void put_number(unsigned n) {
  char digits[11], *start = digits + 10;
  *start = 0;
  do *--start = '0' + n % 10; while (n /= 10);
  put(start);
}
static void put_vector(const char* name, const Vector* v) {
  put(name);
  for (int i = 0; i < 16; ++i) put((char[]){"0123456789abcdef"[v->u8[i] >> 4], "0123456789abcdef"[v->u8[i] & 15], 0});
}

static const char* current;
static unsigned checks, failures;
static Vector shown[4];

static void finish(void) {
  if (!current) return;
  put(current), put(" "), put_number(checks), put(" "), put_number(failures);
  if (failures) {
    put_vector(" a=", shown), put_vector(" b=", shown + 1), put_vector(" is=", shown + 2), put_vector(" want=", shown + 3);
  }
  put("\n");
}
static void begin(const char* name) {
  finish();
  current = name, checks = failures = 0;
}

__attribute__((noinline)) static void expect(__m128i result, const Vector* want, const Vector* a, const Vector* b) {
  const Vector is = {result};
  ++checks;
  if (is.u64[0] == want->u64[0] && is.u64[1] == want->u64[1]) return;
  if (!failures++) shown[0] = *a, shown[1] = *b, shown[2] = is, shown[3] = *want;
}
static void expect_number(int64_t is, int64_t want, const Vector* a) {
  const Vector is_vector = {.i64 = {is}}, want_vector = {.i64 = {want}};
  expect(is_vector.m, &want_vector, a, a);
}

/* The model returns lane i of the result; it may use x and y, the same lane of the operands, or the whole a and b. */

#define MODEL(lane, expression)                                    \
  Vector want;                                                     \
  for (int i = 0; i < LANES(lane); ++i) {                          \
    const int64_t x = a->lane[i], y = b->lane[i];                  \
    want.lane[i] = (expression);                                   \
  }

#define UNARY(name, lane, expression)  \
  begin(#name);                        \
  EACH(a) {                            \
    const Vector* const b = a;         \
    MODEL(lane, expression)            \
    expect(name(a->m), &want, a, a);   \
  }

#define BINARY(name, lane, expression)        \
  begin(#name);                               \
  EACH(a) EACH(b) {                           \
    MODEL(lane, expression)                   \
    expect(name(a->m, b->m), &want, a, b);    \
  }

/* With an immediate n, from 0 to 255. It must be a constant at the call, so there is a case for each value. */

#define EACH_4(CASE, name, n) CASE(name, n) CASE(name, (n) + 1) CASE(name, (n) + 2) CASE(name, (n) + 3)
#define EACH_16(CASE, name, n) \
  EACH_4(CASE, name, n) EACH_4(CASE, name, (n) + 4) EACH_4(CASE, name, (n) + 8) EACH_4(CASE, name, (n) + 12)
#define EACH_64(CASE, name, n) \
  EACH_16(CASE, name, n) EACH_16(CASE, name, (n) + 16) EACH_16(CASE, name, (n) + 32) EACH_16(CASE, name, (n) + 48)

#define UNARY_CASE(name, k) case k: return name(a, k);
#define BINARY_CASE(name, k) case k: return name(a, b, k);

#define DEFINE_IMMEDIATE(name, CASE)                                                                   \
  __attribute__((noinline)) static __m128i name##_by(__m128i a, __m128i b, int n) {                    \
    switch (n) {                                                                                       \
      EACH_64(CASE, name, 0) EACH_64(CASE, name, 64) EACH_64(CASE, name, 128) EACH_64(CASE, name, 192) \
    }                                                                                                  \
    __builtin_unreachable();                                                                           \
  }

#define IMMEDIATE(name, lane, expression)              \
  begin(#name);                                        \
  for (int n = 0; n < 256; ++n) EACH(a) {              \
    const Vector* const b = input + n % INPUTS;        \
    MODEL(lane, expression)                            \
    expect(name##_by(a->m, b->m, n), &want, a, b);     \
  }
