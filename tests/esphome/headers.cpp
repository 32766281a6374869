// Checks of what needs no ESPHome. Prints what fails; the exit code is the number of failures.

#include <cstdio>
#include <deque>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "host_mqtt/packets.h"
#include "maestra/advertisement.h"
#include "maestra/colors.h"
#include "maestra/declaration.h"
#include "maestra/firmware.h"
#include "maestra/kept_text.h"
#include "maestra/metrics.h"
#include "maestra/shared_value.h"
#include "maestra/state_news.h"
#include "maestra/topics.h"
#include "maestra_wire/broker.h"
#include "maestra_wire/json.h"

#include "checks.h"

using namespace esphome;
using namespace esphome::maestra;

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

static void a_button_is_declared_as_true_for_a_moment() {
  std::string out;
  Declaration{.name = "ring", .type = "boolean", .is_input = true, .is_momentary = true}.write_to(out);
  CHECK(out == R"({"name":"ring","type":"boolean","direction":"input","config":{"momentary":true}})");
}

static void a_metric_says_what_it_knows() {
  std::string out;
  write_metric(out, "uptime", 12.5f, "s");
  CHECK(out == R"({"metric_name":"uptime","metric_value":12.5,"unit":"s"})");
  out.clear();
  write_metric(out, "loops", 3, "", R"({"core":1})");
  CHECK(out == R"({"metric_name":"loops","metric_value":3,"tags":{"core":1}})");
  out.clear();
  write_declaration(out, {"uptime", "s", true, {}});
  CHECK(out == R"({"unit":"s","entity_category":"diagnostic"})");
  out.clear();
  write_declaration(out, {"loops", "", false, {}});
  CHECK(out == "{}");
}

static void news_are_of_the_variable_that_is_asked_for() {
  const std::string topic = "maestra/entity/state/light/wash-1";
  const std::string event =
      R"({"changed_keys":["on","cue","scene"],"current_state":{"on":true,"level":5,"scene":"Dark","cue":{"a":1}}})";
  CHECK(read_news(topic, event, "on")->value == "true");
  CHECK(read_news(topic, event, "scene")->value == "Dark");
  CHECK(read_news(topic, event, "cue")->value == R"({"a":1})");
  CHECK(!read_news(topic, event, "level"));
  CHECK(!read_news(topic, event, "absent"));
  const std::string state = R"({"on":true,"level":5,"scene":"Dark","cue":{"a":1}})";
  CHECK(read_news(topic, event, "on")->state == state);
  CHECK(read_news(topic, event, {})->value == state);
  CHECK(!read_news("maestra/entity/state/update/wash-1", event, "on"));
  CHECK(!read_news(topic, "[]", {}));
  CHECK(!read_news(topic, R"({"changed_keys":["on"]})", "on"));
  CHECK(read_news(topic, R"({"changed_keys":["on"],"current_state":{}})", "on")->value.empty());
}

static void what_is_followed_is_read_as_it_is() {
  const std::string answer = R"({"entity_slug":"wash-1","state":{"on":true,"scene":"Dark"}})";
  CHECK(read_followed(answer, "wash-1", "scene")->value == "Dark");
  CHECK(read_followed(answer, "wash-1", "scene")->state == R"({"on":true,"scene":"Dark"})");
  CHECK(read_followed(answer, "wash-1", {})->value == R"({"on":true,"scene":"Dark"})");
  CHECK(!read_followed(answer, "wash-2", "scene"));
  CHECK(!read_followed(answer, "wash-1", "absent"));
  CHECK(!read_followed(R"({"entity_slug":"wash-1"})", "wash-1", {}));
}

/// Keeps what is saved, until its power is cut.
struct Preferences {
  std::map<size_t, Piece> pieces;
  std::optional<KeptHeader> header;
  size_t saves_left{1000};

  bool save_piece(size_t at, const Piece &piece) {
    if (this->saves_left == 0)
      return false;
    this->saves_left--;
    this->pieces[at] = piece;
    return true;
  }
  bool load_piece(size_t at, Piece &piece) const {
    const auto found = this->pieces.find(at);
    if (found == this->pieces.end())
      return false;
    piece = found->second;
    return true;
  }
  bool save_header(const KeptHeader &header) {
    if (this->saves_left == 0)
      return false;
    this->saves_left--;
    this->header = header;
    return true;
  }
  bool load_header(KeptHeader &header) const {
    if (!this->header)
      return false;
    header = *this->header;
    return true;
  }
};

