#include "maestra_dmx.h"

#include "esphome/core/log.h"

namespace esphome::maestra_dmx {

static const char *const TAG = "maestra_dmx";

void MaestraDmx::setup() {
  this->set_interval(this->update_interval_ms_, [this]() { this->send_(this->universe_.frame()); });
}

void MaestraDmx::dump_config() {
  ESP_LOGCONFIG(TAG, "DMX: %zu channels every %u ms", this->universe_.channels(),
                static_cast<unsigned>(this->update_interval_ms_));
}

}  // namespace esphome::maestra_dmx
