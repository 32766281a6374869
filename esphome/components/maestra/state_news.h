#pragma once

// What the hub tells of an entity that others drive.

#include <optional>
#include <string>
#include <string_view>

#include "json.h"
#include "topics.h"

namespace esphome::maestra {

/// What has changed: the value of one variable, or the whole state, and the state that it is part of.
struct StateNews {
  std::string value;
  std::string state;
};

/// Returns a text as it is, and anything else as JSON.
inline std::string text_of(const json::Value &value) { return value.text().value_or(std::string(value.raw())); }

/// Reads a change of state; nothing where it is none of `variable`, or is no change that the hub tells.
inline std::optional<StateNews> read_news(std::string_view topic, std::string_view payload,
                                          const std::optional<std::string> &variable) {
  if (!is_state_topic(topic))
    return {};
  const json::Value event(payload);
  const json::Value state = event.member("current_state");
  if (!state.is_object())
    return {};
  if (!variable)
    return StateNews{std::string(state.raw()), std::string(state.raw())};
  bool has_changed = false;
  event.member("changed_keys").elements([&](const json::Value &key) { has_changed |= key.text() == *variable; });
  if (!has_changed)
    return {};
  const json::Value value = state.member(*variable);
  // One that is gone has no value.
  return StateNews{value.exists() ? text_of(value) : "", std::string(state.raw())};
}

}  // namespace esphome::maestra
