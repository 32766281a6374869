#pragma once

// The topics of the Maestra dialect of MQTT that a board uses (docs/mqtt.md).

#include <cstdio>
#include <string>
#include <string_view>

namespace esphome::maestra {

static constexpr const char *DISCOVER_TOPIC = "maestra/device/discover";
static constexpr const char *REGISTER_TOPIC = "maestra/device/register";
static constexpr const char *APPROVED_TOPIC = "maestra/device/approved";
static constexpr const char *STREAM_ADVERTISE_TOPIC = "maestra/stream/advertise";

/// Writes a text as one level of a topic.
inline std::string topic_level(std::string_view text) {
  std::string level;
  for (char c : text) {
    const bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                          std::string_view("-._~:").find(c) != std::string_view::npos;
    if (is_plain) {
      level += c;
    } else {
      char escaped[4];
      std::snprintf(escaped, sizeof(escaped), "%%%02X", static_cast<unsigned char>(c));
      level += escaped;
    }
  }
  return level;
}

inline std::string device_topic(const char *what, std::string_view hardware_id) {
  return std::string("maestra/device/") + what + "/" + topic_level(hardware_id);
}
inline std::string errors_topic(std::string_view client) { return "maestra/errors/" + topic_level(client); }
inline std::string update_topic(const std::string &slug) { return "maestra/entity/state/update/" + slug; }
inline std::string stream_topic(std::string_view first, std::string_view second) {
  return std::string("maestra/stream/").append(first) + "/" + std::string(second);
}
/// Where changes of an entity are told, whatever its type is.
inline std::string state_filter(const std::string &slug) { return "maestra/entity/state/+/" + slug; }
/// Tells what the hub says there from what clients say, our own updates among it.
inline bool is_state_topic(std::string_view topic) {
  return !topic.starts_with("maestra/entity/state/update/") && !topic.starts_with("maestra/entity/state/set/");
}

}  // namespace esphome::maestra
