#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "esphome/core/automation.h"
#include "esphome/core/component.h"
#include "bindings.h"
#include "esphome/components/maestra_wire/link.h"
#include "metrics.h"
#include "part.h"
#include "topics.h"

namespace esphome::maestra {

/// A board as a device of Maestra, and what it drives as an entity with variables.
class Maestra final : public Component, public Reporter {
 public:
  void set_link(Link *link) { this->link_ = link; }
  void set_hardware_id(const char *hardware_id) { this->hardware_id_ = hardware_id; }
  void set_name(const char *name) { this->name_ = name; }
  void set_device_type(const char *device_type) { this->device_type_ = device_type; }
  void set_slug(const char *slug) { this->slug_ = slug; }
  void set_entity_type(const char *entity_type) { this->entity_type_ = entity_type; }
  void set_needs_approval(bool needs_approval) { this->needs_approval_ = needs_approval; }
  void set_board_metrics(bool has_board_metrics) { this->has_board_metrics_ = has_board_metrics; }
  void set_manifest(const char *manifest) { this->manifest_ = manifest; }
  void set_heartbeat_interval(uint32_t interval_ms) { this->heartbeat_interval_ms_ = interval_ms; }
  void set_update_interval(uint32_t interval_ms) { this->update_interval_ms_ = interval_ms; }
  void add_binding(Binding *binding) { this->bindings_.push_back(binding); }
  void add_part(Part *part) { this->parts_.push_back(part); }
#ifdef USE_SENSOR
  void add_metric(const char *name, const char *unit, sensor::Sensor *sensor) {
    this->sensors_.push_back({name, unit, sensor});
  }
#endif
  template<typename F> void add_on_approved_callback(F &&callback) {
    this->approved_callback_.add(std::forward<F>(callback));
  }
  /// Calls `callback(variable)` when the hub has taken over what was told of a variable.
  template<typename F> void add_on_ack_callback(F &&callback) { this->ack_callback_.add(std::forward<F>(callback)); }
  /// Calls `callback(version, url, md5)` when a firmware from where the manifest is is to be installed.
  template<typename F> void add_on_install_callback(F &&callback) {
    this->can_install_ = true;
    this->install_callback_.add(std::forward<F>(callback));
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
  /// Whether the hub knows us, and hears us.
  bool is_settled() const { return this->is_settled_; }
  const std::string &hardware_id() const { return this->hardware_id_; }
  /// Returns the name, which is the one that Home Assistant gave once it let us in.
  const std::string &name() const { return this->name_; }
  /// Returns what the hub knows our entity by; empty while it does not.
  const std::string &entity_id() const { return this->entity_id_; }
  /// Reports something that happened; `data` is a JSON object, or empty. False where the hub can't hear it now.
  bool send_event(const std::string &event_type, const std::string &severity, const std::string &message,
                  const std::string &data);
  void happened(const std::string &name, const std::string &event_type) override {
    this->send_event(name + "." + event_type, "info", "", "");
  }
  /// Reports a measurement; `tags` are a JSON object, or empty. False where the hub can't hear it now.
  bool send_metric(const std::string &name, float value, const std::string &unit, const std::string &tags);
  /// Merges a JSON object into the state of any entity. False where the hub can't hear it now.
  bool set_state(const std::string &slug, const std::string &state);

  // What parts say and hear.
  using Heard = std::function<void(const std::string &topic, const std::string &payload)>;

  /// Says something now; where that can't be, it is counted as dropped.
  bool publish(const std::string &topic, const std::string &payload, uint8_t qos);
  bool publish_device(const char *what, const std::string &payload, uint8_t qos = 1) {
    return this->publish(device_topic(what, this->hardware_id_), payload, qos);
  }
  /// Hears what is said on a topic, as far as it is of a size that a board can take.
  void subscribe(const std::string &filter, Heard callback);
  void subscribe_device(const char *what, std::function<void(const std::string &payload)> callback) {
    this->subscribe(
        device_topic(what, this->hardware_id_),
        [callback = std::move(callback)](const std::string &, const std::string &payload) { callback(payload); });
  }

 protected:
  void introduce_();
  void describe_();
  void beat_();
  bool tell_();
  void hear_(const std::string &topic, const std::string &payload);
  void settle_(const std::string &payload);
  void take_name_(const json::Value &name);
  void commanded_(const std::string &payload);
  void refused_(const std::string &payload);
  void lost_();
  void add_metrics_();
  void write_facts_(json::Object &metadata, std::string &out) const;
  /// Tells whether the hub can hear us; counts what it can't as dropped.
  bool can_send_(const char *what, const std::string &name);
  template<typename F> void each_variable_(F &&f) {
    for (auto *binding : this->bindings_) {
      for (auto &variable : binding->variables)
        f(variable);
    }
  }
  void apply_();

#ifdef USE_SENSOR
  struct MeasuredSensor {
    const char *name;
    const char *unit;
    sensor::Sensor *sensor;
  };
  std::vector<MeasuredSensor> sensors_;
#endif
  Link *link_{nullptr};
  std::string hardware_id_;
  std::string name_;
  const char *device_type_{""};
  std::string slug_;
  const char *entity_type_{""};
  std::string entity_id_;
  const char *manifest_{nullptr};
  std::vector<Binding *> bindings_;
  std::vector<Part *> parts_;
  std::vector<Metric> metrics_;
  CallbackManager<void(std::string)> approved_callback_;
  CallbackManager<void(std::string)> ack_callback_;
  CallbackManager<void(std::string, std::string, std::string)> install_callback_;
  CallbackManager<void(std::string, std::string)> command_callback_;
  uint32_t heartbeat_interval_ms_{60000};
  uint32_t update_interval_ms_{50};
  uint32_t last_heartbeat_{0};
  uint32_t last_told_{0};
  /// Messages that the hub could not hear, and connections that came after the first one.
  uint32_t dropped_{0};
  uint32_t reconnects_{0};
  bool has_board_metrics_{true};
  bool can_install_{false};
  bool needs_approval_{true};
  bool has_connected_{false};
  /// Whether the hub has heard our metadata in this connection.
  bool has_told_facts_{false};
  bool is_connected_{false};
  bool is_settled_{false};
  bool is_approved_{false};
};

/// Returns the address that others reach this board at; empty where it does not know it.
std::string own_address();

}  // namespace esphome::maestra
