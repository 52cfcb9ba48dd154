/* Chooses each macroblock's prediction, replacing libwebp's own search at methods 3 and 4.
 *
 * libwebp transforms, quantizes and reconstructs a block for each of its modes, and keeps the cheapest: ten times for
 * each 4x4 block. Here the squared error of the bare predictions selects the few candidates worth that. DC is always
 * among them, since flat blocks favour it for another reason than its error. On photos the files are 0.2 to 0.5% larger
 * at the same SSIMULACRA2, and the encoder takes 0.6 of the time (docs/speed.md).
 *
 * Everything else is libwebp's: this file includes the original and replaces it in the library. */
#define VP8Decimate VP8DecimateExhaustively
#include "src/enc/quant_enc.c"
#undef VP8Decimate

#include <limits.h>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#define DC 0
#define LUMA16_CANDIDATES 1
#define CHROMA_CANDIDATES 2
/* Before quantization, bits count less relative to an error than after it. */
#define LAMBDA_LUMA4 40
#define LAMBDA_LUMA16 106
#define LAMBDA_CHROMA 120

/* The squared errors of the ten predictions of a 4x4 block, which are stored side by side: eight, and two below. */
#if defined(__SSE2__)
static void SquaredErrors(const uint8_t* src, const uint8_t* preds, int errors[NUM_BMODES]) {
  const __m128i zero = _mm_setzero_si128();
  __m128i sums[5] = {zero, zero, zero, zero, zero}; /* of two modes each */
  int32_t halves[20];
  int y, mode;
  for (y = 0; y < 4; ++y) {
    const __m128i a = _mm_loadu_si128((const __m128i*)(preds + y * BPS));
    const __m128i b = _mm_loadu_si128((const __m128i*)(preds + y * BPS + 16));
    const __m128i c = _mm_loadl_epi64((const __m128i*)(preds + (4 + y) * BPS));
    const __m128i rows[5] = {_mm_unpacklo_epi8(a, zero), _mm_unpackhi_epi8(a, zero), _mm_unpacklo_epi8(b, zero),
                             _mm_unpackhi_epi8(b, zero), _mm_unpacklo_epi8(c, zero)};
    const __m128i row = _mm_unpacklo_epi8(_mm_set1_epi32(WebPMemToInt32(src + y * BPS)), zero);
    int i;
    for (i = 0; i < 5; ++i) {
      const __m128i difference = _mm_sub_epi16(rows[i], row);
      sums[i] = _mm_add_epi32(sums[i], _mm_madd_epi16(difference, difference));
    }
  }
  for (y = 0; y < 5; ++y) _mm_storeu_si128((__m128i*)(halves + 4 * y), sums[y]);
  for (mode = 0; mode < NUM_BMODES; ++mode) errors[mode] = halves[2 * mode] + halves[2 * mode + 1];
}
#else
static void SquaredErrors(const uint8_t* src, const uint8_t* preds, int errors[NUM_BMODES]) {
  int mode;
  for (mode = 0; mode < NUM_BMODES; ++mode) {
    errors[mode] = VP8SSE4x4(src, preds + VP8I4ModeOffsets[mode] - I4DC4);
  }
}
#endif

/* Error and header bits of a mode, comparable before quantization. */
static int Score(int error, int bits, int lambda) {
  return error + bits * lambda / RD_DISTO_MULT;
}

/* The `count` modes with the lowest scores, plus DC, as a bit set. Overwrites the scores. */
static int Candidates(int* const scores, int modes, int count) {
  int set = 1 << DC;
  for (; count > 0; --count) {
    int best = 0, mode;
    for (mode = 1; mode < modes; ++mode) {
      if (scores[mode] < scores[best]) best = mode;
    }
    set |= 1 << best;
    scores[best] = INT_MAX;
  }
  return set;
}

