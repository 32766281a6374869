#pragma once

// Events that wait until the hub has acknowledged them: bounded, in batches, again after a while. No I/O.

#include <algorithm>
#include <cinttypes>
#include <cstdint>
#include <cstdio>
#include <deque>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "event.h"

namespace esphome::maestra_qs {

/// Where events outlive a restart. What it is told of is what the outbox holds.
class Storage {
 public:
  virtual ~Storage() = default;
  virtual void added(Event &event) = 0;
  virtual void removed(const Event &event) = 0;
  virtual void dropped(uint32_t total) = 0;
};

struct Limits {
  /// Events that wait; when one more comes, the oldest is dropped.
  size_t events{500};
  /// Of one message. A board sends no more than 4096 bytes at once.
  size_t batch_events{20};
  size_t batch_bytes{3072};
  /// Events that were sent and are neither acknowledged nor overdue.
  size_t in_flight{80};
  uint32_t first_retry_ms{10000};
  uint32_t last_retry_ms{300000};
};

class Outbox {
 public:
  Limits limits{};

  /// `nonce` is random, a new one at each start: ids are made of it and of a counter.
  void begin(std::string device_id, uint64_t nonce) {
    this->device_id_ = std::move(device_id);
    this->nonce_ = nonce;
  }
  void set_storage(Storage *storage) { this->storage_ = storage; }

  const std::deque<Event> &events() const { return this->events_; }
  std::deque<Event> &events() { return this->events_; }
  const std::string &device_id() const { return this->device_id_; }
  size_t depth() const { return this->events_.size(); }
  uint32_t dropped() const { return this->dropped_; }
  uint32_t acknowledged() const { return this->acknowledged_; }

  /// Takes over what was kept of the last run, in any order.
  void restore(Event event) {
    event.is_final = true;
    this->next_position_ = std::max(this->next_position_, event.position + 1);
    const auto behind = std::find_if(this->events_.begin(), this->events_.end(),
                                     [&](const Event &other) { return other.position > event.position; });
    this->events_.insert(behind, std::move(event));
    this->make_room_(0);
  }
  void restore_dropped(uint32_t dropped) { this->dropped_ = dropped; }

  /// `now_ms` counts from the start, `time_ms` since 1970: 0 while no clock is set.
  void add(std::string content, uint32_t now_ms, int64_t time_ms) {
    this->make_room_(1);
    // The printf of some boards knows no 64 bits.
    char suffix[32];
    std::snprintf(suffix, sizeof(suffix), "-%08" PRIx32 "%08" PRIx32 "-%" PRIu32,
                  static_cast<uint32_t>(this->nonce_ >> 32), static_cast<uint32_t>(this->nonce_), this->next_position_);
    this->events_.push_back({.id = this->device_id_ + suffix,
                             .content = std::move(content),
                             .position = this->next_position_++,
                             .made_at_ms = now_ms,
                             .measured_at_ms = time_ms});
    if (this->storage_ != nullptr)
      this->storage_->added(this->events_.back());
  }
  /// Counts an event that could not even be taken.
  void refuse() { this->drop_(); }

  /// Hands `publish(payload)` what is due: one event, or an array of them. Returns whether it was sent.
  template<typename F> bool send(uint32_t now_ms, int64_t time_ms, F &&publish) {
    size_t in_flight = 0;
    for (const Event &event : this->events_)
      in_flight += this->is_in_flight_(event, now_ms);
    std::vector<Event *> batch;
    std::string payload = "[";
    for (Event &event : this->events_) {
      if (batch.size() >= this->limits.batch_events || in_flight + batch.size() >= this->limits.in_flight)
        break;
      if (this->is_in_flight_(event, now_ms))
        continue;
      if (!event.is_final && event.measured_at_ms == 0 && time_ms != 0)
        event.measured_at_ms = time_ms - (now_ms - event.made_at_ms);
      const size_t before = payload.size();
      if (!batch.empty())
        payload += ',';
      write_event(payload, event, this->device_id_);
      if (!batch.empty() && payload.size() > this->limits.batch_bytes) {
        payload.resize(before);
        break;
      }
      batch.push_back(&event);
    }
    if (batch.empty())
      return false;
    payload += ']';
    const bool is_array = batch.size() > 1;
    if (!publish(is_array ? std::string_view(payload) : std::string_view(payload).substr(1, payload.size() - 2)))
      return false;
    for (Event *event : batch) {
      if (event->tries > 0 && !this->has_heard_since_(event->sent_at_ms))
        this->is_unheard_ = true;
      event->is_final = true;
      event->sent_at_ms = now_ms;
      if (event->tries < UINT8_MAX)
        event->tries++;
    }
    return true;
  }

  /// Lets an event go that is stored. Returns whether there was one.
  bool acknowledge(std::string_view id, uint32_t now_ms) {
    const auto event =
        std::find_if(this->events_.begin(), this->events_.end(), [&](const Event &each) { return each.id == id; });
    this->has_heard_ = true;
    this->heard_at_ms_ = now_ms;
    if (std::exchange(this->is_unheard_, false)) {
      // The hub is there again: nobody has to wait for as long as it was away.
      for (Event &each : this->events_)
        each.tries = std::min<uint8_t>(each.tries, 1);
    }
    if (event == this->events_.end())
      return false;
    this->acknowledged_++;
    this->remove_(event);
    return true;
  }

  /// What was on its way when the connection broke may be lost.
  void reconnected() {
    for (Event &event : this->events_)
      event.tries = 0;
  }

 protected:
  uint32_t retry_after_ms_(const Event &event) const {
    uint64_t wait = this->limits.first_retry_ms;
    for (uint8_t tries = 1; tries < event.tries && wait < this->limits.last_retry_ms; tries++)
      wait *= 2;
    wait = std::min<uint64_t>(wait, this->limits.last_retry_ms);
    // Up to a quarter less, for each board another part: all of them were cut off at the same moment.
    return static_cast<uint32_t>(wait - wait / 4 * (this->nonce_ & 0xFF) / 255);
  }
  bool is_in_flight_(const Event &event, uint32_t now_ms) const {
    return event.tries > 0 && now_ms - event.sent_at_ms < this->retry_after_ms_(event);
  }
  bool has_heard_since_(uint32_t then_ms) const {
    return this->has_heard_ && static_cast<int32_t>(this->heard_at_ms_ - then_ms) >= 0;
  }
  void make_room_(size_t more) {
    while (!this->events_.empty() && this->events_.size() + more > this->limits.events) {
      // Counted first: whoever is killed in between has counted it and still has it.
      this->drop_();
      this->remove_(this->events_.begin());
    }
  }
  void remove_(const std::deque<Event>::iterator &event) {
    if (this->storage_ != nullptr)
      this->storage_->removed(*event);
    this->events_.erase(event);
  }
  void drop_() {
    this->dropped_++;
    if (this->storage_ != nullptr)
      this->storage_->dropped(this->dropped_);
  }

  std::deque<Event> events_;
  std::string device_id_;
  Storage *storage_{nullptr};
  uint64_t nonce_{0};
  uint32_t next_position_{1};
  uint32_t dropped_{0};
  uint32_t acknowledged_{0};
  uint32_t heard_at_ms_{0};
  bool has_heard_{false};
  /// Whether something had to be sent again and nothing at all was acknowledged meanwhile.
  bool is_unheard_{false};
};

}  // namespace esphome::maestra_qs
