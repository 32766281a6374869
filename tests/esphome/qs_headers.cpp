// Checks of the outbox of QS. Prints what fails; the exit code is the number of failures.

#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <random>
#include <set>
#include <string>
#include <sys/resource.h>
#include <vector>

#include "maestra_qs/event.h"
#include "maestra_qs/file_storage.h"
#include "maestra_qs/outbox.h"
#include "maestra_qs/slot_storage.h"

#include "checks.h"

using namespace esphome;
using namespace esphome::maestra_qs;

static constexpr int64_t NOON_MS = 1767268800123;

static std::string content(float value) { return *event_content("count", value, "", ""); }

/// An outbox and what it has sent.
struct Node {
  explicit Node(uint64_t nonce = 1) { this->outbox.begin("node", nonce); }

  void add(unsigned count, uint32_t now_ms = 0, int64_t time_ms = NOON_MS) {
    for (unsigned at = 0; at < count; at++)
      this->outbox.add(content(at), now_ms, time_ms);
  }
  bool send(uint32_t now_ms, bool is_taken = true, int64_t time_ms = NOON_MS) {
    return this->outbox.send(now_ms, time_ms, [&](std::string_view payload) {
      if (is_taken)
        this->sent.emplace_back(payload);
      return is_taken;
    });
  }
  /// Sends all that may be sent now.
  void send_all(uint32_t now_ms) {
    while (this->send(now_ms)) {
    }
  }
  std::vector<std::string> ids() const {
    std::vector<std::string> found;
    const auto note = [&](const json::Value &event) { found.push_back(event.member("event_id").text().value_or("?")); };
    for (const auto &payload : this->sent) {
      const json::Value body(payload);
      if (body.is_object()) {
        note(body);
      } else {
        body.elements(note);
      }
    }
    return found;
  }

  Outbox outbox;
  std::vector<std::string> sent;
};

static void an_event_is_what_qs_asks_for() {
  CHECK(event_content("temperature", 21.5f, "°C", "") == R"("event_type":"temperature","value":21.5,"unit":"°C")");
  CHECK(event_content("sky", std::string_view("grey \"blue\""), "", R"({"a":1})") ==
        R"("event_type":"sky","value":"grey \"blue\"","meta":{"a":1})");
  Node node(0xAB);
  node.add(1);
  node.send(0);
  CHECK(node.sent[0] == R"({"schema":1,"event_id":"node-00000000000000ab-1","device_id":"node",)"
                        R"("event_type":"count","value":0,"ts_device":"2026-01-01T12:00:00.123Z"})");
}

static void what_qs_does_not_take_is_none() {
  CHECK(!event_content("", 1.0f, "", ""));
  CHECK(!event_content("a", NAN, "", ""));
  CHECK(!event_content("a", INFINITY, "", ""));
  CHECK(!event_content("a", 1.0f, "", "[1]"));
  CHECK(!event_content("a", 1.0f, "", "{"));
  CHECK(!event_content(std::string(129, 'a'), 1.0f, "", ""));
  CHECK(!event_content("a", 1.0f, std::string(65, 'a'), ""));
  CHECK(!event_content("a", std::string_view(std::string(2000, 'a')), "", ""));
}

static void acknowledgements_are_read() {
  CHECK(stored_id(R"({"schema":1,"event_id":"a-1","device_id":"a","status":"stored"})") == "a-1");
  for (const char *other : {"", "[]", "{}", R"({"event_id":"a-1"})", R"({"event_id":"a-1","status":"lost"})",
                            R"({"event_id":1,"status":"stored"})"})
    CHECK(!stored_id(other));
}

static void without_a_clock_there_is_no_time() {
  Node node;
  node.add(1, 100, 0);
  node.send(200, true, 0);
  CHECK(node.sent[0].find("ts_device") == std::string::npos);
  // What was sent says the same for ever: another content under its id would be another event.
  node.outbox.reconnected();
  node.send(300);
  CHECK(node.sent[0] == node.sent[1]);
}

static void an_event_that_waits_gets_its_time_once_there_is_a_clock() {
  Node node;
  node.add(1, 1000, 0);
  node.send(61000, true, NOON_MS);
  CHECK(node.sent[0].find(R"("ts_device":"2026-01-01T11:59:00.123Z")") != std::string::npos);
}