static void PickIntra16(VP8EncIterator* const it, VP8ModeScore* const rd) {
  VP8SegmentInfo* const dqm = &it->enc->dqm[it->mb->segment];
  const uint8_t* const src = it->yuv_in + Y_OFF_ENC;
  int scores[NUM_PRED_MODES];
  VP8ModeScore other;
  VP8ModeScore* current = &other;
  VP8ModeScore* best = rd;
  int is_flat = IsFlatSource16(src);
  int candidates, mode;

  for (mode = 0; mode < NUM_PRED_MODES; ++mode) {
    const int error = VP8SSE16x16(src, it->yuv_p + VP8I16ModeOffsets[mode]);
    scores[mode] = Score(error, VP8FixedCostsI16[mode], LAMBDA_LUMA16);
  }
  candidates = Candidates(scores, NUM_PRED_MODES, LUMA16_CANDIDATES);
  for (mode = 0; mode < NUM_PRED_MODES; ++mode) {
    uint8_t* const dst = it->yuv_out2 + Y_OFF_ENC;
    if (!(candidates >> mode & 1)) continue;
    current->mode_i16 = mode;
    current->nz = ReconstructIntra16(it, current, dst, mode);
    current->D = VP8SSE16x16(src, dst);
    current->SD = dqm->tlambda ? MULT_8B(dqm->tlambda, VP8TDisto16x16(src, dst, kWeightY)) : 0;
    current->H = VP8FixedCostsI16[mode];
    current->R = VP8GetCostLuma16(it, current);
    is_flat = is_flat && IsFlat(current->y_ac_levels[0], 16, FLATNESS_LIMIT_I16);
    if (is_flat) { /* where any error shows */
      current->D *= 2;
      current->SD *= 2;
    }
    SetRDScore(dqm->lambda_i16, current);
    if (mode == DC || current->score < best->score) {
      SwapModeScore(&current, &best);
      SwapOut(it);
    }
  }
  if (best != rd) memcpy(rd, best, sizeof(*rd));
  SetRDScore(dqm->lambda_mode, rd);
  VP8SetIntra16Mode(it, rd->mode_i16);
  if ((rd->nz & 0x100ffff) == 0x1000000 && rd->D > dqm->min_disto) StoreMaxDelta(dqm, rd->y_dc_levels);
}

/* Finds the best candidate mode of one 4x4 block: its score, mode and levels, and its pixels at `*block`. */
static int PickBlock(VP8EncIterator* const it, const uint8_t* const src, const uint16_t* const costs,
                     VP8ModeScore* const best, int16_t levels[16], uint8_t** block, uint8_t* spare) {
  const VP8SegmentInfo* const dqm = &it->enc->dqm[it->mb->segment];
  int scores[NUM_BMODES];
  int candidates, mode, best_mode = -1;

  SquaredErrors(src, it->yuv_p + I4DC4, scores);
  for (mode = 0; mode < NUM_BMODES; ++mode) scores[mode] = Score(scores[mode], costs[mode], LAMBDA_LUMA4);
  candidates = Candidates(scores, NUM_BMODES, it->enc->method);
  InitScore(best);
  for (mode = 0; mode < NUM_BMODES; ++mode) {
    VP8ModeScore current;
    int16_t current_levels[16];
    if (!(candidates >> mode & 1)) continue;
    current.nz = ReconstructIntra4(it, current_levels, src, spare, mode) << it->i4;
    current.D = VP8SSE4x4(src, spare);
    current.SD = dqm->tlambda ? MULT_8B(dqm->tlambda, VP8TDisto4x4(src, spare, kWeightY)) : 0;
    current.H = costs[mode];
    current.R = mode != DC && IsFlat(current_levels, 1, FLATNESS_LIMIT_I4) ? FLATNESS_PENALTY : 0;
    SetRDScore(dqm->lambda_i4, &current);
    if (best_mode >= 0 && current.score >= best->score) continue;
    current.R += VP8GetCostLuma4(it, current_levels);
    SetRDScore(dqm->lambda_i4, &current);
    if (best_mode < 0 || current.score < best->score) {
      CopyScore(best, &current);
      best_mode = mode;
      SwapPtr(&spare, block);
      memcpy(levels, current_levels, sizeof(current_levels));
    }
  }
  SetRDScore(dqm->lambda_mode, best);
  return best_mode;
}

