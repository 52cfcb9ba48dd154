/* The functions of stdlib.h that libwebp uses; src/libc.rs defines them. */
#ifndef DARKROOM_STDLIB_H
#define DARKROOM_STDLIB_H
#include <stddef.h>
void* malloc(size_t size);
void* calloc(size_t count, size_t size);
void* realloc(void* block, size_t size);
void free(void* block);
void qsort(void* base, size_t count, size_t size, int (*compare)(const void*, const void*));
static __inline__ int abs(int n) { return n < 0 ? -n : n; }
#endif
