#pragma once

// JSON without a document in memory: values are written one after the other, and read where they stand in the text.

#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

namespace esphome::maestra::json {

static constexpr int MAX_DEPTH = 16;

inline void write_text(std::string &out, std::string_view text) {
  out += '"';
  for (char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      char escaped[7];
      std::snprintf(escaped, sizeof(escaped), "\\u%04x", c);
      out += escaped;
    } else {
      out += c;
    }
  }
  out += '"';
}

/// Writes as few digits as give the same number when read again; null for what is no finite number.
inline void write_number(std::string &out, float number) {
  if (!std::isfinite(number)) {
    out += "null";
    return;
  }
  char digits[32];
  for (int precision = 6; precision <= 9; precision++) {
    std::snprintf(digits, sizeof(digits), "%.*g", precision, static_cast<double>(number));
    if (std::strtof(digits, nullptr) == number)
      break;
  }
  out += digits;
}

inline void write(std::string &out, std::string_view value) { write_text(out, value); }
inline void write(std::string &out, const char *value) { write_text(out, value); }
inline void write(std::string &out, const std::string &value) { write_text(out, value); }
inline void write(std::string &out, float value) { write_number(out, value); }
inline void write(std::string &out, bool value) { out += value ? "true" : "false"; }

/// Begins an object or array, separates what is added to it, and ends it when it goes.
class Scope {
 public:
  Scope(std::string &out, char open, char close) : out_(out), close_(close) { this->out_ += open; }
  Scope(const Scope &) = delete;
  Scope &operator=(const Scope &) = delete;
  ~Scope() { this->out_ += this->close_; }

 protected:
  void separate_() {
    if (!this->is_first_)
      this->out_ += ',';
    this->is_first_ = false;
  }

  std::string &out_;
  char close_;
  bool is_first_{true};
};

class Object : public Scope {
 public:
  explicit Object(std::string &out) : Scope(out, '{', '}') {}

  /// Writes a key; its value is to be written next.
  void key(std::string_view key) {
    this->separate_();
    write_text(this->out_, key);
    this->out_ += ':';
  }
  template<typename T> void add(std::string_view key, const T &value) {
    this->key(key);
    write(this->out_, value);
  }
};

class Array : public Scope {
 public:
  explicit Array(std::string &out) : Scope(out, '[', ']') {}

  /// Makes room for an element, which is to be written next.
  void next() { this->separate_(); }
};

/// Moves over one value; false where there is none.
class Cursor {
 public:
  explicit Cursor(std::string_view text) : text_(text) {}

  void skip_blanks() {
    while (this->at_ < this->text_.size() &&
           std::string_view(" \t\r\n").find(this->text_[this->at_]) != std::string_view::npos)
      this->at_++;
  }
  bool is_at_end() const { return this->at_ >= this->text_.size(); }
  char peek() const { return this->is_at_end() ? '\0' : this->text_[this->at_]; }
  bool take(char c) {
    this->skip_blanks();
    if (this->peek() != c)
      return false;
    this->at_++;
    return true;
  }
  /// Takes a value and returns its text; empty where none is.
  std::string_view value(int depth = 0) {
    this->skip_blanks();
    const size_t start = this->at_;
    if (!this->skip_(depth))
      return {};
    return this->text_.substr(start, this->at_ - start);
  }

 protected:
  bool skip_(int depth) {
    switch (this->peek()) {
      case '"':
        return this->skip_text_();
      case '{':
        return this->skip_members_('{', '}', depth);
      case '[':
        return this->skip_members_('[', ']', depth);
      default:
        return this->skip_word_();
    }
  }
  bool skip_text_() {
    for (this->at_++; !this->is_at_end(); this->at_++) {
      if (this->peek() == '\\') {
        this->at_++;
      } else if (this->peek() == '"') {
        this->at_++;
        return true;
      }
    }
    return false;
  }
  bool skip_members_(char open, char close, int depth) {
    if (depth >= MAX_DEPTH)
      return false;
    this->at_++;
    if (this->take(close))
      return true;
    do {
      this->skip_blanks();
      if (open == '{' && (this->peek() != '"' || !this->skip_text_() || !this->take(':')))
        return false;
      this->skip_blanks();
      if (!this->skip_(depth + 1))
        return false;
    } while (this->take(','));
    return this->take(close);
  }
  bool skip_word_() {
    const size_t start = this->at_;
    while (!this->is_at_end() && std::string_view(",:]} \t\r\n\"{[").find(this->peek()) == std::string_view::npos)
      this->at_++;
    return this->at_ > start;
  }

  std::string_view text_;
  size_t at_{0};
};

/// One value as it stands in a text, which must outlive it. Anything that is asked of a value of another kind is
/// nothing.
class Value {
 public:
  Value() = default;
  /// Reads a whole text; what follows a value makes it none.
  explicit Value(std::string_view text) {
    Cursor cursor(text);
    this->text_ = cursor.value();
    cursor.skip_blanks();
    if (!cursor.is_at_end())
      this->text_ = {};
  }

