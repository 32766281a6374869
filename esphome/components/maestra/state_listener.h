#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "esphome/core/helpers.h"
#include "part.h"
#include "state_news.h"

namespace esphome::maestra {

/// Listens to changes of another entity, or of one variable of it.
class StateListener final : public Part {
 public:
  explicit StateListener(const char *slug) : slug_(slug) {}

  void set_variable(const char *variable) { this->variable_ = variable; }
  /// Calls `callback(value, state)`: a text as it is, anything else as JSON.
  template<typename F> void add_callback(F &&callback) { this->callback_.add(std::forward<F>(callback)); }

  void start() override;
  void dump_config() const override;
  std::string follows() const override { return this->slug_; }

 protected:
  /// Tells what is new, unless it is what was told last.
  void tell_(const std::optional<StateNews> &news);

  std::string slug_;
  std::optional<std::string> variable_;
  /// The checksum of the value that was told last.
  std::optional<uint32_t> told_;
  CallbackManager<void(std::string, std::string)> callback_;
};

}  // namespace esphome::maestra
