#pragma once

#include <deque>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "esphome/core/automation.h"
#include "esphome/core/component.h"
#include "packets.h"
#include "tls.h"

namespace esphome::host_mqtt {

/// An MQTT client for nodes that run on a PC, where ESPHome has none; what it has is called as in ESPHome's.
///
/// Where `MQTT_BROKER` in the environment names a broker (host:port), it is that one; `MQTT_CERTIFICATES` names another
/// folder with certificates.
class MQTTClient final : public Component {
 public:
  void set_broker_address(const std::string &host) { this->host_ = host; }
  void set_broker_port(uint16_t port) { this->port_ = port; }
  void set_username(const std::string &username) { this->session_.username = username; }
  void set_password(const std::string &password) { this->session_.password = password; }
  void set_client_id(const char *client_id) { this->session_.client_id = client_id; }
  void set_keepalive(uint16_t keepalive_s) { this->session_.keepalive_s = keepalive_s; }
#ifdef USE_HOST_MQTT_TLS
  void set_certificates(const char *folder) { this->certificates_ = folder; }
#endif
  void set_last_will(MQTTMessage &&message) { this->session_.will = std::move(message); }

  using Callback = std::function<void(const std::string &topic, const std::string &payload)>;
  void subscribe(const std::string &filter, Callback callback, uint8_t qos = 0);
  bool publish(const std::string &topic, const char *payload, size_t length, uint8_t qos = 0, bool retain = false);
  bool is_connected() const { return this->is_connected_; }

  void setup() override;
  void loop() override;
  void dump_config() override;
  void on_shutdown() override;
  float get_setup_priority() const override { return setup_priority::AFTER_WIFI; }

 protected:
  struct Subscription {
    std::string filter;
    Callback callback;
    uint8_t qos;
  };

  void open_();
  void opened_();
  ssize_t receive_(char *bytes, size_t length);
  ssize_t transmit_(const char *bytes, size_t length);
  const char *error_() const;
  bool has_more_() const;
#ifdef USE_HOST_MQTT_TLS
  bool shake_hands_();
#endif
  void close_(const char *reason);
  void read_();
  void write_();
  void handle_(const Packet &packet);
  void send_(const std::string &bytes);
  uint16_t next_id_();

  std::string host_;
  uint16_t port_{1883};
  Session session_{.client_id = "", .username = "", .password = "", .keepalive_s = 15, .will = {}};
  std::vector<Subscription> subscriptions_;
  /// What the broker has not acknowledged; sent again after a reconnect.
  std::deque<std::pair<uint16_t, std::string>> unacknowledged_;
  PacketReader reader_;
#ifdef USE_HOST_MQTT_TLS
  Tls tls_;
  std::string certificates_;
  bool is_shaking_hands_{false};
#endif
  std::string outgoing_;
  int socket_{-1};
  uint32_t tried_at_{0};
  uint32_t sent_at_{0};
  uint32_t heard_at_{0};
  uint32_t pinged_at_{0};
  uint32_t tries_{0};
  uint16_t last_id_{0};
  bool has_tried_{false};
  bool is_open_{false};
  bool is_connected_{false};
};

class MessageTrigger final : public Trigger<std::string> {
 public:
  MessageTrigger(MQTTClient *client, const std::string &filter, uint8_t qos) {
    client->subscribe(
        filter, [this](const std::string &, const std::string &payload) { this->trigger(payload); }, qos);
  }
};

}  // namespace esphome::host_mqtt