static void a_text_is_kept_as_it_was() {
  for (size_t length : {0, 1, 239, 240, 241, 480, 960}) {
    Preferences preferences;
    const NumberedText kept{7, std::string(length, 'x')};
    CHECK(keep_text(preferences, kept, 960));
    CHECK(kept_text(preferences, 960) == kept);
    CHECK(preferences.pieces.size() == pieces_of(length));
  }
  Preferences preferences;
  CHECK(!kept_text(preferences, 960));
  CHECK(!keep_text(preferences, {1, std::string(961, 'x')}, 960));
  CHECK(preferences.pieces.empty());
}

static void a_text_that_was_not_written_to_its_end_is_none() {
  const NumberedText before{1, std::string(500, 'a')}, after{2, std::string(700, 'b')};
  for (size_t saves = 0; saves < 4; saves++) {
    Preferences preferences;
    CHECK(keep_text(preferences, before, 960));
    preferences.saves_left = saves;
    CHECK(!keep_text(preferences, after, 960));
    const auto kept = kept_text(preferences, 960);
    CHECK(saves == 0 ? kept == before : !kept);
  }
  Preferences preferences;
  CHECK(keep_text(preferences, before, 960));
  // Of a firmware that takes less.
  CHECK(!kept_text(preferences, 480));
}

using Step = Advertisement::Step;

static void a_stream_is_advertised_until_the_hub_tells_it() {
  Advertisement stream;
  CHECK(stream.next(0) == Step::ADVERTISE);
  CHECK(stream.next(5000) == Step::NONE);
  CHECK(stream.next(10000) == Step::ADVERTISE);
  stream.hear("id", 10100);
  CHECK(stream.next(15000) == Step::NONE);
  CHECK(stream.next(20000) == Step::BEAT);
  stream.hear("id", 20100);
  CHECK(stream.next(30000) == Step::BEAT);
}

static void a_stream_that_the_hub_is_silent_about_is_advertised_again() {
  Advertisement stream;
  stream.next(0);
  stream.hear("id", 100);
  CHECK(stream.next(10000) == Step::BEAT);
  CHECK(stream.next(20000) == Step::BEAT);
  CHECK(stream.next(25100) == Step::ADVERTISE);
  CHECK(stream.id().empty());
}

static void a_stream_that_has_expired_is_advertised_again_and_one_that_was_withdrawn_is_not() {
  Advertisement stream;
  stream.next(0);
  stream.hear("id", 100);
  CHECK(!stream.end("other", true));
  CHECK(stream.end("id", true));
  CHECK(stream.next(200) == Step::ADVERTISE);
  stream.hear("new", 300);
  CHECK(!stream.end("id", false));
  CHECK(stream.end("new", false));
  CHECK(stream.next(20000) == Step::NONE);
  stream.want(true);
  CHECK(stream.next(20001) == Step::ADVERTISE);
}

static void a_stream_is_withdrawn_as_soon_as_its_id_is_known() {
  Advertisement stream;
  stream.next(0);
  stream.want(false);
  CHECK(stream.next(10) == Step::NONE);
  stream.hear("id", 100);
  CHECK(stream.next(110) == Step::WITHDRAW);
  CHECK(stream.id() == "id");
  stream.forget();
  CHECK(stream.next(120) == Step::NONE);
  CHECK(!stream.end("id", false));
}

static void the_clock_of_a_board_starts_anew() {
  Advertisement stream;
  const uint32_t late = UINT32_MAX - 4000;
  CHECK(stream.next(late) == Step::ADVERTISE);
  stream.hear("id", late + 100);
  CHECK(stream.next(late + 9999) == Step::NONE);
  CHECK(stream.next(late + 10000) == Step::BEAT);
}

