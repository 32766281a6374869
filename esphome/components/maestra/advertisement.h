#pragma once

// When a stream is advertised, kept alive and withdrawn (docs/streams.md).

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "esphome/components/maestra_wire/json.h"

namespace esphome::maestra {

/// How often a stream gives a sign of life: a third of what the hub waits for one.
static constexpr uint32_t STREAM_BEAT_MS = 10000;
/// The hub tells a stream again at each sign of life. One that it is silent about for so long has ended there.
static constexpr uint32_t STREAM_SILENCE_MS = 25000;

/// Brings what the hub knows of a stream in line with what is wanted.
class Advertisement {
 public:
  enum class Step : uint8_t { NONE, ADVERTISE, BEAT, WITHDRAW };

  bool is_wanted() const { return this->is_wanted_; }
  /// What the hub knows the stream by; empty while it does not know it.
  const std::string &id() const { return this->id_; }

  void want(bool is_wanted) { this->is_wanted_ = is_wanted; }

  /// Returns what is to be said now, each once; after WITHDRAW the id is that of the stream until it is forgotten.
  Step next(uint32_t now_ms) {
    if (!this->is_wanted_)
      return this->id_.empty() ? Step::NONE : Step::WITHDRAW;
    if (!this->id_.empty() && now_ms - this->heard_at_ >= STREAM_SILENCE_MS)
      this->forget();
    if (this->said_at_ && now_ms - *this->said_at_ < STREAM_BEAT_MS)
      return Step::NONE;
    this->said_at_ = now_ms;
    return this->id_.empty() ? Step::ADVERTISE : Step::BEAT;
  }

  /// Hears under which id the hub tells the stream.
  void hear(std::string id, uint32_t now_ms) {
    this->id_ = std::move(id);
    this->heard_at_ = now_ms;
  }

  /// Hears that a stream has ended; returns whether it is this one. One that was only silent is advertised again.
  bool end(std::string_view id, bool has_expired) {
    if (id.empty() || id != this->id_)
      return false;
    this->forget();
    this->is_wanted_ &= has_expired;
    return true;
  }

  /// Knows no longer what the hub knows.
  void forget() {
    this->id_.clear();
    this->said_at_.reset();
  }

 protected:
  std::string id_;
  std::optional<uint32_t> said_at_;
  uint32_t heard_at_{0};
  bool is_wanted_{true};
};

/// What a stream is, as it is advertised.
struct StreamDescription {
  std::string name;
  std::string type;
  std::string protocol;
  uint16_t port;
  std::string address{};
  std::string multicast_group{};
  uint16_t multicast_port{0};
  /// JSON, or empty.
  std::string config{};

  void write_to(std::string &out, std::string_view publisher_id, std::string_view entity_id) const {
    json::Object stream(out);
    stream.add("name", this->name);
    stream.add("stream_type", this->type);
    stream.add("publisher_id", publisher_id);
    // Who is told where it is refused.
    stream.add("hardware_id", publisher_id);
    stream.add("device_id", publisher_id);
    if (!entity_id.empty())
      stream.add("entity_id", entity_id);
    stream.add("protocol", this->protocol);
    stream.add("address", this->address);
    stream.add("port", static_cast<float>(this->port));
    if (!this->multicast_group.empty()) {
      stream.add("multicast_group", this->multicast_group);
      stream.add("multicast_port", static_cast<float>(this->multicast_port));
    }
    if (!this->config.empty()) {
      stream.key("config");
      out += this->config;
    }
  }

  /// Tells whether the hub speaks of this stream.
  bool is(const json::Value &advertised, std::string_view publisher_id) const {
    return advertised.member("id").exists() && advertised.member("name").text() == this->name &&
           advertised.member("stream_type").text() == this->type &&
           advertised.member("publisher_id").text() == std::string(publisher_id);
  }
};

}  // namespace esphome::maestra
