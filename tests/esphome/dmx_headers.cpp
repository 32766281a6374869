// Checks of what DMX512 needs no ESPHome for. Prints what fails; the exit code is the number of failures.

#include <string>
#include <utility>
#include <vector>

#include "maestra_dmx/frame.h"

#include "checks.h"

using namespace esphome::maestra_dmx;

/// A UART that notes what it does: bytes with the speed at which they are sent.
struct Line {
  uint32_t speed = SPEED;
  uint32_t wanted = SPEED;
  bool is_busy = false;
  std::vector<std::pair<uint32_t, std::vector<uint8_t>>> sent;

  void flush() { this->is_busy = false; }
  void set_baud_rate(uint32_t speed) { this->wanted = speed; }
  void apply_settings_live() {
    // What is on its way would be cut off.
    CHECK(!this->is_busy);
    this->speed = this->wanted;
  }
  void write_byte(uint8_t byte) { this->write_array(&byte, 1); }
  void write_array(const uint8_t *bytes, size_t size) {
    this->sent.push_back({this->speed, std::vector<uint8_t>(bytes, bytes + size)});
    this->is_busy = true;
  }
};

/// One whose speed is what it is.
struct Terminal {
  std::vector<uint8_t> sent;

  void flush() {}
  void write_byte(uint8_t byte) { this->sent.push_back(byte); }
  void write_array(const uint8_t *bytes, size_t size) { this->sent.insert(this->sent.end(), bytes, bytes + size); }
};

static void a_frame_is_a_start_code_and_a_byte_a_channel() {
  Universe universe;
  universe.resize(30);
  CHECK(universe.set(1, 10) && universe.set(30, 255));
  CHECK(!universe.set(0, 1) && !universe.set(31, 1));
  CHECK(universe.frame().size() == 31);
  CHECK(universe.frame()[0] == 0 && universe.frame()[1] == 10 && universe.frame()[30] == 255);
  CHECK(universe.level(30) == 255 && universe.level(31) == 0);
}

static void a_universe_has_as_many_channels_as_there_may_be() {
  Universe universe;
  CHECK(universe.channels() == MIN_CHANNELS);
  universe.resize(1);
  CHECK(universe.channels() == MIN_CHANNELS);
  universe.resize(5000);
  CHECK(universe.channels() == MAX_CHANNELS);
}

static void levels_are_bytes() {
  CHECK(level_of(0) == 0);
  CHECK(level_of(0.5f) == 128);
  CHECK(level_of(1) == 255);
  CHECK(level_of(7) == 255);
  CHECK(level_of(-1) == 0);
  CHECK(level_of(NAN) == 0);
}

static void a_frame_begins_with_a_break() {
  Line line;
  const std::vector<uint8_t> frame{0, 1, 2};
  for (int count = 0; count < 2; count++)
    send_frame(line, frame);
  CHECK(line.sent.size() == 4);
  for (size_t at = 0; at < line.sent.size(); at += 2) {
    CHECK(line.sent[at] == std::make_pair(BREAK_SPEED, std::vector<uint8_t>{0}));
    CHECK(line.sent[at + 1] == std::make_pair(SPEED, frame));
  }
  // A start bit and eight of data are low, two stop bits are high.
  CHECK(9 * 1e6 / BREAK_SPEED >= 92);
  CHECK(2 * 1e6 / BREAK_SPEED >= 12);
}

static void a_line_that_keeps_its_speed_has_the_bytes_at_least() {
  Terminal terminal;
  send_frame(terminal, {0, 1, 2});
  CHECK((terminal.sent == std::vector<uint8_t>{0, 0, 1, 2}));
}

int main() {
  a_frame_is_a_start_code_and_a_byte_a_channel();
  a_universe_has_as_many_channels_as_there_may_be();
  levels_are_bytes();
  a_frame_begins_with_a_break();
  a_line_that_keeps_its_speed_has_the_bytes_at_least();
  return failures > 100 ? 100 : failures;
}
