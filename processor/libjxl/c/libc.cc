// The C and C++ library functions that libjxl needs on wasm32-unknown-unknown, which has neither library: only their
// headers are used. darkroom-libwebp provides the allocator, and Rust's compiler_builtins mem* and most of math.h.

#include <algorithm>
#include <cmath>
#include <cstdarg>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <cwchar>
#include <new>
#include <string>

// Keeps compilers from replacing a loop with a call of the function that contains it.
#define LOOP __asm__ volatile("")

extern "C" {

void abort() { __builtin_trap(); }
void __cxa_pure_virtual() { __builtin_trap(); }
// Destructors are not run at exit: the memory is released as a whole.
int __cxa_atexit(void (*)(void*), void*, void*) { return 0; }
void* __dso_handle = nullptr;

// Text output is only for debugging.
#undef stderr
extern FILE* const stderr;
FILE* const stderr = nullptr;
int printf(const char*, ...) { return 0; }
int fprintf(FILE*, const char*, ...) { return 0; }
int vfprintf(FILE*, const char*, va_list) { return 0; }
int puts(const char*) { return 0; }
int putchar(int) { return 0; }
int snprintf(char* text, size_t size, const char*, ...) {
  if (size > 0) *text = 0;
  return 0;
}

void* memchr(const void* bytes, int wanted, size_t size) {
  for (const auto* at = static_cast<const unsigned char*>(bytes); size > 0; --size, ++at) {
    LOOP;
    if (*at == static_cast<unsigned char>(wanted)) return const_cast<unsigned char*>(at);
  }
  return nullptr;
}
wchar_t* wmemchr(const wchar_t* text, wchar_t wanted, size_t size) {
  for (; size > 0; --size, ++text) {
    LOOP;
    if (*text == wanted) return const_cast<wchar_t*>(text);
  }
  return nullptr;
}

// Rounds halves away from zero, like roundf.
long lroundf(float x) { return static_cast<long>(roundf(x)); }
float modff(float x, float* whole) {
  *whole = __builtin_truncf(x);
  return x - *whole;
}
// Exact for libjxl's inputs, whose quotients fit a double.
double remainder(double x, double y) { return x - __builtin_rint(x / y) * y; }

}  // extern "C"

void* operator new(size_t size) {
  void* block = malloc(size > 0 ? size : 1);
  if (block == nullptr) __builtin_trap();
  return block;
}
void operator delete(void* block) noexcept { free(block); }
void operator delete(void* block, size_t) noexcept { free(block); }

// libc++ declares these extern, and defines them in its library.
_LIBCPP_BEGIN_NAMESPACE_STD

void __libcpp_verbose_abort(const char*, ...) noexcept { __builtin_trap(); }

template class basic_string<char>;
template basic_string<char>& basic_string<char>::__assign_no_alias<true>(const char*, size_t);
template basic_string<char>& basic_string<char>::__assign_no_alias<false>(const char*, size_t);

// Equal numbers are identical, so every sorting algorithm gives the same result.
template <class Compare, class Iterator>
void __sort(Iterator first, Iterator last, Compare) {
  std::make_heap(first, last);
  std::sort_heap(first, last);
}
template void __sort<__less<int>&, int*>(int*, int*, __less<int>&);
template void __sort<__less<float>&, float*>(float*, float*, __less<float>&);

// The smallest prime that is at least `least`, for the sizes of hash tables.
size_t __next_prime(size_t least) {
  const auto is_prime = [](size_t number) {
    for (size_t divisor = 2; divisor <= number / divisor; ++divisor) {
      if (number % divisor == 0) return false;
    }
    return number > 1;
  };
  while (least > 0 && !is_prime(least)) ++least;
  return least;
}

_LIBCPP_END_NAMESPACE_STD
