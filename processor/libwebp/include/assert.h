/* NDEBUG is set, so assertions are disabled. */
#undef assert
#define assert(condition) ((void)0)
