#pragma once

// When a strike has power. No I/O.

#include <cstdint>
#include <optional>

#include "payloads.h"

namespace esphome::maestra_f2 {

/// Switches as it is told, and back after a period.
class StrikeTimer {
 public:
  /// Returns what the strike has to be from now on, given what it is.
  bool command(const StrikeCommand &command, bool is_on, uint32_t now_ms) {
    if (command.power != StrikeCommand::Power::TOGGLE) {
      this->is_running_ = false;
      return command.power == StrikeCommand::Power::ON;
    }
    // Told again meanwhile it begins anew: who comes second has as much time as who came first.
    if (!this->is_running_)
      this->rest_ = is_on;
    this->is_running_ = true;
    this->since_ms_ = now_ms;
    this->period_ms_ = command.period_s * 1000;
    return !this->rest_;
  }

  /// Returns what the strike has to go back to, once, when its period is over.
  std::optional<bool> expired(uint32_t now_ms) {
    if (!this->is_running_ || now_ms - this->since_ms_ < this->period_ms_)
      return {};
    this->is_running_ = false;
    return this->rest_;
  }

 protected:
  uint32_t since_ms_{0};
  uint32_t period_ms_{0};
  bool rest_{false};
  bool is_running_{false};
};

}  // namespace esphome::maestra_f2
