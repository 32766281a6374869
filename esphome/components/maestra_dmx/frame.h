#pragma once

// DMX512 frames, and how a UART sends them (ANSI E1.11). No I/O of its own.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace esphome::maestra_dmx {

static constexpr size_t MAX_CHANNELS = 512;
/// With fewer a frame would be shorter than some receivers bear.
static constexpr size_t MIN_CHANNELS = 24;
static constexpr uint32_t SPEED = 250000;
/// A zero at this speed is low for 99 microseconds (at least 92 are asked for), then high for 22 (at least 12).
static constexpr uint32_t BREAK_SPEED = 90909;

/// The levels of all channels, as they are sent: a start code of zero, then a byte a channel.
class Universe {
 public:
  void resize(size_t channels) { this->frame_.resize(std::clamp(channels, MIN_CHANNELS, MAX_CHANNELS) + 1); }

  size_t channels() const { return this->frame_.size() - 1; }
  const std::vector<uint8_t> &frame() const { return this->frame_; }
  /// Sets a channel, the first of which is 1; false where there is no such channel.
  bool set(size_t channel, uint8_t level) {
    if (channel < 1 || channel > this->channels())
      return false;
    this->frame_[channel] = level;
    return true;
  }
  uint8_t level(size_t channel) const { return channel <= this->channels() ? this->frame_[channel] : 0; }

 protected:
  std::vector<uint8_t> frame_ = std::vector<uint8_t>(MIN_CHANNELS + 1);
};

/// Returns a level from 0 to 1 as a byte; one that is no number is 0.
inline uint8_t level_of(float level) {
  return level > 0 ? static_cast<uint8_t>(std::lround(std::min(level, 1.0f) * 255)) : 0;
}

/// Changes the speed of a UART that can do so while it runs; others keep theirs.
template<typename Uart> void set_speed(Uart &uart, uint32_t speed) {
  if constexpr (requires { uart.apply_settings_live(); }) {
    uart.set_baud_rate(speed);
    uart.apply_settings_live();
  }
}

/// Sends a frame: what makes receivers begin anew, then the frame itself. Waits for what was sent before, and for the
/// former.
template<typename Uart> void send_frame(Uart &uart, const std::vector<uint8_t> &frame) {
  uart.flush();
  set_speed(uart, BREAK_SPEED);
  uart.write_byte(0);
  uart.flush();
  set_speed(uart, SPEED);
  uart.write_array(frame.data(), frame.size());
}

}  // namespace esphome::maestra_dmx
