#pragma once

// What the hub tells of an entity that others drive.

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "esphome/components/maestra_wire/json.h"
#include "topics.h"

namespace esphome::maestra {

/// What has changed: the value of one variable, or the whole state, and the state that it is part of.
struct StateNews {
  std::string value;
  std::string state;
};

/// Returns a text as it is, and anything else as JSON.
inline std::string text_of(const json::Value &value) { return value.text().value_or(std::string(value.raw())); }

/// Returns what a state says of `variable`, or all of it.
inline StateNews news_of(const json::Value &state, const std::optional<std::string> &variable) {
  std::string whole(state.raw());
  if (!variable)
    return {whole, whole};
  const json::Value value = state.member(*variable);
  // One that is gone has no value.
  return {value.exists() ? text_of(value) : "", std::move(whole)};
}

/// Reads what the hub has of an entity that is followed; nothing where it is another one, or says nothing of
/// `variable`.
inline std::optional<StateNews> read_followed(std::string_view payload, const std::string &slug,
                                              const std::optional<std::string> &variable) {
  const json::Value followed(payload);
  const json::Value state = followed.member("state");
  if (followed.member("entity_slug").text() != slug || !state.is_object())
    return {};
  if (variable && !state.member(*variable).exists())
    return {};
  return news_of(state, variable);
}

/// Reads a change of state; nothing where it is none of `variable`, or is no change that the hub tells.
inline std::optional<StateNews> read_news(std::string_view topic, std::string_view payload,
                                          const std::optional<std::string> &variable) {
  if (!is_state_topic(topic))
    return {};
  const json::Value event(payload);
  const json::Value state = event.member("current_state");
  if (!state.is_object())
    return {};
  bool has_changed = !variable;
  event.member("changed_keys").elements([&](const json::Value &key) { has_changed |= key.text() == variable; });
  if (!has_changed)
    return {};
  return news_of(state, variable);
}

}  // namespace esphome::maestra
