#include "maestra_qs.h"

#include <cstdlib>
#include <sys/time.h>
#ifdef USE_HOST
#include <filesystem>
#endif

#include "esphome/core/application.h"
#include "esphome/core/hal.h"
#include "esphome/core/log.h"
#include "esphome/components/maestra_wire/clock.h"

namespace esphome::maestra_qs {

static const char *const TAG = "maestra_qs";

static constexpr uint32_t TELL_INTERVAL_MS = 1000;

/// Returns the time in milliseconds since 1970, 0 while no clock is set.
static int64_t time_ms() {
  timeval now{};
  gettimeofday(&now, nullptr);
  return now.tv_sec < maestra::FIRST_TIME_S ? 0 : static_cast<int64_t>(now.tv_sec) * 1000 + now.tv_usec / 1000;
}

void MaestraQs::setup() {
  if (this->device_id_.empty())
    this->device_id_ = App.get_name().str();
  uint64_t nonce = 0;
  random_bytes(reinterpret_cast<uint8_t *>(&nonce), sizeof(nonce));
  this->outbox_.begin(this->device_id_, nonce);
#ifdef USE_HOST
  if (this->uses_file_)
    this->open_file_();
#endif
  if (this->saved_events_ > 0)
    this->open_slots_();
  if (this->outbox_.depth() > 0)
    ESP_LOGI(TAG, "%zu events are left of the last run", this->outbox_.depth());
  this->link_->subscribe(
      "qs/v1/" + this->device_id_ + "/acks",
      [this](const std::string &, const std::string &payload) {
        if (const auto id = stored_id(payload)) {
          this->outbox_.acknowledge(*id, millis());
        }
      },
      1);
}

void MaestraQs::loop() {
  const uint32_t now = App.get_loop_component_start_time();
  const bool is_connected = this->link_->is_connected();
  if (is_connected && !this->is_connected_) {
    this->connections_++;
    this->outbox_.reconnected();
  }
  this->is_connected_ = is_connected;
  if (is_connected && now - this->sent_at_ms_ >= this->send_interval_ms_) {
    const std::string topic = "qs/v1/" + this->device_id_ + "/events";
    const bool is_sent = this->outbox_.send(now, time_ms(), [&](std::string_view payload) {
      return this->link_->publish(topic, payload.data(), payload.size(), 1, false);
    });
    if (is_sent)
      this->sent_at_ms_ = now;
  }
  if (now - this->saved_at_ms_ >= this->save_interval_ms_) {
    this->saved_at_ms_ = now;
    this->save_();
  }
  if (now - this->told_at_ms_ >= TELL_INTERVAL_MS) {
    this->told_at_ms_ = now;
    this->tell_();
  }
}

void MaestraQs::dump_config() {
  ESP_LOGCONFIG(TAG,
                "QS telemetry:\n"
                "  Device: %s\n"
                "  Outbox: up to %zu events",
                this->device_id_.c_str(), this->outbox_.limits.events);
}

bool MaestraQs::send(const std::string &type, const Value &value, const std::string &unit, const std::string &meta) {
  auto content = event_content(type, value, unit, meta);
  if (!content) {
    ESP_LOGW(TAG, "Event %s dropped: it is too long, or has no value", type.c_str());
    this->outbox_.refuse();
    return false;
  }
  this->outbox_.add(std::move(*content), millis(), time_ms());
  return true;
}

#ifdef USE_SENSOR
void MaestraQs::watch(sensor::Sensor *sensor, const char *type, const char *unit) {
  sensor->add_on_state_callback([this, sensor, type, unit](float state) {
    // Nothing was measured.
    if (std::isfinite(state))
      this->send(type, state, *unit ? std::string(unit) : sensor->get_unit_of_measurement_ref().str());
  });
}
#endif

#ifdef USE_BINARY_SENSOR
void MaestraQs::watch(binary_sensor::BinarySensor *sensor, const char *type, const char *unit) {
  sensor->add_full_state_callback([this, type, unit](optional<bool>, optional<bool> state) {
    if (state)
      this->send(type, *state ? 1.0f : 0.0f, unit);
  });
}
#endif

#ifdef USE_TEXT_SENSOR
void MaestraQs::watch(text_sensor::TextSensor *sensor, const char *type, const char *unit) {
  sensor->add_on_state_callback(
      [this, type, unit](const std::string &state) { this->send(type, std::string_view(state), unit); });
}
#endif

#ifdef USE_HOST
/// Opens a file beside the preferences of the node.
void MaestraQs::open_file_() {
  const char *folder = getenv("ESPHOME_PREFDIR"), *home = getenv("HOME");
  const std::filesystem::path path = folder != nullptr
                                         ? std::filesystem::path(folder)
                                         : std::filesystem::path(home != nullptr ? home : ".") / ".esphome" / "prefs";
  std::error_code error;
  std::filesystem::create_directories(path, error);
  this->file_ = std::make_unique<FileStorage>((path / (App.get_name().str() + ".qs")).string());
  this->file_->open(this->outbox_);
}
#endif

void MaestraQs::open_slots_() {
  this->slots_ = std::make_unique<SlotStorage>(this->saved_events_, [this](size_t slot, const Slot &content) {
    return this->preferences_[slot].save(&content);
  });
  this->dropped_preference_ = global_preferences->make_preference<uint32_t>(fnv1_hash("maestra_qs"), true);
  if (this->dropped_preference_.load(&this->saved_dropped_))
    this->outbox_.restore_dropped(this->saved_dropped_);
  for (size_t slot = 0; slot < this->saved_events_; slot++) {
    auto preference = global_preferences->make_preference<Slot>(fnv1_hash("maestra_qs") + 1 + slot, true);
    this->preferences_.push_back(preference);
    Slot content;
    if (preference.load(&content))
      this->slots_->restore(this->outbox_, slot, content);
  }
  this->outbox_.set_storage(this->slots_.get());
}

void MaestraQs::save_() {
  if (!this->slots_)
    return;
  size_t written = this->slots_->save(this->outbox_.events());
  if (this->outbox_.dropped() != this->saved_dropped_) {
    this->saved_dropped_ = this->outbox_.dropped();
    written += this->dropped_preference_.save(&this->saved_dropped_);
  }
  if (written > 0 && global_preferences->sync())
    ESP_LOGD(TAG, "Saved %zu changes", written);
}

/// Says how the outbox does.
void MaestraQs::tell_() {
  if (this->outbox_.dropped() != this->told_dropped_) {
    this->told_dropped_ = this->outbox_.dropped();
    ESP_LOGW(TAG, "%" PRIu32 " events were dropped so far: %zu wait", this->told_dropped_, this->outbox_.depth());
  }
#ifdef USE_HOST
  const bool is_failing = this->file_ && this->file_->is_failing();
  if (is_failing && !this->was_failing_)
    ESP_LOGE(TAG, "Events can't be written to disk: those that wait are lost at a restart");
  this->was_failing_ = is_failing;
#endif
#ifdef USE_SENSOR
  const auto show = [](sensor::Sensor *sensor, float value) {
    if (sensor != nullptr && (!sensor->has_state() || sensor->state != value))
      sensor->publish_state(value);
  };
  show(this->depth_sensor_, this->outbox_.depth());
  show(this->dropped_sensor_, this->outbox_.dropped());
  show(this->reconnects_sensor_, this->connections_ > 0 ? this->connections_ - 1 : 0);
  show(this->acknowledged_sensor_, this->outbox_.acknowledged());
#endif
}

}  // namespace esphome::maestra_qs
