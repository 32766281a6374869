#pragma once

// Colours as Maestra writes them: #rrggbb.

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <optional>
#include <string>
#include <string_view>

namespace esphome::maestra {

/// Red, green and blue, 0 to 1.
struct Rgb {
  float red;
  float green;
  float blue;
};

inline std::string format_color(const Rgb &rgb) {
  const auto byte = [](float part) { return static_cast<unsigned>(std::lround(std::clamp(part, 0.0f, 1.0f) * 255)); };
  char text[8];
  std::snprintf(text, sizeof(text), "#%02x%02x%02x", byte(rgb.red) & 0xFF, byte(rgb.green) & 0xFF,
                byte(rgb.blue) & 0xFF);
  return text;
}

inline std::optional<Rgb> parse_color(std::string_view text) {
  unsigned number = 0;
  if (text.size() != 7 || text[0] != '#')
    return {};
  const auto [end, error] = std::from_chars(text.data() + 1, text.data() + 7, number, 16);
  if (error != std::errc() || end != text.data() + 7)
    return {};
  const auto part = [number](int shift) { return static_cast<float>(number >> shift & 0xFF) / 255; };
  return Rgb{part(16), part(8), part(0)};
}

}  // namespace esphome::maestra
