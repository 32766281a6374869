#pragma once

// Which firmware a board lets itself be given.

#include <string_view>

namespace esphome::maestra {

/// Returns the part of an address that names who answers there: up to the path.
inline std::string_view origin_of(std::string_view url) {
  const size_t scheme = url.find("://");
  if (scheme == std::string_view::npos || scheme == 0)
    return {};
  const size_t end = url.find_first_of("/?#", scheme + 3);
  const std::string_view origin = url.substr(0, end);
  // Before an @ may be what looks like a host, and others take \ for a /.
  if (origin.size() == scheme + 3 || origin.find_first_of("@\\") != std::string_view::npos)
    return {};
  return origin;
}

/// Tells whether firmware is from where the manifest is: anybody at the broker may ask for its installation.
inline bool is_from(std::string_view url, std::string_view manifest) {
  const std::string_view origin = origin_of(url);
  return !origin.empty() && origin == origin_of(manifest);
}

}  // namespace esphome::maestra
