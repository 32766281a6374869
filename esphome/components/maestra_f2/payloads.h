#pragma once

// Topics and payloads of F2 controllers (docs/f2.md). No I/O.

#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>
#include <string_view>

#include "esphome/components/maestra_wire/json.h"

namespace esphome::maestra_f2 {

namespace json = maestra::json;

static constexpr size_t MAX_READER_TEXT = 1023;
static constexpr unsigned LONGEST_PERIOD_S = 255;

/// What a strike is told: its power, or to switch it for some seconds and back.
struct StrikeCommand {
  enum class Power : uint8_t { OFF = 0, ON = 1, TOGGLE = 2 };

  Power power;
  unsigned period_s;
};

inline std::optional<StrikeCommand> read_strike_command(std::string_view payload) {
  const json::Value body(payload);
  const auto power = body.member("power-flag").number();
  const float period = body.member("period").number().value_or(0);
  if (power != 0 && power != 1 && power != 2)
    return {};
  if (power == 2 && !(period >= 1 && period <= LONGEST_PERIOD_S))
    return {};
  return StrikeCommand{static_cast<StrikeCommand::Power>(*power), static_cast<unsigned>(period)};
}

/// Reads the plain `1` or `0` that a siren is told.
inline std::optional<bool> read_siren_command(std::string_view payload) {
  if (payload == "1")
    return true;
  if (payload == "0")
    return false;
  return {};
}

/// Reads the plain `1` (success), `2` or `3` (failures) that a reader is to show.
inline std::optional<int> read_feedback(std::string_view payload) {
  if (payload.size() != 1 || payload[0] < '1' || payload[0] > '3')
    return {};
  return payload[0] - '0';
}

/// Writes bytes as Python's `repr` does, which is how the vendor's firmware tells what a reader has read.
inline std::string bytes_literal(std::string_view bytes) {
  const bool has_single = bytes.find('\'') != std::string_view::npos;
  const char quote = has_single && bytes.find('"') == std::string_view::npos ? '"' : '\'';
  std::string out = "b";
  out += quote;
  for (char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == quote || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\r') {
      out += "\\r";
    } else if (c == '\t') {
      out += "\\t";
    } else if (byte < 0x20 || byte >= 0x7F) {
      char escaped[5];
      std::snprintf(escaped, sizeof(escaped), "\\x%02x", byte);
      out += escaped;
    } else {
      out += c;
    }
  }
  out += quote;
  return out;
}

/// Writes the bytes of a Modbus frame as `01 03 0C …`.
inline std::string hex_text(std::string_view bytes) {
  std::string out;
  for (char c : bytes) {
    char digits[4];
    std::snprintf(digits, sizeof(digits), out.empty() ? "%02X" : " %02X", static_cast<unsigned char>(c));
    out += digits;
  }
  return out;
}

/// A place on a controller: `cmnd/f2-<mac>/<mode>/<connector>/<component>`, with `success` behind it for a reader.
struct Command {
  /// `<mode>/<connector>/<component>`.
  std::string_view place;
  bool is_feedback;
};

/// Reads the topic of a command to this controller, whose name is `f2-<mac>`.
inline std::optional<Command> read_command_topic(std::string_view topic, std::string_view name) {
  static constexpr std::string_view START = "cmnd/", FEEDBACK = "/success";
  if (!topic.starts_with(START) || !topic.substr(START.size()).starts_with(name))
    return {};
  std::string_view rest = topic.substr(START.size() + name.size());
  if (!rest.starts_with('/'))
    return {};
  rest.remove_prefix(1);
  const bool is_feedback = rest.ends_with(FEEDBACK);
  if (is_feedback)
    rest.remove_suffix(FEEDBACK.size());
  return Command{rest, is_feedback};
}

}  // namespace esphome::maestra_f2
