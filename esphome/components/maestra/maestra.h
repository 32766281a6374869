#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "esphome/core/automation.h"
#include "esphome/core/component.h"
#include "bindings.h"
#include "link.h"

namespace esphome::maestra {

/// A board as a device of Maestra, and what it drives as an entity with variables.
class Maestra final : public Component {
 public:
  void set_link(Link *link) { this->link_ = link; }
  void set_hardware_id(const char *hardware_id) { this->hardware_id_ = hardware_id; }
  void set_name(const char *name) { this->name_ = name; }
  void set_device_type(const char *device_type) { this->device_type_ = device_type; }
  void set_slug(const char *slug) { this->slug_ = slug; }
  void set_entity_type(const char *entity_type) { this->entity_type_ = entity_type; }
  void set_needs_approval(bool needs_approval) { this->needs_approval_ = needs_approval; }
  void set_heartbeat_interval(uint32_t interval_ms) { this->heartbeat_interval_ms_ = interval_ms; }
  void set_update_interval(uint32_t interval_ms) { this->update_interval_ms_ = interval_ms; }
  void add_binding(Binding *binding) { this->bindings_.push_back(binding); }
  template<typename F> void add_on_approved_callback(F &&callback) {
    this->approved_callback_.add(std::forward<F>(callback));
  }
  template<typename F> void add_on_command_callback(F &&callback) {
    this->command_callback_.add(std::forward<F>(callback));
  }

  void setup() override;
  void loop() override;
  void dump_config() override;
  /// Before the MQTT client connects, as it needs the last will; after the entities have their first values.
  float get_setup_priority() const override { return setup_priority::AFTER_WIFI + 1.0f; }

  bool is_approved() const { return this->is_approved_; }
  /// Reports something that happened; `data` is a JSON object, or empty. False where the hub can't hear it now.
  bool send_event(const std::string &event_type, const std::string &severity, const std::string &message,
                  const std::string &data);

 protected:
  void introduce_();
  void describe_();
  void beat_();
  void tell_();
  void hear_(const std::string &topic, const std::string &payload);
  void settle_(const std::string &payload);
  void refused_(const std::string &payload);
  template<typename F> void each_variable_(F &&f) {
    for (auto *binding : this->bindings_) {
      for (auto &variable : binding->variables)
        f(variable);
    }
  }
  void apply_();
  bool publish_(const std::string &topic, const std::string &payload, uint8_t qos);

  Link *link_{nullptr};
  std::string hardware_id_;
  std::string name_;
  const char *device_type_{""};
  std::string slug_;
  const char *entity_type_{""};
  std::vector<Binding *> bindings_;
  CallbackManager<void()> approved_callback_;
  CallbackManager<void(std::string, std::string)> command_callback_;
  uint32_t heartbeat_interval_ms_{60000};
  uint32_t update_interval_ms_{50};
  uint32_t last_heartbeat_{0};
  uint32_t last_told_{0};
  bool needs_approval_{true};
  bool is_connected_{false};
  bool is_settled_{false};
  bool is_approved_{false};
};

template<typename... Ts> class SendEventAction final : public Action<Ts...>, public Parented<Maestra> {
 public:
  TEMPLATABLE_VALUE(std::string, event_type)
  TEMPLATABLE_VALUE(std::string, severity)
  TEMPLATABLE_VALUE(std::string, message)
  TEMPLATABLE_VALUE(std::string, data)

  void play(const Ts &...x) override {
    this->parent_->send_event(this->event_type_.value(x...), this->severity_.value(x...), this->message_.value(x...),
                              this->data_.value(x...));
  }
};

}  // namespace esphome::maestra
