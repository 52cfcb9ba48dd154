#ifndef DARKROOM_INTTYPES_H
#define DARKROOM_INTTYPES_H
#include <stdint.h>
#endif
