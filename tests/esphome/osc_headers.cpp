// Checks of what OSC needs no ESPHome for. Prints what fails; the exit code is the number of failures.

#include <random>
#include <string>
#include <vector>

#include "maestra_osc/packets.h"
#include "maestra_osc/values.h"

#include "checks.h"

using namespace esphome::maestra;
using namespace esphome::maestra_osc;

static std::string bytes(const char *text, size_t size) { return std::string(text, size); }
#define BYTES(text) bytes(text, sizeof(text) - 1)

static std::vector<Message> read(const std::string &packet, int unreadable = 0) {
  std::vector<Message> messages;
  CHECK(read_packet(packet, [&](const Message &message) { messages.push_back(message); }) == unreadable);
  return messages;
}

static std::string element(const std::string &packet) {
  std::string out;
  write_word(out, packet.size());
  return out + packet;
}

static void messages_are_read_as_they_were_written() {
  const std::vector<Argument> arguments{int32_t(-7), 0.5f, std::string("Bühne"), std::string(), Argument()};
  const auto messages = read(write_message({"/desk/level", arguments}));
  CHECK(messages.size() == 1);
  CHECK(messages[0].address == "/desk/level");
  CHECK(messages[0].arguments == arguments);
}

static void truth_is_written_as_a_number_and_read_as_what_it_is() {
  CHECK((read(write_message({"/a", {true, false}}))[0].arguments == std::vector<Argument>{int32_t(1), int32_t(0)}));
  CHECK((read(BYTES("/a\0\0,TFIN\0\0\0"))[0].arguments == std::vector<Argument>{true, false, true, Argument()}));
}

static void all_types_are_passed_over_or_read() {
  const auto message =
      read(BYTES("/a\0\0,dhrbtcmi\0\0\0"
                 "\x3f\xe0\0\0\0\0\0\0"  // d 0.5
                 "\0\0\0\0\0\0\0\x2a"    // h 42
                 "\xff\x00\x80\xff"      // r
                 "\0\0\0\3abc\0"         // b
                 "\0\0\0\0\0\0\0\1"      // t
                 "\0\0\0x"               // c
                 "\0\x90\x40\x7f"        // m
                 "\0\0\0\5"))[0];
  CHECK((message.arguments == std::vector<Argument>{0.5f, 42.0f, std::string("#ff0080"), Argument(), Argument(),
                                                    Argument(), Argument(), int32_t(5)}));
}

static void lists_are_taken_as_their_elements() {
  CHECK(
      (read(BYTES("/a\0\0,[ii]\0\0\0\0\0\0\1\0\0\0\2"))[0].arguments == std::vector<Argument>{int32_t(1), int32_t(2)}));
}

static void a_message_without_types_has_no_arguments() {
  CHECK(read(BYTES("/a\0\0"))[0].arguments.empty());
  CHECK(read(BYTES("/a\0\0,\0\0\0"))[0].arguments.empty());
}

static void what_is_no_message_is_refused() {
  for (const std::string &packet : {
           std::string(),
           BYTES("/a"),
           BYTES("abc\0"),
           BYTES("/a\0\0i\0\0\0"),
           BYTES("/a\0\0,i\0\0\0\0"),
           BYTES("/a\0\0,x\0\0"),
           BYTES("/a\0\0,f\0\0\x7f\x80\0\0"),
           BYTES("/a\0\0,b\0\0\xff\xff\xff\xff"),
           BYTES("/a\0\0,s\0\0abcd"),
           "/" + std::string(300, 'a') + BYTES("\0\0\0"),
           write_message({"/a", std::vector<Argument>(MAX_ARGUMENTS + 1)}),
       })
    CHECK(read(packet, 1).empty());
}

static void bundles_are_read_in_their_order() {
  const std::string head = BYTES("#bundle\0\0\0\0\0\0\0\0\1");
  const std::string inner = head + element(write_message({"/b", {}}));
  const std::string whole = head + element(write_message({"/a", {}})) + element(inner) + element(BYTES("what")) +
                            element(write_message({"/c", {}}));
  std::string names;
  for (const auto &message : read(whole, 1))
    names += message.address;
  CHECK(names == "/a/b/c");
  CHECK(read(head).empty());
  CHECK(read(head + BYTES("\0\0\1\0"), 1).empty());
  std::string deep = write_message({"/a", {}});
  for (int depth = 0; depth < 10; depth++)
    deep = head + element(deep);
  CHECK(read(deep, 1).empty());
}

static void nothing_that_comes_does_harm() {
  std::mt19937 random(3);
  const std::string seed = BYTES("#bundle\0\0\0\0\0\0\0\0\1") +
                           element(write_message({"/{a,b}*[a-c]?", {true, int32_t(7), 0.5f, std::string("text")}}));
  for (int round = 0; round < 100000; round++) {
    std::string packet = seed.substr(0, random() % (seed.size() + 1));
    for (int changes = random() % 4; changes > 0 && !packet.empty(); changes--)
      packet[random() % packet.size()] = static_cast<char>(random());
    read_packet(packet, [](const Message &message) {
      CHECK(message.address.size() <= MAX_ADDRESS && message.arguments.size() <= MAX_ARGUMENTS);
      Pattern(message.address).matches("/abc/abc");
    });
  }
}

static bool matches(std::string_view pattern, std::string_view address) { return Pattern(pattern).matches(address); }

