/* The functions of string.h that libwebp uses; compiler_builtins defines them. */
#ifndef DARKROOM_STRING_H
#define DARKROOM_STRING_H
#include <stddef.h>
void* memcpy(void* to, const void* from, size_t n);
void* memmove(void* to, const void* from, size_t n);
void* memset(void* to, int byte, size_t n);
int memcmp(const void* a, const void* b, size_t n);
size_t strlen(const char* text);
#endif
