#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "esphome/core/helpers.h"
#include "esphome/core/preferences.h"
#include "kept_text.h"
#include "part.h"

namespace esphome::maestra {

/// The configuration that the hub has pushed: applied, kept over a restart, acknowledged.
class Configuration final : public Part {
 public:
  /// `max_bytes` of JSON are taken, and kept.
  explicit Configuration(size_t max_bytes) : max_bytes_(max_bytes) {}

  /// Calls `callback(version, configuration)`, a JSON object, at each start and when it changes.
  template<typename F> void add_callback(F &&callback) { this->callback_.add(std::forward<F>(callback)); }

  void start() override;
  void loop(uint32_t now_ms) override;
  void dump_config() const override;

  bool save_piece(size_t at, const Piece &piece) { return this->pieces_[at].save(&piece); }
  bool load_piece(size_t at, Piece &piece) { return this->pieces_[at].load(&piece); }
  bool save_header(const KeptHeader &header) { return this->header_.save(&header) && global_preferences->sync(); }
  bool load_header(KeptHeader &header) { return this->header_.load(&header); }

 protected:
  void take_(const std::string &payload);
  /// Says that a version is applied, or why it is not.
  void acknowledge_(uint32_t version, std::string_view error = {});
  void apply_() { this->callback_.call(this->current_.number, this->current_.text); }

  size_t max_bytes_;
  ESPPreferenceObject header_;
  std::vector<ESPPreferenceObject> pieces_;
  CallbackManager<void(uint32_t, std::string)> callback_;
  NumberedText current_{.number = 0, .text = {}};
  /// What was pushed last, until the hub has told its state: it is newer than that.
  std::string pushed_;
  /// Whether what was kept is still to be applied.
  bool is_due_{false};
};

}  // namespace esphome::maestra