static void events_go_in_batches_oldest_first() {
  Node node;
  node.outbox.limits = {.batch_events = 4, .in_flight = 10};
  node.add(12);
  node.send_all(0);
  // No more than ten may be on their way.
  CHECK(node.sent.size() == 3);
  CHECK(node.ids().size() == 10);
  CHECK(node.ids().front() == "node-0000000000000001-1");
  node.outbox.acknowledge("node-0000000000000001-1", 1);
  node.send_all(1);
  CHECK(node.ids().size() == 11);
  CHECK(node.ids().back() == "node-0000000000000001-11");
  CHECK(node.sent.back().front() == '{');
}

static void a_batch_fits_into_a_message() {
  Node node;
  node.outbox.limits = {.batch_events = 20, .batch_bytes = 1000};
  for (int at = 0; at < 9; at++)
    node.outbox.add(*event_content("text", std::string_view(std::string(200, 'x')), "", ""), 0, 0);
  node.outbox.add(*event_content("text", std::string_view(std::string(980, 'x')), "", ""), 0, 0);
  node.send_all(0);
  CHECK(node.ids().size() == 10);
  for (const auto &payload : node.sent)
    CHECK(payload.size() <= 1000 || payload.front() == '{');
}

static void what_is_not_acknowledged_is_sent_again_later_and_later() {
  Node node(0);
  node.outbox.limits = {.first_retry_ms = 1000, .last_retry_ms = 8000};
  node.add(1);
  std::vector<uint32_t> at;
  for (uint32_t now = 0; now < 40000; now += 100) {
    if (node.send(now))
      at.push_back(now);
  }
  CHECK((at == std::vector<uint32_t>{0, 1000, 3000, 7000, 15000, 23000, 31000, 39000}));
  CHECK(node.outbox.depth() == 1);
}

static void once_the_hub_is_back_nobody_waits_longer() {
  Node node(0);
  node.outbox.limits = {.first_retry_ms = 1000, .last_retry_ms = 300000};
  node.add(2);
  for (uint32_t now = 0; now <= 31000; now += 100)
    node.send(now);
  const size_t before = node.sent.size();
  CHECK(!node.send(32000));
  node.outbox.acknowledge("node-0000000000000000-1", 32500);
  CHECK(node.send(32600));
  CHECK(node.sent.size() == before + 1);
}

static void boards_do_not_try_again_at_the_same_moment() {
  std::set<uint32_t> moments;
  for (uint64_t nonce = 0; nonce < 256; nonce += 5) {
    Node node(nonce);
    node.outbox.limits = {.first_retry_ms = 10000};
    node.add(1);
    node.send(0);
    uint32_t now = 0;
    while (!node.send(now))
      now += 10;
    CHECK(now >= 7490 && now <= 10000);
    moments.insert(now);
  }
  CHECK(moments.size() > 40);
}

static void what_can_not_be_published_waits() {
  Node node;
  node.add(3);
  CHECK(!node.send(0, false));
  CHECK(node.send(1));
  CHECK(node.ids().size() == 3);
}

static void after_a_reconnect_all_is_sent_again_within_bounds() {
  Node node;
  node.outbox.limits = {.batch_events = 5, .in_flight = 20};
  node.add(30);
  node.send_all(0);
  node.sent.clear();
  node.outbox.reconnected();
  node.send_all(1);
  CHECK(node.ids().size() == 20);
  CHECK(node.ids().front() == "node-0000000000000001-1");
}

static void the_oldest_is_dropped_and_counted() {
  Node node;
  node.outbox.limits.events = 10;
  node.add(14);
  CHECK(node.outbox.depth() == 10);
  CHECK(node.outbox.dropped() == 4);
  node.send(0);
  CHECK(node.ids().front() == "node-0000000000000001-5");
  CHECK(!node.outbox.acknowledge("node-0000000000000001-1", 0));
  CHECK(node.outbox.acknowledge("node-0000000000000001-5", 0));
  CHECK(node.outbox.acknowledged() == 1);
}

/// A folder that is gone afterwards.
struct Folder {
  Folder() : path(std::filesystem::temp_directory_path() / ("maestra-qs-" + std::to_string(::getpid()))) {
    std::filesystem::create_directories(this->path);
  }
  ~Folder() { std::filesystem::remove_all(this->path); }
  std::string file() const { return (this->path / "node.qs").string(); }

  std::filesystem::path path;
};

/// A node that keeps its events in a file.
struct KeptNode : Node {
  KeptNode(const Folder &folder, uint64_t nonce, size_t limit = 500) : Node(nonce), storage(folder.file()) {
    this->outbox.limits.events = limit;
    CHECK(this->storage.open(this->outbox));
  }

  FileStorage storage;
};

