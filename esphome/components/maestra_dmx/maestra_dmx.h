#pragma once

#include <functional>
#include <vector>

#include "esphome/components/output/float_output.h"
#include "esphome/core/automation.h"
#include "esphome/core/component.h"
#include "frame.h"

namespace esphome::maestra_dmx {

/// Sends a universe of DMX512 over and over.
class MaestraDmx final : public Component {
 public:
  /// Takes the UART as what it is: only some can make the break that a frame begins with.
  template<typename Uart> void set_uart(Uart *uart) {
    this->send_ = [uart](const std::vector<uint8_t> &frame) { send_frame(*uart, frame); };
  }
  void set_channels(size_t channels) { this->universe_.resize(channels); }
  void set_update_interval(uint32_t interval_ms) { this->update_interval_ms_ = interval_ms; }

  void setup() override;
  void dump_config() override;
  float get_setup_priority() const override { return setup_priority::DATA; }

  /// Sets a channel (1 to 512) to a level (0 to 255); without effect where it is not sent.
  void set(size_t channel, uint8_t level) { this->universe_.set(channel, level); }
  uint8_t level(size_t channel) const { return this->universe_.level(channel); }

 protected:
  Universe universe_;
  std::function<void(const std::vector<uint8_t> &)> send_;
  uint32_t update_interval_ms_{33};
};

/// One channel as an output, of which lights and the like are made.
class ChannelOutput final : public output::FloatOutput, public Parented<MaestraDmx> {
 public:
  explicit ChannelOutput(size_t channel) : channel_(channel) {}

 protected:
  void write_state(float state) override { this->parent_->set(this->channel_, level_of(state)); }

  size_t channel_;
};

template<typename... Ts> class SetAction final : public Action<Ts...>, public Parented<MaestraDmx> {
 public:
  TEMPLATABLE_VALUE(uint16_t, channel)
  TEMPLATABLE_VALUE(uint8_t, level)

  void play(const Ts &...x) override { this->parent_->set(this->channel_.value(x...), this->level_.value(x...)); }
};

}  // namespace esphome::maestra_dmx
