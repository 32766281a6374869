#include "maestra.h"

#include "esphome/components/network/util.h"
#include "esphome/core/application.h"
#include "esphome/core/hal.h"
#include "esphome/core/log.h"
#include "esphome/core/version.h"
#include "topics.h"

namespace esphome::maestra {

static const char *const TAG = "maestra";

static constexpr size_t MAX_PAYLOAD_BYTES = 16384;
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

  this->link_->set_last_will({.topic = device_topic("heartbeat", this->hardware_id_),
                              .payload = R"({"status":"offline"})",
                              .qos = 1,
                              .retain = false});
  this->link_->subscribe(
      APPROVED_TOPIC,
      [this](const std::string &, const std::string &payload) {
        if (json::Value(payload).member("hardware_id").text() == this->hardware_id_)
          this->describe_();
      },
      1);
  this->link_->subscribe(
      device_topic("described", this->hardware_id_),
      [this](const std::string &, const std::string &payload) { this->settle_(payload); }, 1);
  this->link_->subscribe(
      device_topic("command", this->hardware_id_),
      [this](const std::string &, const std::string &payload) {
        const json::Value command(payload);
        if (const auto event_type = command.member("event_type").text())
          this->command_callback_.call(*event_type, std::string(command.member("data").raw()));
      },
      1);
  this->link_->subscribe(
      state_filter(this->slug_),
      [this](const std::string &topic, const std::string &payload) { this->hear_(topic, payload); }, 1);
  for (const auto &client : {this->hardware_id_, this->slug_}) {
    this->link_->subscribe(
        errors_topic(client), [this](const std::string &, const std::string &payload) { this->refused_(payload); }, 1);
  }
}

void Maestra::loop() {
  const bool is_connected = this->link_->is_connected();
  const uint32_t now = App.get_loop_component_start_time();
  if (is_connected != this->is_connected_) {
    this->is_connected_ = is_connected;
    this->is_settled_ = false;
    if (is_connected) {
      this->last_heartbeat_ = now;
      this->introduce_();
    }
  }
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
  if (this->is_settled_ && now - this->last_told_ >= this->update_interval_ms_) {
    this->last_told_ = now;
    this->tell_();
  }
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
}

bool Maestra::send_event(const std::string &event_type, const std::string &severity, const std::string &message,
                         const std::string &data) {
  const json::Value value(data);
  if (!data.empty() && !value.is_object()) {
    ESP_LOGW(TAG, "Event %s not sent: its data are no JSON object", event_type.c_str());
    return false;
  }
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
  const bool is_sent = this->is_settled_ && this->publish_(device_topic("events", this->hardware_id_), payload, 1);
  if (!is_sent)
    ESP_LOGW(TAG, "Event %s not sent: the hub can't hear it now", event_type.c_str());
  return is_sent;
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
    for (const auto &address : network::get_ip_addresses()) {
      char text[network::IP_ADDRESS_BUFFER_SIZE];
      const std::string_view written = address.str_to(text);
      if (written != "0.0.0.0" && written != "::") {
        device.add("ip_address", written);
        break;
      }
    }
    char mac[MAC_ADDRESS_PRETTY_BUFFER_SIZE];
    device.key("metadata");
    json::Object metadata(payload);
    metadata.add("mac", get_mac_address_pretty_into_buffer(mac));
    metadata.add("esphome_version", ESPHOME_VERSION);
  }
  this->publish_(this->needs_approval_ ? DISCOVER_TOPIC : REGISTER_TOPIC, payload, 1);
  this->describe_();
}

void Maestra::describe_() {
  std::string payload;
  {
    json::Object entity(payload);
    entity.add("slug", this->slug_);
    entity.add("name", this->name_);
    entity.add("entity_type", this->entity_type_);
    entity.key("variables");
    json::Array variables(payload);
    this->each_variable_([&](const Variable &variable) {
      variables.next();
      variable.declaration.write_to(payload);
    });
  }
  this->publish_(device_topic("describe", this->hardware_id_), payload, 1);
}

void Maestra::beat_() { this->publish_(device_topic("heartbeat", this->hardware_id_), "{}", 0); }

/// Tells the values that are new since last time, all in one message.
void Maestra::tell_() {
  bool has_news = false;
  this->each_variable_([&](const Variable &variable) { has_news |= variable.shared.is_untold(); });
  if (!has_news)
    return;
  std::string payload;
  {
    json::Object update(payload);
    update.add("source", this->hardware_id_);
    update.key("state");
    json::Object state(payload);
    this->each_variable_([&](Variable &variable) {
      if (variable.shared.is_untold()) {
        state.key(variable.declaration.name);
        write(payload, variable.shared.tell());
      }
    });
  }
  this->publish_(update_topic(this->slug_), payload, 1);
}

void Maestra::hear_(const std::string &topic, const std::string &payload) {
  // What was kept for us while we were away is older than what we will be told.
  if (!this->is_settled_ || !is_state_topic(topic) || payload.size() > MAX_PAYLOAD_BYTES)
    return;
  const json::Value event(payload);
  const bool is_own = event.member("source").text() == this->hardware_id_;
  const json::Value state = event.member("current_state");
  event.member("changed_keys").elements([&](const json::Value &key) {
    this->each_variable_([&](Variable &variable) {
      if (!key.is(variable.declaration.name))
        return;
      const Content value = content(state.member(variable.declaration.name));
      if (variable.shared.hear(value, is_own))
        variable.wanted = value;
    });
  });
  this->apply_();
}

/// Hears what the hub has, which also tells that we are let in.
void Maestra::settle_(const std::string &payload) {
  const json::Value answer(payload);
  if (!answer.member("entity_slug").is(this->slug_) || payload.size() > MAX_PAYLOAD_BYTES)
    return;
  const json::Value state = answer.member("state");
  this->each_variable_([&](Variable &variable) {
    const Content value = content(state.member(variable.declaration.name));
    const bool is_known = !std::holds_alternative<std::monostate>(value);
    if (variable.shared.settle(is_known ? std::optional(value) : std::nullopt))
      variable.wanted = value;
  });
  this->apply_();
  this->is_settled_ = true;
  if (!this->is_approved_) {
    this->is_approved_ = true;
    ESP_LOGI(TAG, "Approved");
    this->approved_callback_.call();
  }
}

void Maestra::refused_(const std::string &payload) {
  const json::Value error(payload);
  if (error.member("code").is("device_pending")) {
    ESP_LOGI(TAG, "Waiting to be approved in Home Assistant");
    return;
  }
  ESP_LOGW(TAG, "Refused: %s", error.member("detail").text().value_or("").c_str());
  // Deleted or blocked: we ask again with the next heartbeat.
  if (error.member("code").is("unknown_device") || error.member("code").is("device_blocked"))
    this->is_settled_ = this->is_approved_ = false;
}

void Maestra::apply_() {
  for (auto *binding : this->bindings_) {
    for (const auto &variable : binding->variables) {
      if (variable.wanted) {
        binding->apply();
        break;
      }
    }
  }
}

bool Maestra::publish_(const std::string &topic, const std::string &payload, uint8_t qos) {
  return this->link_->publish(topic, payload.data(), payload.size(), qos, false);
}

}  // namespace esphome::maestra