static void events_outlive_a_kill() {
  Folder folder;
  {
    KeptNode node(folder, 1);
    node.add(5);
    node.outbox.acknowledge("node-0000000000000001-2", 0);
  }
  {
    std::ofstream(folder.file(), std::ios::app) << "+77 0 node-torn \"event_type\":";
    KeptNode node(folder, 2);
    CHECK(node.outbox.depth() == 4);
    node.add(1);
    node.send_all(0);
    CHECK((node.ids() == std::vector<std::string>{"node-0000000000000001-1", "node-0000000000000001-3",
                                                  "node-0000000000000001-4", "node-0000000000000001-5",
                                                  "node-0000000000000002-6"}));
    CHECK(node.sent[0].find("2026-01-01T12:00:00.123Z") != std::string::npos);
  }
  KeptNode node(folder, 3);
  CHECK(node.outbox.depth() == 5);
}

static void what_was_dropped_stays_counted() {
  Folder folder;
  {
    KeptNode node(folder, 1, 3);
    node.add(5);
    CHECK(node.outbox.dropped() == 2);
  }
  KeptNode node(folder, 2, 2);
  CHECK(node.outbox.dropped() == 3);
  CHECK(node.outbox.depth() == 2);
}

static void a_file_that_is_damaged_gives_what_is_whole() {
  Folder folder;
  {
    KeptNode node(folder, 1);
    node.add(3);
  }
  std::string text;
  {
    std::ifstream file(folder.file());
    text.assign(std::istreambuf_iterator<char>(file), {});
  }
  std::mt19937 random(3);
  for (int round = 0; round < 300; round++) {
    std::string damaged = text;
    for (unsigned at = random() % 8; at > 0; at--)
      damaged[random() % damaged.size()] = static_cast<char>(random());
    damaged.resize(random() % (damaged.size() + 1));
    std::ofstream(folder.file(), std::ios::trunc) << damaged;
    KeptNode node(folder, 2);
    CHECK(node.outbox.depth() <= 4);
    node.send_all(0);
    for (const auto &payload : node.sent)
      CHECK(json::Value(payload).exists());
  }
}

static void the_file_does_not_grow_for_ever() {
  Folder folder;
  KeptNode node(folder, 1);
  for (unsigned round = 0; round < 5000; round++) {
    node.add(1);
    node.outbox.acknowledge(node.outbox.events().front().id, 0);
  }
  CHECK(std::filesystem::file_size(folder.file()) < 200000);
}

static void a_disk_that_was_full_has_everything_once_it_is_not() {
  Folder folder;
  rlimit before{};
  getrlimit(RLIMIT_FSIZE, &before);
  signal(SIGXFSZ, SIG_IGN);
  {
    KeptNode node(folder, 1);
    rlimit full = before;
    full.rlim_cur = 250;
    setrlimit(RLIMIT_FSIZE, &full);
    node.add(10);
    CHECK(node.storage.is_failing());
    node.outbox.acknowledge("node-0000000000000001-2", 0);
    setrlimit(RLIMIT_FSIZE, &before);
    node.add(1);
    CHECK(!node.storage.is_failing());
    node.add(1);
  }
  KeptNode node(folder, 2);
  CHECK(node.outbox.depth() == 11);
}

static void a_disk_that_takes_nothing_is_told() {
  FileStorage storage("/proc/none/node.qs");
  Node node;
  CHECK(!storage.open(node.outbox));
  CHECK(storage.is_failing());
  node.add(1);
  CHECK(node.send(0));
}

