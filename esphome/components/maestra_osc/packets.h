#pragma once

// OSC 1.0 packets, from bytes to messages and back, and the patterns that messages may be addressed with. No I/O.

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace esphome::maestra_osc {

static constexpr size_t MAX_PACKET = 1472;
static constexpr size_t MAX_ADDRESS = 255;
static constexpr size_t MAX_ARGUMENTS = 64;
static constexpr int MAX_BUNDLE_DEPTH = 4;
/// Steps after which a pattern counts as matching nothing: some ask for more than a board has time for.
static constexpr int MAX_PATTERN_STEPS = 2000;

/// Nothing stands for what a board has no use for: blobs, time tags, MIDI.
using Argument = std::variant<std::monostate, bool, int32_t, float, std::string>;

struct Message {
  std::string address;
  std::vector<Argument> arguments;
};

/// Takes parts off the front of a packet; false, or nothing, where they are not whole.
class PacketReader {
 public:
  explicit PacketReader(std::string_view bytes) : rest_(bytes) {}

  bool is_at_end() const { return this->rest_.empty(); }
  std::optional<std::string_view> take(size_t size) {
    if (size > this->rest_.size())
      return {};
    const std::string_view part = this->rest_.substr(0, size);
    this->rest_.remove_prefix(size);
    return part;
  }
  /// Takes a text, with what fills it up to whole words.
  std::optional<std::string_view> text() {
    const size_t size = this->rest_.find('\0');
    if (size == std::string_view::npos)
      return {};
    const auto part = this->take((size | 3) + 1);
    if (!part)
      return {};
    return part->substr(0, size);
  }
  std::optional<uint32_t> word() {
    const auto part = this->take(4);
    if (!part)
      return {};
    uint32_t word = 0;
    for (char c : *part)
      word = word << 8 | static_cast<uint8_t>(c);
    return word;
  }
  std::optional<uint64_t> long_word() {
    const auto high = this->word();
    const auto low = this->word();
    if (!high || !low)
      return {};
    return static_cast<uint64_t>(*high) << 32 | *low;
  }
  std::optional<std::string_view> blob() {
    const auto size = this->word();
    if (!size || *size > MAX_PACKET)
      return {};
    const auto part = this->take((*size + 3) & ~3u);
    if (!part)
      return {};
    return part->substr(0, *size);
  }

 protected:
  std::string_view rest_;
};

/// Takes the value of a type; nothing where it is not whole, not finite, or of a type that OSC does not have.
inline std::optional<Argument> read_argument(char type, PacketReader &reader) {
  const auto finite = [](std::optional<double> number) -> std::optional<Argument> {
    if (!number || !std::isfinite(static_cast<float>(*number)))
      return {};
    return static_cast<float>(*number);
  };
  const auto none = [](bool is_whole) -> std::optional<Argument> {
    if (!is_whole)
      return {};
    return Argument();
  };
  switch (type) {
    case 'T':
    case 'I':
      return true;
    case 'F':
      return false;
    case 'N':
      return Argument();
    case 'i':
      if (const auto word = reader.word())
        return static_cast<int32_t>(*word);
      return {};
    case 'f':
      if (const auto word = reader.word())
        return finite(std::bit_cast<float>(*word));
      return {};
    case 'd':
      if (const auto word = reader.long_word())
        return finite(std::bit_cast<double>(*word));
      return {};
    case 'h':
      if (const auto word = reader.long_word())
        return finite(static_cast<double>(static_cast<int64_t>(*word)));
      return {};
    case 's':
    case 'S':
      if (const auto text = reader.text())
        return std::string(*text);
      return {};
    case 'r':
      if (const auto word = reader.word()) {
        char text[8];
        std::snprintf(text, sizeof(text), "#%06x", static_cast<unsigned>(*word >> 8));
        return std::string(text);
      }
      return {};
    case 'b':
      return none(reader.blob().has_value());
    case 'c':
    case 'm':
      return none(reader.word().has_value());
    case 't':
      return none(reader.long_word().has_value());
    default:
      return {};
  }
}

/// Reads one message; nothing where it is none. Lists within its arguments are taken as their elements.
inline std::optional<Message> read_message(std::string_view bytes) {
  PacketReader reader(bytes);
  const auto address = reader.text();
  if (!address || !address->starts_with('/') || address->size() > MAX_ADDRESS)
    return {};
  Message message{.address = std::string(*address), .arguments = {}};
  // Some old clients leave out the types where there are no arguments.
  if (reader.is_at_end())
    return message;
  const auto types = reader.text();
  if (!types || !types->starts_with(',') || types->size() > MAX_ARGUMENTS + 1)
    return {};
  for (char type : types->substr(1)) {
    if (type == '[' || type == ']')
      continue;
    auto argument = read_argument(type, reader);
    if (!argument)
      return {};
    message.arguments.push_back(std::move(*argument));
  }
  return message;
}

/// Calls `f(message)` for each message of a packet in its order, whatever time a bundle has. Returns how many parts of
/// it could not be read; the others are what they are.
template<typename F> int read_packet(std::string_view bytes, const F &f, int depth = 0) {
  if (!bytes.starts_with(std::string_view("#bundle\0", 8))) {
    if (const auto message = read_message(bytes)) {
      f(*message);
      return 0;
    }
    return 1;
  }
  PacketReader reader(bytes.substr(8));
  if (depth >= MAX_BUNDLE_DEPTH || !reader.long_word())
    return 1;
  int unreadable = 0;
  while (!reader.is_at_end()) {
    const auto size = reader.word();
    const auto element = size ? reader.take(*size) : std::nullopt;
    if (!element)
      return unreadable + 1;
    unreadable += read_packet(*element, f, depth + 1);
  }
  return unreadable;
}

inline void write_word(std::string &out, uint32_t word) {
  for (int shift = 24; shift >= 0; shift -= 8)
    out += static_cast<char>(word >> shift & 0xFF);
}

inline void write_text(std::string &out, std::string_view text) {
  // What follows a zero would be read as something else.
  out += text.substr(0, text.find('\0'));
  do {
    out += '\0';
  } while (out.size() % 4 != 0);
}

/// Writes a message. True and false are 1 and 0, as many clients know numbers and texts only.
inline std::string write_message(const Message &message) {
  std::string out, types(","), content;
  for (const auto &argument : message.arguments) {
    if (const bool *truth = std::get_if<bool>(&argument)) {
      types += 'i';
      write_word(content, *truth);
    } else if (const int32_t *whole = std::get_if<int32_t>(&argument)) {
      types += 'i';
      write_word(content, static_cast<uint32_t>(*whole));
    } else if (const float *number = std::get_if<float>(&argument)) {
      types += 'f';
      write_word(content, std::bit_cast<uint32_t>(*number));
    } else if (const std::string *text = std::get_if<std::string>(&argument)) {
      types += 's';
      write_text(content, *text);
    } else {
      types += 'N';
    }
  }
  write_text(out, message.address);
  write_text(out, types);
  return out + content;
}

/// Tells whether an address is one of those that a pattern is of.
class Pattern {
 public:
  explicit Pattern(std::string_view pattern) : pattern_(pattern) {}

  bool matches(std::string_view address) {
    this->steps_ = MAX_PATTERN_STEPS;
    return this->match_(this->pattern_, address);
  }

 protected:
  bool match_(std::string_view pattern, std::string_view text) {
    while (!pattern.empty()) {
      if (this->steps_-- <= 0)
        return false;
      switch (pattern[0]) {
        case '*':
          return this->match_any_(pattern.substr(1), text);
        case '{':
          return this->match_choice_(pattern, text);
        case '[': {
          const size_t close = pattern.find(']');
          if (close == std::string_view::npos || text.empty() || text[0] == '/' ||
              !is_of_class_(text[0], pattern.substr(1, close - 1)))
            return false;
          pattern.remove_prefix(close + 1);
          break;
        }
        case '?':
          if (text.empty() || text[0] == '/')
            return false;
          pattern.remove_prefix(1);
          break;
        default:
          if (text.empty() || text[0] != pattern[0])
            return false;
          pattern.remove_prefix(1);
      }
      text.remove_prefix(1);
    }
    return text.empty();
  }
  bool match_any_(std::string_view rest, std::string_view text) {
    while (true) {
      if (this->match_(rest, text))
        return true;
      if (text.empty() || text[0] == '/' || this->steps_ <= 0)
        return false;
      text.remove_prefix(1);
    }
  }
  bool match_choice_(std::string_view pattern, std::string_view text) {
    const size_t close = pattern.find('}');
    if (close == std::string_view::npos)
      return false;
    std::string_view choices = pattern.substr(1, close - 1);
    while (true) {
      const size_t comma = choices.find(',');
      const std::string_view choice = choices.substr(0, comma);
      if (text.starts_with(choice) && this->match_(pattern.substr(close + 1), text.substr(choice.size())))
        return true;
      if (comma == std::string_view::npos)
        return false;
      choices.remove_prefix(comma + 1);
    }
  }
  static bool is_of_class_(char c, std::string_view letters) {
    const bool is_negated = letters.starts_with('!');
    if (is_negated)
      letters.remove_prefix(1);
    bool is_in = false;
    for (size_t at = 0; at < letters.size(); at++) {
      if (at + 2 < letters.size() && letters[at + 1] == '-') {
        is_in |= letters[at] <= c && c <= letters[at + 2];
        at += 2;
      } else {
        is_in |= letters[at] == c;
      }
    }
    return is_in != is_negated;
  }

  std::string_view pattern_;
  int steps_{0};
};

}  // namespace esphome::maestra_osc
