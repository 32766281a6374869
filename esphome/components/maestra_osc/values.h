#pragma once

// What OSC says of variables, and whom their values are told. No I/O.

#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "esphome/components/maestra/colors.h"
#include "esphome/components/maestra/shared_value.h"
#include "packets.h"

namespace esphome::maestra_osc {

/// Where a packet comes from, or goes to.
struct Peer {
  uint32_t address{0};
  uint16_t port{0};

  bool operator==(const Peer &) const = default;
};

/// Networks of IPv4 that are let in.
class Networks {
 public:
  void add(uint32_t address, uint32_t mask) { this->networks_.push_back({address & mask, mask}); }
  bool contain(uint32_t address) const {
    for (const auto &[network, mask] : this->networks_) {
      if ((address & mask) == network)
        return true;
    }
    return false;
  }

 protected:
  std::vector<std::pair<uint32_t, uint32_t>> networks_;
};

inline std::optional<float> number_of(const Argument &argument) {
  if (const bool *truth = std::get_if<bool>(&argument))
    return *truth;
  if (const int32_t *whole = std::get_if<int32_t>(&argument))
    return static_cast<float>(*whole);
  if (const float *number = std::get_if<float>(&argument))
    return *number;
  if (const std::string *text = std::get_if<std::string>(&argument))
    return maestra::json::Value(*text).number();
  return {};
}

inline std::optional<bool> truth_of(const Argument &argument) {
  if (const std::string *text = std::get_if<std::string>(&argument)) {
    if (*text == "on" || *text == "true" || *text == "yes")
      return true;
    if (*text == "off" || *text == "false" || *text == "no")
      return false;
  }
  if (const auto number = number_of(argument))
    return *number != 0;
  return {};
}

inline std::optional<std::string> text_of(const Argument &argument) {
  if (const std::string *text = std::get_if<std::string>(&argument))
    return *text;
  if (const bool *truth = std::get_if<bool>(&argument))
    return *truth ? "true" : "false";
  const auto number = number_of(argument);
  if (!number)
    return {};
  std::string text;
  maestra::json::write(text, *number);
  return text;
}

/// Reads a colour: a text, or three numbers, from 0 to 1 where there are fractions among them, else to 255.
inline std::optional<std::string> color_of(const std::vector<Argument> &arguments) {
  if (arguments.size() < 3) {
    const auto text = text_of(arguments[0]);
    return text && maestra::parse_color(*text) ? text : std::nullopt;
  }
  float parts[3];
  bool are_whole = true;
  for (size_t at = 0; at < 3; at++) {
    const auto number = number_of(arguments[at]);
    if (!number)
      return {};
    parts[at] = *number;
    are_whole &= std::holds_alternative<int32_t>(arguments[at]);
  }
  const float scale = are_whole ? 255 : 1;
  return maestra::format_color({parts[0] / scale, parts[1] / scale, parts[2] / scale});
}

/// Reads what a variable of a type is set to; nothing where it is nothing of that type. As Maestra itself reads OSC
/// (docs/osc.md).
inline std::optional<maestra::Content> value_of(const char *type, const std::vector<Argument> &arguments) {
  const auto content = [](auto value) -> std::optional<maestra::Content> {
    if (!value)
      return {};
    return maestra::Content(std::move(*value));
  };
  if (arguments.empty())
    return {};
  const std::string_view kind(type);
  if (kind == "boolean")
    return content(truth_of(arguments[0]));
  if (kind == "number" || kind == "range")
    return content(number_of(arguments[0]));
  if (kind == "color")
    return content(color_of(arguments));
  return content(text_of(arguments[0]));
}

/// Returns the address of what is called so, without what has a meaning of its own there.
inline std::string address_of(std::string_view prefix, std::string_view name) {
  std::string address = std::string(prefix) + "/";
  for (char c : name)
    address += static_cast<unsigned char>(c) < 0x20 || std::string_view("#*,?[]{}").find(c) != std::string_view::npos
                   ? '_'
                   : c;
  return address;
}

/// Returns a value as an argument.
inline Argument argument_of(const maestra::Content &content) {
  if (const bool *truth = std::get_if<bool>(&content))
    return *truth;
  if (const float *number = std::get_if<float>(&content))
    return *number;
  if (const std::string *text = std::get_if<std::string>(&content))
    return *text;
  return {};
}

/// Decides who is told a value: everybody when it changes, but whoever has set it only where it is not what was set.
class ToldValue {
 public:
  /// Notes what somebody sets it to.
  void heard(maestra::Content value, const Peer &peer) { this->asked_ = {std::move(value), peer}; }

  /// Tells whether there is anything to tell, given what it is now.
  bool has_news(const std::optional<maestra::Content> &here) const {
    return here && (this->asked_ || here != this->told_);
  }

  /// Calls `f(peer)` for each of the targets that is to be told what it is now; nothing more is to be told then.
  template<typename F> void tell(const maestra::Content &here, const std::vector<Peer> &targets, const F &f) {
    const auto asked = std::exchange(this->asked_, {});
    const bool has_changed = this->told_ != here;
    this->told_ = here;
    for (const Peer &target : targets) {
      const bool has_asked = asked && asked->second.address == target.address;
      if (has_asked ? asked->first != here : has_changed)
        f(target);
    }
  }

 protected:
  std::optional<maestra::Content> told_;
  std::optional<std::pair<maestra::Content, Peer>> asked_;
};

}  // namespace esphome::maestra_osc
