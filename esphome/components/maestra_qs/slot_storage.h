#pragma once

// Events in slots of a fixed size, such as the preferences of a board: written now and then, as flash wears out.

#include <array>
#include <cstdint>
#include <cstring>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "outbox.h"

namespace esphome::maestra_qs {

/// A preference of a node on a PC holds up to 255 bytes.
using Slot = std::array<uint8_t, 248>;

namespace slot_detail {

static constexpr uint8_t VERSION = 1;
static constexpr size_t HEADER_BYTES = 15;

template<typename T> void put(Slot &slot, size_t at, T number) { std::memcpy(slot.data() + at, &number, sizeof(T)); }
template<typename T> T get(const Slot &slot, size_t at) {
  T number;
  std::memcpy(&number, slot.data() + at, sizeof(T));
  return number;
}

}  // namespace slot_detail

/// Writes an event into a slot; false where there is too much of it.
inline bool write_slot(Slot &slot, const Event &event) {
  using namespace slot_detail;
  if (HEADER_BYTES + event.id.size() + event.content.size() > slot.size())
    return false;
  slot.fill(0);
  slot[0] = VERSION;
  put<uint32_t>(slot, 1, event.position);
  put<int64_t>(slot, 5, event.measured_at_ms);
  slot[13] = static_cast<uint8_t>(event.id.size());
  slot[14] = static_cast<uint8_t>(event.content.size());
  std::memcpy(slot.data() + HEADER_BYTES, event.id.data(), event.id.size());
  std::memcpy(slot.data() + HEADER_BYTES + event.id.size(), event.content.data(), event.content.size());
  return true;
}

inline std::optional<Event> read_slot(const Slot &slot) {
  using namespace slot_detail;
  const size_t id_size = slot[13], content_size = slot[14];
  if (slot[0] != VERSION || HEADER_BYTES + id_size + content_size > slot.size())
    return {};
  const auto *text = reinterpret_cast<const char *>(slot.data()) + HEADER_BYTES;
  return Event{.id = std::string(text, id_size),
               .content = std::string(text + id_size, content_size),
               .position = get<uint32_t>(slot, 1),
               .measured_at_ms = get<int64_t>(slot, 5)};
}

/// Keeps the oldest events that wait, as many as there are slots, each time that it is told to.
///
/// An event that is acknowledged before it would have been saved is never written.
class SlotStorage final : public Storage {
 public:
  using Write = std::function<bool(size_t slot, const Slot &content)>;

  SlotStorage(size_t slots, Write write) : slots_(slots), write_(std::move(write)) {}

  /// Takes over what a slot holds.
  void restore(Outbox &outbox, size_t number, const Slot &content) {
    auto event = read_slot(content);
    if (!event)
      return;
    event->is_saved = true;
    this->slots_[number] = {.position = event->position, .is_used = true, .is_stale = false};
    outbox.restore(std::move(*event));
  }

  void added(Event &) override {}
  void removed(const Event &event) override {
    if (!event.is_saved)
      return;
    for (SlotState &slot : this->slots_) {
      if (slot.is_used && slot.position == event.position)
        slot = {.position = 0, .is_used = false, .is_stale = true};
    }
  }
  void dropped(uint32_t) override {}

  /// Writes what has changed since last time. Returns how many slots were written.
  size_t save(std::deque<Event> &events) {
    size_t written = 0;
    auto slot = this->slots_.begin();
    for (Event &event : events) {
      while (slot != this->slots_.end() && slot->is_used)
        ++slot;
      if (slot == this->slots_.end())
        break;
      Slot content;
      if (event.is_saved || !write_slot(content, event))
        continue;
      if (!this->write_(slot - this->slots_.begin(), content))
        break;
      *slot = {.position = event.position, .is_used = true, .is_stale = false};
      event.is_saved = event.is_final = true;
      written++;
    }
    for (SlotState &each : this->slots_) {
      if (each.is_stale && this->write_(&each - this->slots_.data(), Slot{})) {
        each.is_stale = false;
        written++;
      }
    }
    return written;
  }

 protected:
  struct SlotState {
    uint32_t position;
    bool is_used;
    /// Whether it still holds what has gone.
    bool is_stale;
  };

  std::vector<SlotState> slots_;
  Write write_;
};

}  // namespace esphome::maestra_qs
