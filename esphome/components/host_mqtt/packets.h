#pragma once

// The packets of MQTT 3.1.1 that a client sends and reads. No I/O.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace esphome::host_mqtt {

enum class PacketType : uint8_t {
  CONNECT = 1,
  CONNACK = 2,
  PUBLISH = 3,
  PUBACK = 4,
  SUBSCRIBE = 8,
  SUBACK = 9,
  UNSUBSCRIBE = 10,
  UNSUBACK = 11,
  PINGREQ = 12,
  PINGRESP = 13,
  DISCONNECT = 14,
};

struct MQTTMessage {
  std::string topic;
  std::string payload;
  uint8_t qos;
  bool retain;
};

static constexpr uint8_t DUPLICATE = 0x08;
static constexpr size_t MAX_PACKET_BYTES = 1 << 20;

inline void append_u16(std::string &out, uint16_t number) {
  out += static_cast<char>(number >> 8);
  out += static_cast<char>(number & 0xFF);
}
inline void append_text(std::string &out, std::string_view text) {
  append_u16(out, static_cast<uint16_t>(text.size()));
  out += text;
}

inline std::string packet(PacketType type, uint8_t flags, std::string_view body) {
  std::string out(1, static_cast<char>(static_cast<uint8_t>(type) << 4 | flags));
  size_t left = body.size();
  do {
    const uint8_t digit = left & 0x7F;
    left >>= 7;
    out += static_cast<char>(left ? digit | 0x80 : digit);
  } while (left);
  out += body;
  return out;
}

struct Session {
  std::string client_id;
  std::string username;
  std::string password;
  uint16_t keepalive_s;
  std::optional<MQTTMessage> will;
};

inline std::string connect_packet(const Session &session) {
  uint8_t flags = 0;
  std::string rest;
  append_text(rest, session.client_id);
  if (session.will) {
    flags |= 0x04 | session.will->qos << 3 | (session.will->retain ? 0x20 : 0);
    append_text(rest, session.will->topic);
    append_text(rest, session.will->payload);
  }
  if (!session.username.empty()) {
    flags |= 0x80;
    append_text(rest, session.username);
    if (!session.password.empty()) {
      flags |= 0x40;
      append_text(rest, session.password);
    }
  }
  std::string body;
  append_text(body, "MQTT");
  body += '\x04';
  body += static_cast<char>(flags);
  append_u16(body, session.keepalive_s);
  return packet(PacketType::CONNECT, 0, body + rest);
}

/// `id` counts where `qos` is not 0.
inline std::string publish_packet(std::string_view topic, std::string_view payload, uint8_t qos, bool retain,
                                  uint16_t id) {
  std::string body;
  append_text(body, topic);
  if (qos > 0)
    append_u16(body, id);
  body += payload;
  return packet(PacketType::PUBLISH, static_cast<uint8_t>(qos << 1 | (retain ? 1 : 0)), body);
}

inline std::string subscribe_packet(uint16_t id, std::string_view filter, uint8_t qos) {
  std::string body;
  append_u16(body, id);
  append_text(body, filter);
  body += static_cast<char>(qos);
  return packet(PacketType::SUBSCRIBE, 2, body);
}

inline std::string puback_packet(uint16_t id) {
  std::string body;
  append_u16(body, id);
  return packet(PacketType::PUBACK, 0, body);
}

/// Whether a topic matches a filter with wildcards.
inline bool matches(std::string_view filter, std::string_view topic) {
  while (true) {
    const auto wanted = filter.substr(0, filter.find('/'));
    const auto level = topic.substr(0, topic.find('/'));
    if (wanted == "#")
      return true;
    if (wanted != "+" && wanted != level)
      return false;
    const bool filter_ends = wanted.size() == filter.size(), topic_ends = level.size() == topic.size();
    if (topic_ends)
      return filter_ends || filter.substr(wanted.size()) == "/#";
    if (filter_ends)
      return false;
    filter.remove_prefix(wanted.size() + 1);
    topic.remove_prefix(level.size() + 1);
  }
}

/// One packet as it was read; `body` lasts until the next is taken.
struct Packet {
  PacketType type;
  uint8_t flags;
  std::string_view body;

  uint16_t u16(size_t at) const {
    return at + 2 > this->body.size()
               ? 0
               : static_cast<uint8_t>(this->body[at]) << 8 | static_cast<uint8_t>(this->body[at + 1]);
  }
};

struct Publication {
  std::string topic;
  std::string payload;
  uint8_t qos;
  uint16_t id;
};

inline std::optional<Publication> read_publication(const Packet &packet) {
  const size_t length = packet.u16(0);
  const uint8_t qos = packet.flags >> 1 & 3;
  const size_t start = 2 + length + (qos ? 2 : 0);
  if (packet.body.size() < start)
    return {};
  return Publication{std::string(packet.body.substr(2, length)), std::string(packet.body.substr(start)), qos,
                     qos ? packet.u16(2 + length) : uint16_t{0}};
}

/// Makes packets of what arrives in pieces.
class PacketReader {
 public:
  void feed(std::string_view bytes) {
    this->buffer_.erase(0, this->taken_);
    this->taken_ = 0;
    this->buffer_ += bytes;
  }
  /// Whether what arrived can't be MQTT, or is larger than anything we take.
  bool is_broken() const { return this->is_broken_; }

  std::optional<Packet> next() {
    const std::string_view left = std::string_view(this->buffer_).substr(this->taken_);
    size_t length = 0, at = 1;
    for (int shift = 0;; shift += 7, at++) {
      if (at >= left.size())
        return {};
      if (shift > 21) {
        this->is_broken_ = true;
        return {};
      }
      length |= static_cast<size_t>(left[at] & 0x7F) << shift;
      if (!(left[at] & 0x80))
        break;
    }
    at++;
    if (length > MAX_PACKET_BYTES)
      this->is_broken_ = true;
    if (this->is_broken_ || left.size() < at + length)
      return {};
    this->taken_ += at + length;
    const auto first = static_cast<uint8_t>(left[0]);
    return Packet{static_cast<PacketType>(first >> 4), static_cast<uint8_t>(first & 0x0F), left.substr(at, length)};
  }

 protected:
  std::string buffer_;
  size_t taken_{0};
  bool is_broken_{false};
};

}  // namespace esphome::host_mqtt
