// Replaces Brotli's encoder, whose tables are larger than this whole library, with streams of uncompressed metablocks
// (RFC 7932 section 9.2). libjxl uses them for the markers and the tail of a JPEG, and for metadata.

#include <brotli/encode.h>

#include <algorithm>
#include <cstring>
#include <vector>

namespace {

// Bytes per metablock: the maximum of a four-nibble length.
constexpr size_t kBlock = 65536;
constexpr size_t kBlockHeader = 3;

void AppendBlock(std::vector<uint8_t>& stream, const uint8_t* bytes, size_t size) {
  // ISLAST = 0, MNIBBLES = 0 for four, MLEN - 1, ISUNCOMPRESSED = 1, and zeros up to the next byte.
  uint32_t header = static_cast<uint32_t>(size - 1) << 3 | uint32_t{1} << 19;
  // The first one is preceded by WBITS: one bit, 0, for a window of 64 KiB.
  if (stream.empty()) header <<= 1;
  for (size_t i = 0; i < kBlockHeader; ++i) stream.push_back(static_cast<uint8_t>(header >> (8 * i)));
  stream.insert(stream.end(), bytes, bytes + size);
}

}  // namespace

struct BrotliEncoderStateStruct {
  std::vector<uint8_t> input;
  std::vector<uint8_t> stream;
  size_t taken = 0;
  bool finished = false;

  void Finish() {
    for (size_t at = 0; at < input.size(); at += kBlock) {
      AppendBlock(stream, input.data() + at, std::min(kBlock, input.size() - at));
    }
    // ISLAST and ISLASTEMPTY, preceded by WBITS if there was no block.
    stream.push_back(input.empty() ? 0b110 : 0b11);
    finished = true;
  }
};

extern "C" {

BrotliEncoderState* BrotliEncoderCreateInstance(brotli_alloc_func, brotli_free_func, void*) {
  return new BrotliEncoderStateStruct();
}

void BrotliEncoderDestroyInstance(BrotliEncoderState* state) { delete state; }

BROTLI_BOOL BrotliEncoderSetParameter(BrotliEncoderState*, BrotliEncoderParameter, uint32_t) { return BROTLI_TRUE; }

size_t BrotliEncoderMaxCompressedSize(size_t size) { return size + (size / kBlock + 1) * kBlockHeader + 1; }

BROTLI_BOOL BrotliEncoderCompressStream(BrotliEncoderState* state, BrotliEncoderOperation operation,
                                        size_t* available_in, const uint8_t** next_in, size_t* available_out,
                                        uint8_t** next_out, size_t* total_out) {
  state->input.insert(state->input.end(), *next_in, *next_in + *available_in);
  *next_in += *available_in;
  *available_in = 0;
  if (operation == BROTLI_OPERATION_FINISH && !state->finished) state->Finish();
  const size_t size = std::min(*available_out, state->stream.size() - state->taken);
  if (size > 0) memcpy(*next_out, state->stream.data() + state->taken, size);
  state->taken += size;
  *next_out += size;
  *available_out -= size;
  if (total_out != nullptr) *total_out = state->taken;
  return BROTLI_TRUE;
}

BROTLI_BOOL BrotliEncoderHasMoreOutput(BrotliEncoderState* state) {
  return state->taken < state->stream.size() ? BROTLI_TRUE : BROTLI_FALSE;
}

BROTLI_BOOL BrotliEncoderIsFinished(BrotliEncoderState* state) {
  return state->finished && !BrotliEncoderHasMoreOutput(state) ? BROTLI_TRUE : BROTLI_FALSE;
}

}  // extern "C"