  bool exists() const { return !this->text_.empty(); }
  std::string_view raw() const { return this->text_; }
  bool is_object() const { return this->starts_with_('{'); }

  std::optional<bool> boolean() const {
    if (this->text_ == "true")
      return true;
    if (this->text_ == "false")
      return false;
    return {};
  }
  std::optional<float> number() const {
    if (this->text_.empty() || this->text_.size() > 40 || !(this->starts_with_('-') || this->is_digit_(this->text_[0])))
      return {};
    const std::string digits(this->text_);
    char *end;
    const float number = std::strtof(digits.c_str(), &end);
    if (*end != '\0' || !std::isfinite(number))
      return {};
    return number;
  }
  std::optional<std::string> text() const {
    if (!this->starts_with_('"'))
      return {};
    return unescaped_(this->text_.substr(1, this->text_.size() - 2));
  }
  /// Tells whether it is this text, written without escapes.
  bool is(std::string_view text) const {
    return this->starts_with_('"') && this->text_.substr(1, this->text_.size() - 2) == text;
  }

  /// Calls `f(key, value)` for each member of an object.
  template<typename F> void members(F &&f) const {
    if (!this->is_object())
      return;
    Cursor cursor(this->text_);
    cursor.take('{');
    while (!cursor.take('}')) {
      const std::string_view key = cursor.value();
      if (!cursor.take(':'))
        return;
      f(unescaped_(key.substr(1, key.size() - 2)), raw_(cursor.value()));
      cursor.take(',');
    }
  }
  /// Calls `f(value)` for each element of an array.
  template<typename F> void elements(F &&f) const {
    if (!this->starts_with_('['))
      return;
    Cursor cursor(this->text_);
    cursor.take('[');
    while (!cursor.take(']')) {
      f(raw_(cursor.value()));
      cursor.take(',');
    }
  }
  Value member(std::string_view name) const {
    Value found;
    this->members([&](const std::string &key, Value value) {
      if (key == name)
        found = value;
    });
    return found;
  }

 protected:
  static Value raw_(std::string_view text) {
    Value value;
    value.text_ = text;
    return value;
  }
  static bool is_digit_(char c) { return c >= '0' && c <= '9'; }
  bool starts_with_(char c) const { return !this->text_.empty() && this->text_[0] == c; }

  static std::optional<uint32_t> code_unit_(std::string_view digits) {
    uint32_t unit = 0;
    if (digits.size() < 4)
      return {};
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + 4, unit, 16);
    if (error != std::errc() || end != digits.data() + 4)
      return {};
    return unit;
  }
  static void write_utf8_(std::string &out, uint32_t point) {
    if (point < 0x80) {
      out += static_cast<char>(point);
    } else if (point < 0x800) {
      out += static_cast<char>(0xC0 | point >> 6);
      out += static_cast<char>(0x80 | (point & 0x3F));
    } else if (point < 0x10000) {
      out += static_cast<char>(0xE0 | point >> 12);
      out += static_cast<char>(0x80 | (point >> 6 & 0x3F));
      out += static_cast<char>(0x80 | (point & 0x3F));
    } else {
      out += static_cast<char>(0xF0 | point >> 18);
      out += static_cast<char>(0x80 | (point >> 12 & 0x3F));
      out += static_cast<char>(0x80 | (point >> 6 & 0x3F));
      out += static_cast<char>(0x80 | (point & 0x3F));
    }
  }
  static std::string unescaped_(std::string_view raw) {
    std::string out;
    out.reserve(raw.size());
    for (size_t at = 0; at < raw.size(); at++) {
      if (raw[at] != '\\' || at + 1 >= raw.size()) {
        out += raw[at];
        continue;
      }
      const char escape = raw[++at];
      const std::string_view letters = "bfnrt", meanings = "\b\f\n\r\t";
      const size_t known = letters.find(escape);
      const auto unit = escape == 'u' ? code_unit_(raw.substr(at + 1)) : std::nullopt;
      if (known != std::string_view::npos) {
        out += meanings[known];
      } else if (!unit) {
        out += escape;
      } else {
        at += 4;
        uint32_t point = *unit;
        // A character beyond the first plane is written as two.
        if (point >= 0xD800 && point < 0xDC00 && raw.substr(at + 1, 2) == "\\u") {
          const auto low = code_unit_(raw.substr(at + 3));
          if (low && *low >= 0xDC00 && *low < 0xE000) {
            point = 0x10000 + ((point - 0xD800) << 10) + (*low - 0xDC00);
            at += 6;
          }
        }
        write_utf8_(out, point >= 0xD800 && point < 0xE000 ? 0xFFFD : point);
      }
    }
    return out;
  }

  std::string_view text_;
};

}  // namespace esphome::maestra::json