/* Uses 4x4 predictions if they score better than `rd`, the best 16x16 one. */
static void PickIntra4(VP8EncIterator* const it, VP8ModeScore* const rd) {
  const VP8Encoder* const enc = it->enc;
  uint8_t* const blocks = it->yuv_out2 + Y_OFF_ENC;
  int header_bits = 0;
  VP8ModeScore all;

  InitScore(&all);
  all.H = 211; /* VP8BitCost(0, 145): that the macroblock has 4x4 predictions */
  SetRDScore(enc->dqm[it->mb->segment].lambda_mode, &all);
  VP8IteratorStartI4(it);
  do {
    const uint8_t* const src = it->yuv_in + Y_OFF_ENC + VP8Scan[it->i4];
    uint8_t* const own = blocks + VP8Scan[it->i4];
    uint8_t* block = own;
    VP8ModeScore best;
    int mode;
    MakeIntra4Preds(it);
    mode = PickBlock(it, src, GetCostModeI4(it, rd->modes_i4), &best, all.y_ac_levels[it->i4], &block,
                     it->yuv_p + I4TMP);
    AddScore(&all, &best);
    header_bits += (int)best.H;
    if (all.score >= rd->score || header_bits > enc->max_i4_header_bits) return;
    if (block != own) VP8Copy4x4(block, own);
    rd->modes_i4[it->i4] = mode;
    it->top_nz[it->i4 & 3] = it->left_nz[it->i4 >> 2] = best.nz ? 1 : 0;
  } while (VP8IteratorRotateI4(it, blocks));

  CopyScore(rd, &all);
  VP8SetIntra4Mode(it, rd->modes_i4);
  SwapOut(it);
  memcpy(rd->y_ac_levels, all.y_ac_levels, sizeof(rd->y_ac_levels));
}

static void PickChroma(VP8EncIterator* const it, VP8ModeScore* const rd) {
  const VP8SegmentInfo* const dqm = &it->enc->dqm[it->mb->segment];
  const uint8_t* const src = it->yuv_in + U_OFF_ENC;
  uint8_t* const own = it->yuv_out + U_OFF_ENC;
  uint8_t* dst = own;
  uint8_t* spare = it->yuv_out2 + U_OFF_ENC;
  int scores[NUM_PRED_MODES];
  VP8ModeScore best;
  int candidates, mode;

  for (mode = 0; mode < NUM_PRED_MODES; ++mode) {
    const int error = VP8SSE16x8(src, it->yuv_p + VP8UVModeOffsets[mode]);
    scores[mode] = Score(error, VP8FixedCostsUV[mode], LAMBDA_CHROMA);
  }
  candidates = Candidates(scores, NUM_PRED_MODES, CHROMA_CANDIDATES);
  InitScore(&best);
  for (mode = 0; mode < NUM_PRED_MODES; ++mode) {
    VP8ModeScore current;
    if (!(candidates >> mode & 1)) continue;
    current.nz = ReconstructUV(it, &current, spare, mode);
    current.D = VP8SSE16x8(src, spare);
    current.SD = 0; /* it tends to flatten areas */
    current.H = VP8FixedCostsUV[mode];
    current.R = VP8GetCostUV(it, &current);
    if (mode != DC && IsFlat(current.uv_levels[0], 8, FLATNESS_LIMIT_UV)) current.R += FLATNESS_PENALTY * 8;
    SetRDScore(dqm->lambda_uv, &current);
    if (mode == DC || current.score < best.score) {
      CopyScore(&best, &current);
      rd->mode_uv = mode;
      memcpy(rd->uv_levels, current.uv_levels, sizeof(rd->uv_levels));
      if (it->top_derr != NULL) memcpy(rd->derr, current.derr, sizeof(rd->derr));
      SwapPtr(&dst, &spare);
    }
  }
  VP8SetIntraUVMode(it, rd->mode_uv);
  AddScore(rd, &best);
  if (dst != own) VP8Copy16x8(dst, own);
  if (it->top_derr != NULL) StoreDiffusionErrors(it, rd);
}

int VP8Decimate(VP8EncIterator* WEBP_RESTRICT const it, VP8ModeScore* WEBP_RESTRICT const rd, VP8RDLevel rd_opt) {
  if (rd_opt != RD_OPT_BASIC) return VP8DecimateExhaustively(it, rd, rd_opt);
  InitScore(rd);
  VP8MakeLuma16Preds(it);
  VP8MakeChroma8Preds(it);
  it->do_trellis = 0;
  PickIntra16(it, rd);
  /* If no coefficients are left to code, smaller blocks can't save anything. */
  if ((rd->nz & 0x100ffff) != 0 && it->enc->max_i4_header_bits > 0) PickIntra4(it, rd);
  PickChroma(it, rd);
  VP8SetSkip(it, rd->nz == 0);
  return rd->nz == 0;
}
