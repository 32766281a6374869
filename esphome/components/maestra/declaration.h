#pragma once

// What the hub is told of a variable.

#include <cmath>
#include <string>
#include <vector>

#include "esphome/components/maestra_wire/json.h"

namespace esphome::maestra {

/// Name, type and direction of a variable, and how it looks; numbers that are NaN and texts that are empty say nothing.
struct Declaration {
  std::string name;
  const char *type;
  bool is_input;
  float min{NAN};
  float max{NAN};
  float step{NAN};
  std::string unit{};
  std::string device_class{};
  std::vector<std::string> options{};
  /// Whether it is true for a moment only, as a button is.
  bool is_momentary{false};

  void write_to(std::string &out) const {
    json::Object object(out);
    object.add("name", this->name);
    object.add("type", this->type);
    object.add("direction", this->is_input ? "input" : "output");
    object.key("config");
    json::Object config(out);
    add_(config, "min", this->min);
    add_(config, "max", this->max);
    add_(config, "step", this->step);
    add_(config, "unit", this->unit);
    add_(config, "device_class", this->device_class);
    if (this->is_momentary)
      config.add("momentary", true);
    if (!this->options.empty()) {
      config.key("options");
      json::Array options(out);
      for (const auto &option : this->options) {
        options.next();
        json::write(out, option);
      }
    }
  }

 protected:
  static void add_(json::Object &config, const char *key, float value) {
    if (std::isfinite(value))
      config.add(key, value);
  }
  static void add_(json::Object &config, const char *key, const std::string &value) {
    if (!value.empty())
      config.add(key, value);
  }
};

}  // namespace esphome::maestra