/// Lets a node run, be killed, lose its broker and be full at random; nothing that was made may be lost uncounted.
static void every_event_is_stored_or_counted_as_dropped() {
  for (unsigned seed = 0; seed < 60; seed++) {
    Folder folder;
    std::mt19937 random(seed);
    std::set<std::string> made, stored;
    std::multiset<std::string> on_the_wire;
    uint32_t dropped = 0;
    unsigned count = 0;
    for (unsigned run = 0; run < 6; run++) {
      KeptNode node(folder, seed * 100 + run, 40);
      uint32_t now = 0;
      bool is_connected = true;
      // The last run ends when all is done.
      for (unsigned step = 0; step < 300 || (run == 5 && node.outbox.depth() > 0); step++) {
        now += random() % 50;
        if (step < 300 && random() % 3 == 0) {
          node.add(1, now);
          made.insert(node.outbox.events().back().id);
          count++;
        }
        if (random() % 40 == 0) {
          is_connected = !is_connected;
          node.outbox.reconnected();
        }
        if ((is_connected || step >= 300) && node.send(now))
          on_the_wire.insert(node.sent.back());
        if (!on_the_wire.empty() && random() % 2 == 0) {
          const std::string payload = *on_the_wire.begin();
          on_the_wire.erase(on_the_wire.begin());
          // Lost with the broker now and then; so are acknowledgements.
          if (random() % 10 == 0)
            continue;
          const auto store = [&](const json::Value &event) {
            const std::string id = *event.member("event_id").text();
            stored.insert(id);
            if (random() % 10 != 0)
              node.outbox.acknowledge(id, now);
          };
          const json::Value body(payload);
          if (body.is_object()) {
            store(body);
          } else {
            body.elements(store);
          }
        }
      }
      dropped = node.outbox.dropped();
    }
    CHECK(made.size() == count);
    std::set<std::string> missing;
    for (const auto &id : made) {
      if (!stored.contains(id))
        missing.insert(id);
    }
    CHECK(missing.size() <= dropped);
    CHECK(stored.size() <= made.size());
  }
}

static void events_fit_into_slots() {
  Slot slot;
  const Event event{
      .id = "node-00000000000000ab-1", .content = content(21.5f), .position = 7, .measured_at_ms = NOON_MS};
  CHECK(write_slot(slot, event));
  const auto read = read_slot(slot);
  CHECK(read && read->id == event.id && read->content == event.content);
  CHECK(read && read->position == 7 && read->measured_at_ms == NOON_MS);
  CHECK(!read_slot(Slot{}));
  CHECK(!write_slot(slot, {.id = "node", .content = std::string(300, 'x')}));
  std::mt19937 random(4);
  for (int round = 0; round < 2000; round++) {
    for (auto &byte : slot)
      byte = static_cast<uint8_t>(random());
    slot[0] = 1;
    (void) read_slot(slot);
  }
}

static void slots_are_written_when_it_is_time_and_only_for_what_waits() {
  std::map<size_t, Slot> flash;
  unsigned writes = 0;
  SlotStorage storage(4, [&](size_t slot, const Slot &content) {
    flash[slot] = content;
    writes++;
    return true;
  });
  Node node;
  node.outbox.set_storage(&storage);
  const auto id = [](unsigned number) { return "node-0000000000000001-" + std::to_string(number); };
  node.add(1);
  node.outbox.acknowledge(id(1), 0);
  CHECK(storage.save(node.outbox.events()) == 0);
  node.add(6);
  CHECK(storage.save(node.outbox.events()) == 4);
  CHECK(storage.save(node.outbox.events()) == 0);
  node.outbox.acknowledge(id(2), 0);
  node.outbox.acknowledge(id(3), 0);
  node.outbox.acknowledge(id(6), 0);
  // The two slots that are free hold the newest one and nothing.
  CHECK(storage.save(node.outbox.events()) == 2);
  CHECK(writes == 6);

  SlotStorage after(4, [&](size_t, const Slot &) { return true; });
  Node again(2);
  for (const auto &[slot, content] : flash)
    after.restore(again.outbox, slot, content);
  again.outbox.set_storage(&after);
  again.send_all(0);
  CHECK((again.ids() == std::vector<std::string>{id(4), id(5), id(7)}));
  // What came out of flash says the same for ever.
  CHECK(again.outbox.events().front().is_final);
}

int main() {
  an_event_is_what_qs_asks_for();
  what_qs_does_not_take_is_none();
  acknowledgements_are_read();
  without_a_clock_there_is_no_time();
  an_event_that_waits_gets_its_time_once_there_is_a_clock();
  events_go_in_batches_oldest_first();
  a_batch_fits_into_a_message();
  what_is_not_acknowledged_is_sent_again_later_and_later();
  once_the_hub_is_back_nobody_waits_longer();
  boards_do_not_try_again_at_the_same_moment();
  what_can_not_be_published_waits();
  after_a_reconnect_all_is_sent_again_within_bounds();
  the_oldest_is_dropped_and_counted();
  events_outlive_a_kill();
  what_was_dropped_stays_counted();
  a_file_that_is_damaged_gives_what_is_whole();
  the_file_does_not_grow_for_ever();
  a_disk_that_was_full_has_everything_once_it_is_not();
  a_disk_that_takes_nothing_is_told();
  every_event_is_stored_or_counted_as_dropped();
  events_fit_into_slots();
  slots_are_written_when_it_is_time_and_only_for_what_waits();
  return failures > 100 ? 100 : failures;
}
