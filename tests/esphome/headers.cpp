// Checks of what needs no ESPHome. Prints what fails; the exit code is the number of failures.

#include <array>
#include <cstdio>
#include <deque>
#include <random>
#include <string>
#include <vector>

#include "host_mqtt/packets.h"
#include "maestra/colors.h"
#include "maestra/declaration.h"
#include "maestra/json.h"
#include "maestra/shared_value.h"
#include "maestra/topics.h"

using namespace esphome;
using namespace esphome::maestra;

static int failures = 0;

#define CHECK(condition)                                          \
  do {                                                            \
    if (!(condition)) {                                           \
      failures++;                                                 \
      std::printf("%s:%d: %s\n", __func__, __LINE__, #condition); \
    }                                                             \
  } while (false)

static std::string number(float value) {
  std::string out;
  json::write_number(out, value);
  return out;
}

static void numbers_are_written_as_short_as_they_can_be_read_again() {
  CHECK(number(0.1f) == "0.1");
  CHECK(number(50.2f) == "50.2");
  CHECK(number(-3) == "-3");
  CHECK(number(NAN) == "null");
  CHECK(number(INFINITY) == "null");
  std::mt19937 random(1);
  std::uniform_real_distribution<float> numbers(-1e6f, 1e6f);
  for (int at = 0; at < 20000; at++) {
    const float value = numbers(random);
    const std::string written = number(value);
    CHECK(json::Value(written).number() == value);
  }
}

static void texts_survive() {
  for (const std::string text : {"", "plain", "say \"hi\"", "back\\slash", "tab\tline\n", "Bühne 😀", "\x01"}) {
    std::string written;
    json::write(written, text);
    CHECK(json::Value(written).text() == text);
  }
  CHECK(json::Value(R"("B\u00fchne \ud83d\ude00 \/")").text() == "Bühne 😀 /");
  CHECK(json::Value(R"("\ud83d")").text() == "\xEF\xBF\xBD");
}

static void objects_are_read_where_they_stand() {
  const json::Value event(
      R"( {"state": {"on": true, "level": 0.5, "name": "a,}b"}, "keys": ["on", "level"], "none": null} )");
  CHECK(event.is_object());
  CHECK(event.member("state").member("on").boolean() == true);
  CHECK(event.member("state").member("level").number() == 0.5f);
  CHECK(event.member("state").member("name").text() == "a,}b");
  CHECK(!event.member("none").number());
  CHECK(!event.member("absent").exists());
  std::vector<std::string> keys;
  event.member("keys").elements([&](const json::Value &key) { keys.push_back(key.text().value_or("?")); });
  CHECK((keys == std::vector<std::string>{"on", "level"}));
}

static void what_is_no_json_is_nothing() {
  for (const char *text :
       {"", "{", "[1", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "[1,]", "{} {}", "\"open", "{1:2}", "\"\\"})
    CHECK(!json::Value(text).exists());
  CHECK(!json::Value(std::string(100, '[')).exists());
  CHECK(!json::Value(std::string(100, '[') + std::string(100, ']')).exists());
  std::mt19937 random(2);
  const std::string letters = "{}[]\":,\\u0a1 trfn";
  for (int at = 0; at < 50000; at++) {
    std::string text;
    for (unsigned length = random() % 24; length > 0; length--)
      text += letters[random() % letters.size()];
    const json::Value value(text);
    value.members([](const std::string &, const json::Value &inner) { (void) inner.text(); });
    value.elements([](const json::Value &inner) { (void) inner.number(); });
  }
}

static void a_declaration_says_what_it_knows() {
  std::string out;
  Declaration{.name = "level", .type = "range", .is_input = true, .min = 0, .max = 100, .unit = "%"}.write_to(out);
  CHECK(out == R"({"name":"level","type":"range","direction":"input","config":{"min":0,"max":100,"unit":"%"}})");
  out.clear();
  Declaration{.name = "scene", .type = "enum", .is_input = false, .options = {"Warm", "Cold"}}.write_to(out);
  CHECK(out == R"({"name":"scene","type":"enum","direction":"output","config":{"options":["Warm","Cold"]}})");
}

static void topics_are_those_of_the_dialect() {
  CHECK(device_topic("describe", "02:4D:41:45:53:01") == "maestra/device/describe/02:4D:41:45:53:01");
  CHECK(device_topic("events", "a/b+ü") == "maestra/device/events/a%2Fb%2B%C3%BC");
  CHECK(is_state_topic("maestra/entity/state/light/fader"));
  CHECK(!is_state_topic("maestra/entity/state/update/fader"));
  CHECK(!is_state_topic("maestra/entity/state/set/fader"));
}

static void colors_are_read_as_they_are_written() {
  for (unsigned value = 0; value < 0x1000000; value += 4099) {
    char text[8];
    std::snprintf(text, sizeof(text), "#%06x", value & 0xFFFFFF);
    const auto color = parse_color(text);
    CHECK(color && format_color(*color) == text);
  }
  for (const char *text : {"", "red", "#12345", "#12345g", "1234567", "#1234567"})
    CHECK(!parse_color(text));
}

