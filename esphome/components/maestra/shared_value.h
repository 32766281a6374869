#pragma once

// A value that is the same here and in the hub: what has to be told, and what has to be taken over.

#include <cmath>
#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "esphome/components/maestra_wire/json.h"

namespace esphome::maestra {

/// What a variable holds; nothing while it is unknown.
using Content = std::variant<std::monostate, bool, float, std::string>;

inline Content content(float number) { return std::isfinite(number) ? Content(number) : Content(); }

inline Content content(const json::Value &value) {
  if (const auto boolean = value.boolean())
    return *boolean;
  if (const auto number = value.number())
    return *number;
  if (auto text = value.text())
    return std::move(*text);
  return {};
}

inline void write(std::string &out, const Content &content) {
  if (const bool *boolean = std::get_if<bool>(&content)) {
    json::write(out, *boolean);
  } else if (const float *number = std::get_if<float>(&content)) {
    json::write(out, *number);
  } else if (const std::string *text = std::get_if<std::string>(&content)) {
    json::write(out, *text);
  } else {
    out += "null";
  }
}

/// Passes each change on once, in both directions, and lets both sides end with the same value.
///
/// The hub tells all changes in the order in which it took them, our own among them. So whoever is last there is last
/// here too, unless something newer is still on its way from here.
class SharedValue {
 public:
  /// `takes` tells whether the hub may set it; else it is ours alone.
  explicit SharedValue(bool takes) : takes_(takes) {}

  bool takes() const { return this->takes_; }
  /// The last value that the entity has shown, if it has shown one.
  const std::optional<Content> &here() const { return this->here_; }
  bool is_untold() const { return this->is_untold_; }
  /// Whether the hub has not said that it has taken over what was told.
  bool is_on_its_way() const { return this->is_on_its_way_; }

  /// Notes what the entity has.
  void show(Content value) {
    this->here_ = std::move(value);
    this->is_untold_ = this->here_ != this->hub_;
  }

  /// Returns what is to be told, which is on its way from now on.
  const Content &tell() {
    this->hub_ = this->sent_ = this->here_;
    this->is_untold_ = false;
    this->is_on_its_way_ = true;
    return *this->here_;
  }

  /// Notes a change in the hub, and returns whether the entity has to take it over.
  bool hear(const Content &value, bool is_own) {
    if (is_own) {
      // Newer ones follow.
      if (this->sent_ != value)
        return false;
      this->is_on_its_way_ = false;
    }
    this->hub_ = value;
    return this->follow_();
  }

  /// Notes what the hub has after we were away, if it has anything; returns whether the entity has to take it over.
  bool settle(const std::optional<Content> &value) {
    const bool is_newer = this->has_settled_ && (this->is_untold_ || this->is_on_its_way_);
    this->has_settled_ = true;
    this->is_on_its_way_ = false;
    this->hub_ = value;
    this->is_untold_ = this->here_ && (is_newer || !value);
    return this->follow_();
  }

 protected:
  bool follow_() {
    if (this->here_ == this->hub_) {
      this->is_untold_ = false;
      return false;
    }
    if (this->takes_ && !this->is_untold_)
      return true;
    this->is_untold_ = this->here_.has_value();
    return false;
  }

  std::optional<Content> here_;
  /// What the hub has as far as we know.
  std::optional<Content> hub_;
  /// What we have told last.
  std::optional<Content> sent_;
  bool takes_;
  bool is_untold_{false};
  /// Whether we have not heard of what we have told.
  bool is_on_its_way_{false};
  bool has_settled_{false};
};

}  // namespace esphome::maestra
