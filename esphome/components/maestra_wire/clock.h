#pragma once

// Whether a board knows what time it is.

#include <ctime>

namespace esphome::maestra {

/// 2020, in seconds since 1970: a clock that shows less was never set.
static constexpr time_t FIRST_TIME_S = 1577836800;

}  // namespace esphome::maestra
