#include "maestra.h"

#include <cmath>
#include <string_view>

#include "esphome/components/network/util.h"
#include "esphome/core/application.h"
#include "esphome/core/hal.h"
#include "esphome/core/log.h"
#include "esphome/core/version.h"
#include "firmware.h"
#include "topics.h"

#ifdef USE_WIFI
#include "esphome/components/wifi/wifi_component.h"
#endif

namespace esphome::maestra {

static const char *const TAG = "maestra";

static constexpr size_t MAX_PAYLOAD_BYTES = 16384;
/// The command by which the hub asks for a firmware to be installed.
static constexpr const char *INSTALL_COMMAND = "install_firmware";
#ifdef ESPHOME_PROJECT_VERSION
static constexpr const char *FIRMWARE_VERSION = ESPHOME_PROJECT_VERSION;
#else
static constexpr const char *FIRMWARE_VERSION = "ESPHome " ESPHOME_VERSION;
#endif

void Maestra::setup() {
  if (this->hardware_id_.empty()) {
    char mac[MAC_ADDRESS_PRETTY_BUFFER_SIZE];
    this->hardware_id_ = get_mac_address_pretty_into_buffer(mac);
  }
  // With `name_add_mac_suffix` the name is known no sooner.
  if (this->slug_.empty())
    this->slug_ = App.get_name().str();
  if (this->name_.empty()) {
    this->name_ = App.get_friendly_name().str();
    if (this->name_.empty())
      this->name_ = App.get_name().str();
  }
  for (auto *binding : this->bindings_)
    binding->start();
  this->add_metrics_();

  this->link_->set_last_will({.topic = device_topic("heartbeat", this->hardware_id_),
                              .payload = R"({"status":"offline"})",
                              .qos = 1,
                              .retain = false});
  this->subscribe(APPROVED_TOPIC, [this](const std::string &, const std::string &payload) {
    const json::Value approved(payload);
    if (approved.member("hardware_id").text() != this->hardware_id_)
      return;
    this->take_name_(approved.member("name"));
    this->describe_();
  });
  this->subscribe_device("described", [this](const std::string &payload) { this->settle_(payload); });
  this->subscribe_device("command", [this](const std::string &payload) { this->commanded_(payload); });
  this->subscribe(state_filter(this->slug_),
                  [this](const std::string &topic, const std::string &payload) { this->hear_(topic, payload); });
  for (const auto &client : {this->hardware_id_, this->slug_}) {
    this->subscribe(errors_topic(client),
                    [this](const std::string &, const std::string &payload) { this->refused_(payload); });
  }
  for (auto *part : this->parts_)
    part->start();
}

void Maestra::loop() {
  const bool is_connected = this->link_->is_connected();
  const uint32_t now = App.get_loop_component_start_time();
  if (is_connected != this->is_connected_) {
    this->is_connected_ = is_connected;
    this->lost_();
    if (is_connected) {
      this->reconnects_ += this->has_connected_;
      this->has_connected_ = true;
      this->last_heartbeat_ = now;
      this->introduce_();
    }
  }
  for (auto *part : this->parts_)
    part->loop(now);
  if (!is_connected)
    return;
  if (now - this->last_heartbeat_ >= this->heartbeat_interval_ms_) {
    this->last_heartbeat_ = now;
    // A hub that has come since knows nothing of us.
    if (this->is_settled_) {
      this->beat_();
    } else {
      this->introduce_();
    }
  }
  // What changes after a pause waits for nothing.
  if (this->is_settled_ && now - this->last_told_ >= this->update_interval_ms_ && this->tell_())
    this->last_told_ = now;
}

void Maestra::dump_config() {
  ESP_LOGCONFIG(TAG,
                "Maestra:\n"
                "  Hardware id: %s\n"
                "  Entity: %s (%s)",
                this->hardware_id_.c_str(), this->slug_.c_str(), this->entity_type_);
  this->each_variable_([](const Variable &variable) {
    ESP_LOGCONFIG(TAG, "  Variable: %s (%s, %s)", variable.declaration.name.c_str(), variable.declaration.type,
                  variable.declaration.is_input ? "input" : "output");
  });
  for (const auto &metric : this->metrics_)
    ESP_LOGCONFIG(TAG, "  Metric: %s", metric.name.c_str());
  for (const auto *part : this->parts_)
    part->dump_config();
}

bool Maestra::send_event(const std::string &event_type, const std::string &severity, const std::string &message,
                         const std::string &data) {
  if (!data.empty() && !json::Value(data).is_object()) {
    ESP_LOGW(TAG, "Event %s not sent: its data are no JSON object", event_type.c_str());
    return false;
  }
  if (!this->can_send_("Event", event_type))
    return false;
  std::string payload;
  {
    json::Object event(payload);
    event.add("event_type", event_type);
    event.add("severity", severity);
    if (!message.empty())
      event.add("message", message);
    if (!data.empty()) {
      event.key("data");
      payload += data;
    }
  }
  return this->publish_device("events", payload);
}

bool Maestra::send_metric(const std::string &name, float value, const std::string &unit, const std::string &tags) {
  if (!std::isfinite(value) || (!tags.empty() && !json::Value(tags).is_object())) {
    ESP_LOGW(TAG, "Metric %s not sent: its value is no number, or its tags are no JSON object", name.c_str());
    return false;
  }
  if (!this->can_send_("Metric", name))
    return false;
  std::string payload;
  write_metric(payload, name, value, unit, tags);
  return this->publish_device("metrics", payload);
}

bool Maestra::set_state(const std::string &slug, const std::string &state) {
  if (!json::Value(state).is_object()) {
    ESP_LOGW(TAG, "State of %s not set: it is no JSON object", slug.c_str());
    return false;
  }
  if (!this->can_send_("State of", slug))
    return false;
  std::string payload;
  {
    json::Object update(payload);
    update.add("source", this->hardware_id_);
    update.key("state");
    payload += state;
  }
  return this->publish(update_topic(slug), payload, 1);
}

bool Maestra::publish(const std::string &topic, const std::string &payload, uint8_t qos) {
  if (this->link_->publish(topic, payload.data(), payload.size(), qos, false))
    return true;
  this->dropped_++;
  return false;
}

void Maestra::subscribe(const std::string &filter, Heard callback) {
  this->link_->subscribe(
      filter,
      [callback = std::move(callback)](const std::string &topic, const std::string &payload) {
        if (payload.size() <= MAX_PAYLOAD_BYTES)
          callback(topic, payload);
      },
      1);
}

std::string own_address() {
  for (const auto &address : network::get_ip_addresses()) {
    char text[network::IP_ADDRESS_BUFFER_SIZE];
    const std::string_view written = address.str_to(text);
    if (written != "0.0.0.0" && written != "::")
      return std::string(written);
  }
  return {};
}

/// Says who we are, and what we drive.
void Maestra::introduce_() {
  std::string payload;
  {
    json::Object device(payload);
    device.add("hardware_id", this->hardware_id_);
    device.add("name", this->name_);
    device.add("device_type", this->device_type_);
    device.add("firmware_version", FIRMWARE_VERSION);
    if (const std::string address = own_address(); !address.empty())
      device.add("ip_address", address);
    device.key("metadata");
    json::Object metadata(payload);
    this->write_facts_(metadata, payload);
  }
  this->publish(this->needs_approval_ ? DISCOVER_TOPIC : REGISTER_TOPIC, payload, 1);
  this->describe_();
}

void Maestra::write_facts_(json::Object &metadata, std::string &out) const {
  char mac[MAC_ADDRESS_PRETTY_BUFFER_SIZE];
  metadata.add("mac", get_mac_address_pretty_into_buffer(mac));
  metadata.add("esphome_version", ESPHOME_VERSION);
  if (this->manifest_ != nullptr) {
    metadata.key("firmware");
    json::Object firmware(out);
    firmware.add("manifest", this->manifest_);
#ifdef ESPHOME_VARIANT
    firmware.add("chip_family", ESPHOME_VARIANT);
#endif
    firmware.add("can_install", this->can_install_);
  } else {
    // The hub may know one of an earlier firmware.
    metadata.key("firmware");
    out += "null";
  }
  if (!this->metrics_.empty()) {
    metadata.key("metrics");
    json::Object metrics(out);
    for (const auto &metric : this->metrics_) {
      metrics.key(metric.name);
      write_declaration(out, metric);
    }
  }
}

void Maestra::describe_() {
  std::string payload;
  {
    json::Object entity(payload);
    entity.add("slug", this->slug_);
    entity.add("name", this->name_);
    entity.add("entity_type", this->entity_type_);
    entity.key("variables");
    {
      json::Array variables(payload);
      this->each_variable_([&](const Variable &variable) {
        variables.next();
        variable.declaration.write_to(payload);
      });
    }
    entity.key("follows");
    json::Array follows(payload);
    for (const auto *part : this->parts_) {
      if (const std::string slug = part->follows(); !slug.empty()) {
        follows.next();
        json::write(payload, slug);
      }
    }
  }
  this->publish_device("describe", payload);
}

void Maestra::add_metrics_() {
#ifdef USE_SENSOR
  for (const auto &measured : this->sensors_) {
    auto *sensor = measured.sensor;
    std::string unit = *measured.unit != '\0' ? measured.unit : sensor->get_unit_of_measurement_ref().str();
    this->metrics_.push_back(
        {measured.name, std::move(unit), false, [sensor]() { return sensor->has_state() ? sensor->state : NAN; }});
  }
#endif
  if (!this->has_board_metrics_)
    return;
  this->metrics_.push_back({"uptime", "s", true, []() { return static_cast<float>(millis_64()) / 1000.0f; }});
#if !defined(USE_HOST) && !defined(USE_ZEPHYR)
  this->metrics_.push_back(
      {"free_heap", "B", true, []() { return static_cast<float>(RAMAllocator<uint8_t>().get_free_heap_size()); }});
#endif
#ifdef USE_WIFI
  this->metrics_.push_back({"wifi_signal", "dBm", true, []() {
                              const int8_t rssi = wifi::global_wifi_component->wifi_rssi();
                              return rssi == wifi::WIFI_RSSI_DISCONNECTED ? NAN : static_cast<float>(rssi);
                            }});
#endif
  this->metrics_.push_back({"values_waiting", "", true, [this]() {
                              float waiting = 0;
                              this->each_variable_(
                                  [&](const Variable &variable) { waiting += variable.shared.is_untold(); });
                              return waiting;
                            }});
  this->metrics_.push_back({"messages_dropped", "", true, [this]() { return static_cast<float>(this->dropped_); }});
  this->metrics_.push_back({"reconnects", "", true, [this]() { return static_cast<float>(this->reconnects_); }});
}

/// Gives a sign of life, with what is measured in the form of metrics, and of the board in its metadata too.
void Maestra::beat_() {
  std::string heartbeat, measured;
  {
    json::Object beat(heartbeat);
    beat.key("metadata");
    json::Object metadata(heartbeat);
    json::Array metrics(measured);
    if (!std::exchange(this->has_told_facts_, true))
      this->write_facts_(metadata, heartbeat);
    for (const auto &metric : this->metrics_) {
      const float value = metric.read();
      if (!std::isfinite(value))
        continue;
      // Others may have names that mean something else there.
      if (metric.is_diagnostic)
        metadata.add(metric.name, value);
      metrics.next();
      write_metric(measured, metric.name, value, metric.unit);
    }
  }
  this->publish_device("heartbeat", heartbeat, 0);
  if (!this->metrics_.empty())
    this->publish_device("metrics", measured, 0);
}

/// Tells the values that are new since last time, all in one message; false where nothing is, or can be, told.
bool Maestra::tell_() {
  bool has_news = false;
  this->each_variable_([&](const Variable &variable) { has_news |= variable.shared.is_untold(); });
  if (!has_news)
    return false;
  std::string payload;
  {
    json::Object update(payload);
    update.add("source", this->hardware_id_);
    update.key("state");
    json::Object state(payload);
    this->each_variable_([&](const Variable &variable) {
      if (variable.shared.is_untold()) {
        state.key(variable.declaration.name);
        write(payload, *variable.shared.here());
      }
    });
  }
  // What the link does not take goes on waiting.
  if (!this->link_->publish(update_topic(this->slug_), payload.data(), payload.size(), 1, false))
    return false;
  this->each_variable_([](Variable &variable) {
    if (variable.shared.is_untold())
      variable.shared.tell();
  });
  return true;
}

void Maestra::hear_(const std::string &topic, const std::string &payload) {
  // What was kept for us while we were away is older than what we will be told.
  if (!this->is_settled_ || !is_state_topic(topic))
    return;
  const json::Value event(payload);
  const bool is_own = event.member("source").text() == this->hardware_id_;
  const json::Value state = event.member("current_state");
  std::vector<std::string> taken_over;
  event.member("changed_keys").elements([&](const json::Value &key) {
    this->each_variable_([&](Variable &variable) {
      if (!key.is(variable.declaration.name))
        return;
      const Content value = content(state.member(variable.declaration.name));
      const bool was_on_its_way = variable.shared.is_on_its_way();
      if (variable.shared.hear(value, is_own))
        variable.wanted = value;
      if (was_on_its_way && !variable.shared.is_on_its_way())
        taken_over.push_back(variable.declaration.name);
    });
  });
  this->apply_();
  for (const auto &name : taken_over)
    this->ack_callback_.call(name);
}

/// Hears what the hub has, which also tells that we are let in.
void Maestra::settle_(const std::string &payload) {
  const json::Value answer(payload);
  if (!answer.member("entity_slug").is(this->slug_))
    return;
  this->take_name_(answer.member("device_name"));
  this->entity_id_ = answer.member("entity_id").text().value_or("");
  const json::Value state = answer.member("state");
  this->each_variable_([&](Variable &variable) {
    const Content value = content(state.member(variable.declaration.name));
    const bool is_known = !std::holds_alternative<std::monostate>(value);
    if (!variable.shared.settle(is_known ? std::optional(value) : std::nullopt))
      return;
    if (variable.declaration.is_momentary) {
      // Whoever pressed it while we were away meant another moment.
      variable.shared.show(*variable.shared.here());
    } else {
      variable.wanted = value;
    }
  });
  this->apply_();
  this->is_settled_ = true;
  this->beat_();
  if (!this->is_approved_) {
    this->is_approved_ = true;
    ESP_LOGI(TAG, "Approved as %s", this->name_.c_str());
    this->approved_callback_.call(this->name_);
  }
}

/// Takes the name that Home Assistant gave.
void Maestra::take_name_(const json::Value &name) {
  if (auto given = name.text(); given && !given->empty())
    this->name_ = std::move(*given);
}

void Maestra::commanded_(const std::string &payload) {
  const json::Value command(payload);
  const json::Value data = command.member("data");
  const auto event_type = command.member("event_type").text();
  if (!event_type)
    return;
  if (*event_type != INSTALL_COMMAND || !this->can_install_ || this->manifest_ == nullptr) {
    this->command_callback_.call(*event_type, std::string(data.raw()));
    return;
  }
  const std::string url = data.member("url").text().value_or("");
  if (!is_from(url, this->manifest_)) {
    ESP_LOGE(TAG, "Not installed: %s is not from where the manifest is", url.c_str());
    return;
  }
  const std::string version = data.member("version").text().value_or("");
  ESP_LOGI(TAG, "Version %s is to be installed", version.c_str());
  this->install_callback_.call(version, url, data.member("md5").text().value_or(""));
}

void Maestra::lost_() {
  this->is_settled_ = this->has_told_facts_ = false;
  for (auto *part : this->parts_)
    part->lost();
}

bool Maestra::can_send_(const char *what, const std::string &name) {
  if (this->is_settled_)
    return true;
  this->dropped_++;
  ESP_LOGW(TAG, "%s %s not sent: the hub can't hear it now", what, name.c_str());
  return false;
}

void Maestra::refused_(const std::string &payload) {
  const json::Value error(payload);
  if (error.member("code").is("device_pending")) {
    ESP_LOGI(TAG, "Waiting to be approved in Home Assistant");
    return;
  }
  ESP_LOGW(TAG, "Refused: %s", error.member("detail").text().value_or("").c_str());
  // Deleted or blocked: we ask again with the next heartbeat.
  if (error.member("code").is("unknown_device") || error.member("code").is("device_blocked")) {
    this->is_approved_ = false;
    this->lost_();
  }
}

void Maestra::apply_() {
  for (auto *binding : this->bindings_)
    binding->apply_wanted();
}

}  // namespace esphome::maestra