static void an_advertisement_says_what_it_knows() {
  StreamDescription stream{.name = "Mic", .type = "audio", .protocol = "udp", .port = 5004, .address = "192.0.2.7"};
  std::string out;
  stream.write_to(out, "AA:01", "");
  CHECK(out ==
        R"({"name":"Mic","stream_type":"audio","publisher_id":"AA:01","hardware_id":"AA:01","device_id":"AA:01",)"
        R"("protocol":"udp","address":"192.0.2.7","port":5004})");
  stream.multicast_group = "239.0.0.7";
  stream.multicast_port = 5005;
  stream.config = R"({"rate":48000})";
  out.clear();
  stream.write_to(out, "AA:01", "e-1");
  const json::Value said(out);
  CHECK(said.member("entity_id").is("e-1"));
  CHECK(said.member("multicast_port").number() == 5005);
  CHECK(said.member("config").member("rate").number() == 48000);
  const json::Value own(R"({"id":"1","name":"Mic","stream_type":"audio","publisher_id":"AA:01"})");
  CHECK(stream.is(own, "AA:01"));
  CHECK(!stream.is(own, "AA:02"));
  CHECK(!stream.is(json::Value(R"({"name":"Mic","stream_type":"audio","publisher_id":"AA:01"})"), "AA:01"));
}

static void firmware_is_taken_from_where_the_manifest_is() {
  const std::string manifest = "https://example.org/fader/manifest.json";
  for (const char *url : {"https://example.org/x.bin", "https://example.org/", "https://example.org?x"})
    CHECK(is_from(url, manifest));
  for (const char *url :
       {"", "x.bin", "http://example.org/x.bin", "https://example.org.evil.example/x.bin", "https://evil.example/x.bin",
        "https://example.org:8443/x.bin", "https://example.org@evil.example/x.bin", "https://", "://example.org/",
        "https://example.org\\@evil.example/x.bin", "https://example.org\\x.bin"})
    CHECK(!is_from(url, manifest));
  CHECK(!is_from("https://example.org/x.bin", ""));
}

static void topics_are_those_of_the_dialect() {
  CHECK(device_topic("describe", "02:4D:41:45:53:01") == "maestra/device/describe/02:4D:41:45:53:01");
  CHECK(device_topic("events", "a/b+ü") == "maestra/device/events/a%2Fb%2B%C3%BC");
  CHECK(stream_topic("heartbeat", "id") == "maestra/stream/heartbeat/id");
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

static void brokers_are_read_as_people_write_them() {
  const auto is = [](std::string_view text, std::string_view host, uint16_t port) {
    const BrokerAddress broker = read_broker(text);
    return broker.host == host && broker.port == port;
  };
  CHECK(is("homeassistant.local", "homeassistant.local", 1883));
  CHECK(is(" 192.168.1.10:1884 ", "192.168.1.10", 1884));
  CHECK(is("mqtt://broker:1884/", "broker", 1884));
  CHECK(read_broker("").host.empty());
  for (const char *text : {"broker:", "broker:0", "broker:99999", "broker:1x"})
    CHECK(read_broker(text).host.empty());
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
  a_button_is_declared_as_true_for_a_moment();
  a_metric_says_what_it_knows();
  news_are_of_the_variable_that_is_asked_for();
  what_is_followed_is_read_as_it_is();
  a_text_is_kept_as_it_was();
  a_text_that_was_not_written_to_its_end_is_none();
  a_stream_is_advertised_until_the_hub_tells_it();
  a_stream_that_the_hub_is_silent_about_is_advertised_again();
  a_stream_that_has_expired_is_advertised_again_and_one_that_was_withdrawn_is_not();
  a_stream_is_withdrawn_as_soon_as_its_id_is_known();
  the_clock_of_a_board_starts_anew();
  an_advertisement_says_what_it_knows();
  firmware_is_taken_from_where_the_manifest_is();
  topics_are_those_of_the_dialect();
  colors_are_read_as_they_are_written();
  the_hub_s_value_counts_at_the_first_start();
  what_the_hub_does_not_know_is_told();
  what_changed_here_while_away_counts();
  what_was_lost_on_its_way_is_told_again();
  what_is_only_ours_is_put_right();
  both_sides_end_with_the_same_value();
  packets_arrive_in_pieces();
  brokers_are_read_as_people_write_them();
  filters_match_as_in_mqtt();
  return failures > 100 ? 100 : failures;
}
