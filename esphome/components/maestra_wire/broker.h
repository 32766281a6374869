#pragma once

// The address of a broker as people write it. No I/O.

#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>

namespace esphome::maestra {

static constexpr uint16_t DEFAULT_BROKER_PORT = 1883;

struct BrokerAddress {
  std::string host;
  uint16_t port{DEFAULT_BROKER_PORT};
};

/// Reads `host`, `host:port` or a URL; the host is empty where there is none, or no such port.
inline BrokerAddress read_broker(std::string_view text) {
  for (const std::string_view blank : {" ", "\t"}) {
    while (text.starts_with(blank))
      text.remove_prefix(1);
    while (text.ends_with(blank))
      text.remove_suffix(1);
  }
  for (const std::string_view scheme : {"mqtt://", "tcp://"}) {
    if (text.starts_with(scheme))
      text.remove_prefix(scheme.size());
  }
  while (text.ends_with('/'))
    text.remove_suffix(1);
  BrokerAddress broker;
  const size_t colon = text.rfind(':');
  if (colon != std::string_view::npos) {
    const std::string_view digits = text.substr(colon + 1);
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), broker.port);
    if (error != std::errc() || end != digits.data() + digits.size() || broker.port == 0)
      return {};
    text = text.substr(0, colon);
  }
  broker.host = text;
  return broker;
}

/// Lets an MQTT client connect to that broker from now on, unless none is named.
template<typename Client>
void use_broker(Client &client, std::string_view address, const std::string &username, const std::string &password) {
  const BrokerAddress broker = read_broker(address);
  if (broker.host.empty())
    return;
  client.set_broker_address(broker.host);
  client.set_broker_port(broker.port);
  client.set_username(username);
  client.set_password(password);
}

}  // namespace esphome::maestra
