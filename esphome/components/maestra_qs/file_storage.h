#pragma once

// Events in a file: a line for each that came, and for each that went.

#include <cinttypes>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <map>
#include <string>
#include <string_view>
#include <unistd.h>
#include <utility>

#include "outbox.h"

namespace esphome::maestra_qs {

/// Keeps each event before it is sent, so that nothing is lost when the process is killed.
///
/// Lines are `+position time id content`, `-position` and `!dropped`; a last line that is not whole is none.
class FileStorage final : public Storage {
 public:
  explicit FileStorage(std::string path) : path_(std::move(path)) {}
  ~FileStorage() override { this->close_(); }

  /// Fills an empty outbox with what is kept, and keeps it from now on. Returns whether there is a file to write to.
  bool open(Outbox &outbox) {
    this->outbox_ = &outbox;
    this->read_();
    outbox.set_storage(this);
    return this->rewrite_();
  }
  bool is_failing() const { return this->is_failing_; }

  void added(Event &event) override {
    event.is_final = true;
    this->append_(line_(event));
  }
  void removed(const Event &event) override {
    // The one that goes is among them still.
    this->append_("-" + std::to_string(event.position) + "\n", &event);
    if (this->lines_ > MIN_LINES + 2 * this->outbox_->depth())
      this->rewrite_(&event);
  }
  void dropped(uint32_t total) override { this->append_("!" + std::to_string(total) + "\n"); }

 protected:
  static constexpr size_t MIN_LINES = 1000;

  static std::string line_(const Event &event) {
    char start[48];
    std::snprintf(start, sizeof(start), "+%" PRIu32 " %" PRId64 " ", event.position, event.measured_at_ms);
    return start + event.id + " " + event.content + "\n";
  }

  void read_() {
    FILE *file = std::fopen(this->path_.c_str(), "r");
    if (file == nullptr)
      return;
    std::map<uint32_t, Event> kept;
    std::string line;
    for (int c = std::getc(file); c != EOF; c = std::getc(file)) {
      if (c != '\n') {
        line += static_cast<char>(c);
        continue;
      }
      this->read_line_(line, kept);
      line.clear();
    }
    std::fclose(file);
    for (auto &[position, event] : kept)
      this->outbox_->restore(std::move(event));
  }
  void read_line_(const std::string &line, std::map<uint32_t, Event> &kept) {
    if (line.size() < 2)
      return;
    char *end;
    const auto number = static_cast<uint32_t>(std::strtoul(line.c_str() + 1, &end, 10));
    if (line[0] == '-') {
      kept.erase(number);
    } else if (line[0] == '!') {
      this->outbox_->restore_dropped(number);
    } else if (line[0] == '+' && *end == ' ') {
      const int64_t time_ms = std::strtoll(end, &end, 10);
      const size_t id = end - line.c_str() + 1, blank = line.find(' ', id);
      if (blank != std::string::npos && json::Value("{" + line.substr(blank + 1) + "}").is_object())
        kept[number] = {.id = line.substr(id, blank - id),
                        .content = line.substr(blank + 1),
                        .position = number,
                        .measured_at_ms = time_ms};
    }
  }

  /// Writes down what there is, without what has gone.
  bool rewrite_(const Event *without = nullptr) {
    this->close_();
    const std::string fresh = this->path_ + ".new";
    this->file_ = ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
    this->is_failing_ = this->file_ < 0;
    this->lines_ = 0;
    std::string text = "!" + std::to_string(this->outbox_->dropped()) + "\n";
    for (const Event &event : this->outbox_->events()) {
      if (without == nullptr || event.position != without->position)
        text += line_(event);
    }
    if (!this->write_(text) || ::fsync(this->file_) != 0 || std::rename(fresh.c_str(), this->path_.c_str()) != 0)
      this->is_failing_ = true;
    return !this->is_failing_;
  }
  void append_(const std::string &text, const Event *without = nullptr) {
    // After half a line, only the whole is right.
    if (this->is_failing_) {
      this->rewrite_(without);
    } else {
      this->is_failing_ = !this->write_(text);
    }
  }
  bool write_(const std::string &text) {
    this->lines_++;
    return this->file_ >= 0 && ::write(this->file_, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  }
  void close_() {
    if (this->file_ >= 0)
      ::close(this->file_);
    this->file_ = -1;
  }

  std::string path_;
  Outbox *outbox_{nullptr};
  size_t lines_{0};
  int file_{-1};
  bool is_failing_{false};
};

}  // namespace esphome::maestra_qs
