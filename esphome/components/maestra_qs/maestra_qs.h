#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "esphome/core/automation.h"
#include "esphome/core/component.h"
#include "esphome/core/defines.h"
#include "esphome/core/helpers.h"
#include "esphome/core/preferences.h"
#include "esphome/components/maestra_wire/link.h"
#include "outbox.h"
#include "slot_storage.h"

#ifdef USE_HOST
#include "file_storage.h"
#endif

#ifdef USE_SENSOR
#include "esphome/components/sensor/sensor.h"
#endif
#ifdef USE_BINARY_SENSOR
#include "esphome/components/binary_sensor/binary_sensor.h"
#endif
#ifdef USE_TEXT_SENSOR
#include "esphome/components/text_sensor/text_sensor.h"
#endif

namespace esphome::maestra_qs {

/// A board as a node of QS telemetry: what it measures is sent until it is stored.
class MaestraQs final : public Component {
#ifdef USE_SENSOR
  SUB_SENSOR(depth)
  SUB_SENSOR(dropped)
  SUB_SENSOR(reconnects)
  SUB_SENSOR(acknowledged)
#endif

 public:
  void set_link(maestra::Link *link) { this->link_ = link; }
  void set_device_id(const char *device_id) { this->device_id_ = device_id; }
  void set_limits(const Limits &limits) { this->outbox_.limits = limits; }
  void set_send_interval(uint32_t interval_ms) { this->send_interval_ms_ = interval_ms; }
  void set_save_interval(uint32_t interval_ms) { this->save_interval_ms_ = interval_ms; }
  void set_saved_events(size_t count) { this->saved_events_ = count; }
#ifdef USE_HOST
  void set_uses_file(bool uses_file) { this->uses_file_ = uses_file; }
#endif
#ifdef USE_SENSOR
  void watch(sensor::Sensor *sensor, const char *type, const char *unit);
#endif
#ifdef USE_BINARY_SENSOR
  void watch(binary_sensor::BinarySensor *sensor, const char *type, const char *unit);
#endif
#ifdef USE_TEXT_SENSOR
  void watch(text_sensor::TextSensor *sensor, const char *type, const char *unit);
#endif

  void setup() override;
  void loop() override;
  void dump_config() override;
  void on_shutdown() override { this->save_(); }
  /// Before anything measures.
  float get_setup_priority() const override { return setup_priority::HARDWARE + 1.0f; }

  /// Reports that something was measured or happened now; `meta` is a JSON object, or empty. False where it can't be
  /// said in QS, which counts as dropped.
  bool send(const std::string &type, const Value &value, const std::string &unit = "", const std::string &meta = "");

  const Outbox &outbox() const { return this->outbox_; }

 protected:
  void open_slots_();
  void save_();
  void tell_();

  maestra::Link *link_{nullptr};
  std::string device_id_;
  Outbox outbox_;
  std::unique_ptr<SlotStorage> slots_;
  std::vector<ESPPreferenceObject> preferences_;
  ESPPreferenceObject dropped_preference_;
  size_t saved_events_{32};
  uint32_t send_interval_ms_{200};
  uint32_t save_interval_ms_{60000};
  uint32_t sent_at_ms_{0};
  uint32_t saved_at_ms_{0};
  uint32_t told_at_ms_{0};
  uint32_t connections_{0};
  uint32_t saved_dropped_{0};
  uint32_t told_dropped_{0};
  bool is_connected_{false};
#ifdef USE_HOST
  void open_file_();

  std::unique_ptr<FileStorage> file_;
  bool uses_file_{false};
  bool was_failing_{false};
#endif
};

template<typename... Ts> class SendAction final : public Action<Ts...>, public Parented<MaestraQs> {
 public:
  TEMPLATABLE_VALUE(std::string, event_type)
  TEMPLATABLE_VALUE(float, value)
  TEMPLATABLE_VALUE(std::string, text)
  TEMPLATABLE_VALUE(std::string, unit)
  TEMPLATABLE_VALUE(std::string, meta)

  void play(const Ts &...x) override {
    const std::string text = this->text_.value(x...);
    const Value value = this->text_.has_value() ? Value(std::string_view(text)) : Value(this->value_.value(x...));
    this->parent_->send(this->event_type_.value(x...), value, this->unit_.value(x...), this->meta_.value(x...));
  }
};

}  // namespace esphome::maestra_qs
