#include "configuration.h"

#include <cinttypes>

#include "esphome/core/log.h"
#include "esphome/components/maestra_wire/json.h"
#include "maestra.h"
#include "topics.h"

namespace esphome::maestra {

static const char *const TAG = "maestra.configuration";

/// What its preferences are found by; the pieces follow.
static constexpr uint32_t PREFERENCE = 0x4D616573;

void Configuration::start() {
  this->header_ = global_preferences->make_preference(sizeof(KeptHeader), PREFERENCE, true);
  for (size_t at = 0; at < pieces_of(this->max_bytes_); at++)
    this->pieces_.push_back(global_preferences->make_preference(sizeof(Piece), PREFERENCE + 1 + at, true));
  if (auto kept = kept_text(*this, this->max_bytes_)) {
    this->current_ = std::move(*kept);
    this->is_due_ = true;
  }
  this->parent_->subscribe_device("configuration", [this](const std::string &payload) { this->pushed_ = payload; });
}

void Configuration::loop(uint32_t) {
  // Not before the others are set up.
  if (std::exchange(this->is_due_, false))
    this->apply_();
  if (!this->pushed_.empty() && this->parent_->is_settled())
    this->take_(std::exchange(this->pushed_, {}));
}

void Configuration::dump_config() const {
  ESP_LOGCONFIG(TAG, "  Configuration: version %" PRIu32 ", of at most %zu bytes", this->current_.number,
                this->max_bytes_);
}

void Configuration::take_(const std::string &payload) {
  const json::Value message(payload);
  const auto version = message.member("version").number();
  const json::Value configuration = message.member("configuration");
  if (!version || *version < 1 || !configuration.is_object())
    return;
  NumberedText pushed{.number = static_cast<uint32_t>(*version), .text = std::string(configuration.raw())};
  // One that comes again has been applied: only the acknowledgement was lost.
  if (pushed != this->current_) {
    if (!keep_text(*this, pushed, this->max_bytes_)) {
      ESP_LOGE(TAG, "Version %" PRIu32 " not applied: its %zu bytes can't be kept", pushed.number, pushed.text.size());
      this->acknowledge_(pushed.number, "can't be kept: it has too many bytes");
      return;
    }
    ESP_LOGI(TAG, "Version %" PRIu32, pushed.number);
    this->current_ = std::move(pushed);
    this->apply_();
  }
  this->acknowledge_(this->current_.number);
}

void Configuration::acknowledge_(uint32_t version, std::string_view error) {
  std::string applied;
  {
    json::Object object(applied);
    object.add("version", static_cast<float>(version));
    if (!error.empty())
      object.add("error", error);
  }
  this->parent_->publish_device("applied", applied);
}

}  // namespace esphome::maestra
