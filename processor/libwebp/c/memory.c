/* libwebp's memory functions with a limit. All its allocations go through its utils.c, which this file includes and
 * replaces in the library. There is no limit until DarkroomLimitMemory sets one for the calling thread. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#if defined(__wasm__)
#define PER_THREAD /* there is one */
#else
#define PER_THREAD _Thread_local
#endif

#define UNLIMITED UINT64_MAX
#define HEADER 16 /* has the block's size, and leaves vectors aligned */

static PER_THREAD uint64_t left = UNLIMITED;

/* Allows this many bytes from now on, and returns how many remained of the previous limit. */
uint64_t DarkroomLimitMemory(uint64_t bytes) {
  const uint64_t before = left;
  left = bytes;
  return before;
}

static void* Allocate(size_t size, int zeroed) {
  const size_t whole = size + HEADER;
  unsigned char* block;
  if (whole < size || whole > left) return NULL;
  block = (unsigned char*)(zeroed ? calloc(1, whole) : malloc(whole));
  if (block == NULL) return NULL;
  *(size_t*)block = whole;
  if (left != UNLIMITED) left -= whole;
  return block + HEADER;
}

static void Free(void* data) {
  unsigned char* const block = (unsigned char*)data - HEADER;
  if (data == NULL) return;
  if (left != UNLIMITED) left += *(size_t*)block;
  free(block);
}

#define malloc(size) Allocate(size, 0)
#define calloc(count, size) Allocate((count) * (size), 1)
#define free(data) Free(data)
#include "src/utils/utils.c"
