/* Decodes a lossy image row by row: libwebp's own loop over the rows of macroblocks (VP8Decode), paused after each.
 * libwebp upsamples and converts the samples into a few rows, a window that moves down the image. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "src/dec/vp8i_dec.h"
#include "src/dec/webpi_dec.h"
#include "src/utils/utils.h"

/* The rows that libwebp outputs at once: at most 24, plus the one left over from before, plus an unused one so that the
 * first has an even number. */
#define BAND 26

typedef struct {
  WebPDecParams params; /* must be first: libwebp's functions find it through `opaque` */
  WebPDecBuffer output;
  VP8Io io;
  VP8IoPutHook put; /* libwebp's own */
  VP8Decoder* decoder;
  int entered;
  int up; /* how far the rows of the band are above their position in the image */
} DarkroomRows;

/* Makes libwebp write as if the rows were the image's third and following. */
static int Put(const VP8Io* io) {
  DarkroomRows* const rows = (DarkroomRows*)io->opaque;
  VP8Io moved = *io;
  rows->up = io->mb_y > 2 ? io->mb_y - 2 : 0;
  moved.mb_y -= rows->up;
  moved.crop_bottom -= rows->up;
  return rows->put(&moved);
}

void DarkroomRowsDelete(DarkroomRows* rows) {
  if (rows == NULL) return;
  if (rows->entered) (void)VP8ExitCritical(rows->decoder, &rows->io);
  VP8Delete(rows->decoder);
  WebPSafeFree(rows->output.u.RGBA.rgba);
  WebPSafeFree(rows);
}

static VP8StatusCode Open(DarkroomRows* rows, const WebPHeaderStructure* headers) {
  VP8Decoder* const decoder = rows->decoder = VP8New();
  VP8Io* const io = &rows->io;
  WebPRGBABuffer* const band = &rows->output.u.RGBA;
  if (decoder == NULL) return VP8_STATUS_OUT_OF_MEMORY;
  if (!VP8InitIo(io)) return VP8_STATUS_INVALID_PARAM;
  io->data = headers->data + headers->offset;
  io->data_size = headers->data_size - headers->offset;
  if (!VP8GetHeaders(decoder, io)) return decoder->status;
  rows->output.colorspace = MODE_RGB;
  rows->output.width = io->width;
  rows->output.height = io->height;
  band->stride = 3 * io->width;
  band->size = (size_t)band->stride * BAND;
  band->rgba = (uint8_t*)WebPSafeMalloc(BAND, (size_t)band->stride);
  if (band->rgba == NULL) return VP8_STATUS_OUT_OF_MEMORY;
  rows->params.output = &rows->output;
  WebPInitCustomIo(&rows->params, io);
  rows->put = io->put;
  io->put = Put;
  if (VP8EnterCritical(decoder, io) != VP8_STATUS_OK) return VP8_STATUS_OUT_OF_MEMORY; /* all that it can lack */
  rows->entered = 1;
  if (!VP8InitFrame(decoder, io)) return decoder->status;
  decoder->mb_y = 0;
  return VP8_STATUS_OK;
}

/* Creates a decoder of a "VP8 " chunk without alpha. The chunk is not copied, and may be truncated. Returns NULL on
 * failure, with a status that gives the reason. */
DarkroomRows* DarkroomRowsNew(const uint8_t* data, size_t size, int* status) {
  WebPHeaderStructure headers;
  DarkroomRows* rows;
  memset(&headers, 0, sizeof(headers));
  headers.data = data;
  headers.data_size = size;
  *status = WebPParseHeaders(&headers);
  if (*status == VP8_STATUS_OK && headers.is_lossless) *status = VP8_STATUS_UNSUPPORTED_FEATURE;
  if (*status != VP8_STATUS_OK) return NULL;
  rows = (DarkroomRows*)WebPSafeCalloc(1, sizeof(*rows));
  *status = rows == NULL ? VP8_STATUS_OUT_OF_MEMORY : Open(rows, &headers);
  if (*status == VP8_STATUS_OK) return rows;
  DarkroomRowsDelete(rows);
  return NULL;
}

/* Decodes until there are more rows, in RGB without gaps: `first` points to the first of them, and `count` is their
 * number, 0 after the last row. */
int DarkroomRowsNext(DarkroomRows* rows, const uint8_t** first, int* count) {
  VP8Decoder* const decoder = rows->decoder;
  const int before = rows->params.last_y;
  for (*count = 0; *count == 0 && decoder->mb_y < decoder->br_mb_y; ++decoder->mb_y) {
    VP8BitReader* const tokens = &decoder->parts[decoder->mb_y & decoder->num_parts_minus_one];
    if (!VP8ParseIntraModeRow(&decoder->br, decoder)) return VP8_STATUS_NOT_ENOUGH_DATA;
    for (; decoder->mb_x < decoder->mb_w; ++decoder->mb_x) {
      if (!VP8DecodeMB(decoder, tokens)) return VP8_STATUS_NOT_ENOUGH_DATA;
    }
    VP8InitScanline(decoder);
    if (!VP8ProcessRow(decoder, &rows->io)) return VP8_STATUS_BITSTREAM_ERROR;
    *count = rows->params.last_y - before;
  }
  *first = rows->output.u.RGBA.rgba + (size_t)(before - rows->up) * rows->output.u.RGBA.stride;
  return VP8_STATUS_OK;
}