static void the_hub_s_value_counts_at_the_first_start() {
  SharedValue value(true);
  value.show(1.0f);
  CHECK(value.settle(Content(2.0f)));
  value.show(2.0f);
  CHECK(!value.is_untold());
}

static void what_the_hub_does_not_know_is_told() {
  SharedValue value(true);
  value.show(1.0f);
  CHECK(!value.settle({}));
  CHECK(value.is_untold());
}

static void what_changed_here_while_away_counts() {
  SharedValue value(true);
  value.show(1.0f);
  value.settle({});
  value.tell();
  value.hear(1.0f, true);
  value.show(3.0f);
  CHECK(!value.settle(Content(1.0f)));
  CHECK(value.is_untold());
}

static void what_was_lost_on_its_way_is_told_again() {
  SharedValue value(true);
  value.show(1.0f);
  value.settle({});
  value.tell();
  CHECK(!value.settle({}));
  CHECK(value.is_untold());
}

static void what_is_only_ours_is_put_right() {
  SharedValue value(false);
  value.show(true);
  CHECK(!value.settle(Content(false)));
  CHECK(value.is_untold());
  value.tell();
  value.hear(true, true);
  CHECK(!value.hear(false, false));
  CHECK(value.is_untold());
}

/// Lets both sides change a value at random, with messages on their way for a random time.
static void both_sides_end_with_the_same_value() {
  for (unsigned seed = 0; seed < 2000; seed++) {
    std::mt19937 random(seed);
    struct Message {
      float value;
      bool is_own;
    };
    std::deque<float> to_hub;
    std::deque<Message> to_node;
    SharedValue node(true);
    float hub = 0, shown = 0;
    unsigned told = 0, changes_here = 0;
    node.show(0.0f);
    node.settle(Content(0.0f));
    const auto take = [&](float value, bool is_own) {
      if (value != hub) {
        hub = value;
        to_node.push_back({value, is_own});
      }
    };
    const auto run = [&](unsigned what) {
      if (what == 0) {
        const float value = random() % 4;
        changes_here += value != shown;
        shown = value;
        node.show(value);
      } else if (what == 1) {
        take(random() % 4, false);
      } else if (what == 2 && node.is_untold()) {
        told++;
        to_hub.push_back(std::get<float>(node.tell()));
      } else if (what == 3 && !to_hub.empty()) {
        take(to_hub.front(), true);
        to_hub.pop_front();
      } else if (what == 4 && !to_node.empty()) {
        const Message message = to_node.front();
        to_node.pop_front();
        if (node.hear(message.value, message.is_own)) {
          shown = message.value;
          node.show(message.value);
        }
      }
    };
    for (int step = 0; step < 60; step++)
      run(random() % 5);
    for (int step = 0; step < 200; step++)
      run(2 + step % 3);
    CHECK(hub == shown);
    CHECK(!node.is_untold());
    CHECK(told <= changes_here);
  }
}

static void packets_arrive_in_pieces() {
  using namespace host_mqtt;
  const std::string payload(300, 'x');
  const std::string bytes = publish_packet("a/b", payload, 1, false, 7) + packet(PacketType::PINGRESP, 0, "");
  PacketReader reader;
  std::vector<PacketType> types;
  for (char byte : bytes) {
    reader.feed(std::string_view(&byte, 1));
    while (const auto packet = reader.next()) {
      types.push_back(packet->type);
      if (packet->type == PacketType::PUBLISH) {
        const auto publication = read_publication(*packet);
        CHECK(publication && publication->topic == "a/b" && publication->payload == payload);
        CHECK(publication && publication->qos == 1 && publication->id == 7);
      }
    }
  }
  CHECK((types == std::vector{PacketType::PUBLISH, PacketType::PINGRESP}));
  CHECK(!reader.is_broken());
  reader.feed("\x30\xff\xff\xff\xff\xff");
  CHECK(!reader.next() && reader.is_broken());
}

static void filters_match_as_in_mqtt() {
  using host_mqtt::matches;
  CHECK(matches("a/+/c", "a/b/c"));
  CHECK(matches("a/#", "a/b/c"));
  CHECK(matches("a/#", "a"));
  CHECK(matches("#", "a"));
  CHECK(matches("a", "a"));
  CHECK(!matches("a/+", "a"));
  CHECK(!matches("a/+", "a/b/c"));
  CHECK(!matches("a", "a/b"));
  CHECK(!matches("a/b", "a"));
}

int main() {
  numbers_are_written_as_short_as_they_can_be_read_again();
  texts_survive();
  objects_are_read_where_they_stand();
  what_is_no_json_is_nothing();
  a_declaration_says_what_it_knows();
  topics_are_those_of_the_dialect();
  colors_are_read_as_they_are_written();
  the_hub_s_value_counts_at_the_first_start();
  what_the_hub_does_not_know_is_told();
  what_changed_here_while_away_counts();
  what_was_lost_on_its_way_is_told_again();
  what_is_only_ours_is_put_right();
  both_sides_end_with_the_same_value();
  packets_arrive_in_pieces();
  filters_match_as_in_mqtt();
  return failures > 100 ? 100 : failures;
}
