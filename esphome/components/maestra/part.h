#pragma once

// What belongs to the hub and has topics of its own.

#include <cstdint>
#include <string>

#include "esphome/core/helpers.h"

namespace esphome::maestra {

class Maestra;

/// A part of the hub.
class Part : public Parented<Maestra> {
 public:
  virtual ~Part() = default;

  /// Subscribes to its topics; called once, before the link is up.
  virtual void start() = 0;
  /// Does what is due; called in each turn of the loop.
  virtual void loop(uint32_t now_ms) {}
  /// Takes note that the hub hears us no more.
  virtual void lost() {}
  virtual void dump_config() const {}
  /// Returns the slug of another entity whose state it goes by; empty for none.
  virtual std::string follows() const { return {}; }
};

}  // namespace esphome::maestra