static void patterns_match_as_in_osc() {
  CHECK(matches("/a/b", "/a/b"));
  CHECK(!matches("/a/b", "/a/bc"));
  CHECK(!matches("/a/bc", "/a/b"));
  CHECK(matches("/*/level", "/desk/level"));
  CHECK(!matches("/*", "/desk/level"));
  CHECK(matches("/desk/*", "/desk/level"));
  CHECK(matches("/d?sk", "/desk"));
  CHECK(!matches("/d?sk", "/d/sk"));
  CHECK(matches("/relay_[1-3]", "/relay_2"));
  CHECK(!matches("/relay_[1-3]", "/relay_4"));
  CHECK(matches("/relay_[!1-3]", "/relay_4"));
  CHECK(matches("/relay_[13]", "/relay_3"));
  CHECK(matches("/{on,brightness}", "/on"));
  CHECK(matches("/{on,one}/x", "/one/x"));
  CHECK(matches("/*e*l", "/level"));
  CHECK(!matches("/{on", "/on"));
  CHECK(!matches("/[on", "/o"));
}

static void a_pattern_that_takes_too_long_matches_nothing() {
  const std::string text(200, 'a');
  CHECK(!matches("/*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*b", "/" + text));
  CHECK(!matches("/{a,aa}{a,aa}{a,aa}{a,aa}{a,aa}{a,aa}{a,aa}{a,aa}{a,aa}{a,aa}{a,aa}{a,aa}b", "/" + text));
}

static void values_are_read_as_maestra_reads_them() {
  const auto boolean = [](const Argument &argument) { return value_of("boolean", {argument}); };
  CHECK(boolean(0.5f) == Content(true));
  CHECK(boolean(int32_t(0)) == Content(false));
  CHECK(boolean(true) == Content(true));
  CHECK(boolean(std::string("off")) == Content(false));
  CHECK(boolean(std::string("1")) == Content(true));
  CHECK(!boolean(std::string("perhaps")));
  CHECK(!boolean(Argument()));
  CHECK(value_of("range", {int32_t(7)}) == Content(7.0f));
  CHECK(value_of("number", {true}) == Content(1.0f));
  CHECK(value_of("number", {std::string("0.5")}) == Content(0.5f));
  CHECK(!value_of("number", {std::string("much")}));
  CHECK(value_of("string", {0.5f}) == Content(std::string("0.5")));
  CHECK(value_of("enum", {std::string("Rainbow")}) == Content(std::string("Rainbow")));
  CHECK(value_of("string", {true}) == Content(std::string("true")));
  CHECK(value_of("color", {std::string("#ff0080")}) == Content(std::string("#ff0080")));
  CHECK(value_of("color", {1.0f, 0.0f, 0.5f}) == Content(std::string("#ff0080")));
  CHECK(value_of("color", {int32_t(255), int32_t(0), int32_t(128)}) == Content(std::string("#ff0080")));
  CHECK(!value_of("color", {std::string("red")}));
  CHECK(!value_of("color", {1.0f, 0.0f, Argument()}));
  CHECK(!value_of("number", {}));
}

static void names_are_addresses() {
  CHECK(address_of("/desk", "level") == "/desk/level");
  CHECK(address_of("", "a*b?") == "/a_b_");
  CHECK(address_of("/desk", "Bühne 1") == "/desk/Bühne 1");
}

static void only_own_networks_are_let_in() {
  Networks networks;
  CHECK(!networks.contain(0x7F000001));
  networks.add(0x7F000000, 0xFF000000);
  networks.add(0xC0A80105, 0xFFFFFFFF);
  CHECK(networks.contain(0x7F010203));
  CHECK(networks.contain(0xC0A80105));
  CHECK(!networks.contain(0xC0A80106));
}

static const std::vector<Peer> TARGETS{{1, 9001}, {2, 9001}};

static std::string told(ToldValue &value, const Content &here) {
  std::string who;
  if (value.has_news(here))
    value.tell(here, TARGETS, [&](const Peer &peer) { who += std::to_string(peer.address); });
  return who;
}

static void everybody_is_told_once_what_changes() {
  ToldValue value;
  CHECK(!value.has_news({}));
  CHECK(told(value, Content(1.0f)) == "12");
  CHECK(told(value, Content(1.0f)).empty());
  CHECK(told(value, Content(2.0f)) == "12");
}

static void whoever_sets_a_value_is_told_only_what_came_of_it() {
  ToldValue value;
  told(value, Content(1.0f));
  // It was taken over: the others hear of it.
  value.heard(Content(2.0f), {1, 5000});
  CHECK(told(value, Content(2.0f)) == "2");
  // It was not: it is put right.
  value.heard(Content(9.0f), {2, 5000});
  CHECK(told(value, Content(2.0f)) == "2");
  // Something else came of it.
  value.heard(Content(9.0f), {2, 5000});
  CHECK(told(value, Content(5.0f)) == "12");
  // It was so already.
  value.heard(Content(5.0f), {1, 5000});
  CHECK(told(value, Content(5.0f)).empty());
}

int main() {
  messages_are_read_as_they_were_written();
  truth_is_written_as_a_number_and_read_as_what_it_is();
  all_types_are_passed_over_or_read();
  lists_are_taken_as_their_elements();
  a_message_without_types_has_no_arguments();
  what_is_no_message_is_refused();
  bundles_are_read_in_their_order();
  nothing_that_comes_does_harm();
  patterns_match_as_in_osc();
  a_pattern_that_takes_too_long_matches_nothing();
  values_are_read_as_maestra_reads_them();
  names_are_addresses();
  only_own_networks_are_let_in();
  everybody_is_told_once_what_changes();
  whoever_sets_a_value_is_told_only_what_came_of_it();
  return failures > 100 ? 100 : failures;
}
