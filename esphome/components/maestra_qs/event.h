#pragma once

// One QS event (docs/qs.md): what it says, and how it is written on the wire.

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <ctime>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "esphome/components/maestra_wire/json.h"

namespace esphome::maestra_qs {

namespace json = maestra::json;

/// A number, or a text.
using Value = std::variant<float, std::string_view>;

static constexpr size_t MAX_TYPE_BYTES = 128;
static constexpr size_t MAX_UNIT_BYTES = 64;
/// Of what an event says beside its id and time.
static constexpr size_t MAX_CONTENT_BYTES = 1024;

struct Event {
  /// Never used again, not after a restart either.
  std::string id;
  /// Its type, value, unit and more as members of a JSON object.
  std::string content;
  /// Its place among all events of this board, over restarts.
  uint32_t position{0};
  /// When it happened, on the clock that begins with each start.
  uint32_t made_at_ms{0};
  /// When it happened, in milliseconds since 1970; 0 where no clock knew.
  int64_t measured_at_ms{0};
  /// Whether it was sent or saved: the hub takes an id that says something else for another event.
  bool is_final{false};
  bool is_saved{false};
  uint32_t sent_at_ms{0};
  uint8_t tries{0};
};

/// Writes what an event says; nothing where it can't be said in QS. `meta` is a JSON object, or empty.
inline std::optional<std::string> event_content(std::string_view type, const Value &value, std::string_view unit,
                                                std::string_view meta) {
  const float *number = std::get_if<float>(&value);
  if (type.empty() || type.size() > MAX_TYPE_BYTES || unit.size() > MAX_UNIT_BYTES)
    return {};
  if ((number != nullptr && !std::isfinite(*number)) || (!meta.empty() && !json::Value(meta).is_object()))
    return {};
  std::string out;
  {
    json::Object object(out);
    object.add("event_type", type);
    if (number != nullptr) {
      object.add("value", *number);
    } else {
      object.add("value", std::get<std::string_view>(value));
    }
    if (!unit.empty())
      object.add("unit", unit);
    if (!meta.empty()) {
      object.key("meta");
      out += meta;
    }
  }
  if (out.size() > MAX_CONTENT_BYTES)
    return {};
  return out.substr(1, out.size() - 2);
}

inline void write_time(std::string &out, int64_t time_ms) {
  const time_t seconds = static_cast<time_t>(time_ms / 1000);
  tm parts{};
  gmtime_r(&seconds, &parts);
  char text[32];
  const size_t length = std::strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &parts);
  std::snprintf(text + length, sizeof(text) - length, ".%03dZ", static_cast<int>(time_ms % 1000));
  out += text;
}

inline void write_event(std::string &out, const Event &event, std::string_view device_id) {
  out += R"({"schema":1,"event_id":)";
  json::write(out, event.id);
  out += R"(,"device_id":)";
  json::write(out, device_id);
  out += ',';
  out += event.content;
  if (event.measured_at_ms != 0) {
    out += R"(,"ts_device":")";
    write_time(out, event.measured_at_ms);
    out += '"';
  }
  out += '}';
}

/// Reads an acknowledgement: the id of the event that is stored.
inline std::optional<std::string> stored_id(std::string_view payload) {
  const json::Value ack(payload);
  if (!ack.member("status").is("stored"))
    return {};
  return ack.member("event_id").text();
}

}  // namespace esphome::maestra_qs
