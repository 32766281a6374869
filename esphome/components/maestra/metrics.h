#pragma once

// What is measured, as it is told.

#include <cmath>
#include <functional>
#include <string>
#include <string_view>

#include "esphome/components/maestra_wire/json.h"

namespace esphome::maestra {

/// A quantity that is told with each heartbeat; NaN while it is not known.
struct Metric {
  std::string name;
  std::string unit;
  /// Whether it is about the board itself.
  bool is_diagnostic;
  std::function<float()> read;
};

/// Writes one measurement. `tags` are a JSON object, or empty.
inline void write_metric(std::string &out, std::string_view name, float value, std::string_view unit,
                         std::string_view tags = {}) {
  json::Object metric(out);
  metric.add("metric_name", name);
  metric.add("metric_value", value);
  if (!unit.empty())
    metric.add("unit", unit);
  if (!tags.empty()) {
    metric.key("tags");
    out += tags;
  }
}

/// Writes how a metric looks, as the metadata of a device declare it.
inline void write_declaration(std::string &out, const Metric &metric) {
  json::Object declared(out);
  if (!metric.unit.empty())
    declared.add("unit", metric.unit);
  if (metric.is_diagnostic)
    declared.add("entity_category", "diagnostic");
}

}  // namespace esphome::maestra
