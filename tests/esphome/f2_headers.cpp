// Checks of what an F2 controller says and does. Prints what fails; the exit code is the number of failures.

#include <string>
#include <vector>

#include "maestra_f2/modbus_frame.h"
#include "maestra_f2/payloads.h"
#include "maestra_f2/strike.h"

#include "checks.h"

using namespace esphome::maestra_f2;
using namespace std::string_literals;
using Power = StrikeCommand::Power;

static void strikes_are_told_what_the_protocol_has() {
  const auto toggle = read_strike_command(R"({"power-flag":2,"period":5})");
  CHECK(toggle && toggle->power == Power::TOGGLE && toggle->period_s == 5);
  CHECK(read_strike_command(R"({"power-flag":1,"period":0})")->power == Power::ON);
  CHECK(read_strike_command(R"({"power-flag":0})")->power == Power::OFF);
  for (const char *wrong :
       {"", "1", "[]", "{}", R"({"power-flag":3})", R"({"power-flag":"1"})", R"({"power-flag":true})",
        R"({"power-flag":2})", R"({"power-flag":2,"period":0})", R"({"power-flag":2,"period":256})",
        R"({"power-flag":1.5})", R"({"power-flag":2,"period":-1})"})
    CHECK(!read_strike_command(wrong));
}

static void a_strike_switches_back_once() {
  StrikeTimer timer;
  CHECK(timer.command({Power::TOGGLE, 5}, false, 1000));
  CHECK(!timer.expired(5999));
  CHECK(timer.expired(6000) == false);
  CHECK(!timer.expired(7000));
  // Power that is on goes off, and on again.
  CHECK(!timer.command({Power::TOGGLE, 1}, true, 0));
  CHECK(timer.expired(1000) == true);
}

static void who_comes_second_has_as_much_time() {
  StrikeTimer timer;
  timer.command({Power::TOGGLE, 5}, false, 0);
  CHECK(timer.command({Power::TOGGLE, 5}, true, 4000));
  CHECK(!timer.expired(5000));
  CHECK(timer.expired(9000) == false);
}

static void on_and_off_end_a_period() {
  for (const auto power : {Power::OFF, Power::ON}) {
    StrikeTimer timer;
    timer.command({Power::TOGGLE, 5}, false, 0);
    CHECK(timer.command({power, 0}, true, 1000) == (power == Power::ON));
    CHECK(!timer.expired(60000));
  }
}

static void a_period_survives_the_end_of_the_counter() {
  StrikeTimer timer;
  timer.command({Power::TOGGLE, 255}, false, 0xFFFFFF00);
  CHECK(!timer.expired(0x100));
  CHECK(timer.expired(0xFFFFFF00 + 255000) == false);
}

static void sirens_and_readers_are_told_plain_digits() {
  CHECK(read_siren_command("1") == true);
  CHECK(read_siren_command("0") == false);
  CHECK(!read_siren_command("") && !read_siren_command("on") && !read_siren_command("11"));
  CHECK(read_feedback("1") == 1 && read_feedback("3") == 3);
  CHECK(!read_feedback("0") && !read_feedback("4") && !read_feedback("") && !read_feedback("12"));
}

static void bytes_are_written_as_python_does() {
  CHECK(bytes_literal("\"Hello World\"") == R"(b'"Hello World"')");
  CHECK(bytes_literal("\x02\x02\x01\x00\x00\x00\x03\x03"s) == R"(b'\x02\x02\x01\x00\x00\x00\x03\x03')");
  CHECK(bytes_literal("it's") == R"(b"it's")");
  CHECK(bytes_literal("it's \"so\"") == R"(b'it\'s "so"')");
  CHECK(bytes_literal("a\\b\r\n\t\xff") == R"(b'a\\b\r\n\t\xff')");
}

static void topics_are_those_of_this_controller() {
  const std::string name = "f2-aabbccddee01";
  const auto command = read_command_topic("cmnd/f2-aabbccddee01/alarm-mode/J2/siren-1", name);
  CHECK(command && command->place == "alarm-mode/J2/siren-1" && !command->is_feedback);
  const auto feedback = read_command_topic("cmnd/f2-aabbccddee01/access-control-mode/J1/reader-1/success", name);
  CHECK(feedback && feedback->place == "access-control-mode/J1/reader-1" && feedback->is_feedback);
  for (const char *other : {"", "cmnd/", "cmnd/f2-aabbccddee01", "cmnd/f2-aabbccddee012/a/b/c",
                            "stat/f2-aabbccddee01/a/b/c", "cmnd/f2-aabbccddee02/a/b/c"})
    CHECK(!read_command_topic(other, name));
}

static const ModbusRequest SIX_REGISTERS{.address = 1, .function = 3, .start = 0, .count = 6};
static const std::string ANSWER = "\x01\x03\x0C" + std::string(12, '\x30') + "\x18\x28";

static void a_sensor_is_asked() {
  CHECK(hex_text(SIX_REGISTERS.body()) == "01 03 00 00 00 06");
  CHECK(hex_text(ModbusRequest{.address = 2, .function = 4, .start = 0x1234, .count = 125}.body()) ==
        "02 04 12 34 00 7D");
}

static void answers_arrive_in_pieces() {
  for (size_t length = 0; length < ANSWER.size(); length++)
    CHECK(modbus_reply(SIX_REGISTERS, ANSWER.substr(0, length)) == ModbusReply::INCOMPLETE);
  CHECK(modbus_reply(SIX_REGISTERS, ANSWER) == ModbusReply::VALUES);
  CHECK(hex_text(ANSWER) == "01 03 0C 30 30 30 30 30 30 30 30 30 30 30 30 18 28");
  CHECK(modbus_reply(SIX_REGISTERS, "\x01\x83\x02\x00\x00"s) == ModbusReply::EXCEPTION);
}

static void noise_and_echoes_are_no_answers() {
  CHECK(modbus_reply(SIX_REGISTERS, "\xFF") == ModbusReply::FOREIGN);
  CHECK(modbus_reply(SIX_REGISTERS, "\x01\x04\x0C"s) == ModbusReply::FOREIGN);
  // What was asked has no count of bytes where an answer has one.
  CHECK(modbus_reply(SIX_REGISTERS, SIX_REGISTERS.body()) == ModbusReply::FOREIGN);
}

int main() {
  strikes_are_told_what_the_protocol_has();
  a_strike_switches_back_once();
  who_comes_second_has_as_much_time();
  on_and_off_end_a_period();
  a_period_survives_the_end_of_the_counter();
  sirens_and_readers_are_told_plain_digits();
  bytes_are_written_as_python_does();
  topics_are_those_of_this_controller();
  a_sensor_is_asked();
  answers_arrive_in_pieces();
  noise_and_echoes_are_no_answers();
  return failures > 100 ? 100 : failures;
}
