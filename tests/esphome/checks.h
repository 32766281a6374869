#pragma once

// What checks of headers share: a condition that does not hold is printed, and counted.

#include <cstdio>

static int failures = 0;

#define CHECK(condition)                                          \
  do {                                                            \
    if (!(condition)) {                                           \
      failures++;                                                 \
      std::printf("%s:%d: %s\n", __func__, __LINE__, #condition); \
    }                                                             \
  } while (false)
