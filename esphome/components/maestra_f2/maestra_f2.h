#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "esphome/core/automation.h"
#include "esphome/core/component.h"
#include "esphome/core/defines.h"
#include "esphome/core/hal.h"
#include "esphome/components/maestra_wire/json.h"
#include "esphome/components/maestra_wire/link.h"
#include "modbus_frame.h"
#include "payloads.h"
#include "strike.h"

#ifdef USE_BINARY_SENSOR
#include "esphome/components/binary_sensor/binary_sensor.h"
#endif
#ifdef USE_SWITCH
#include "esphome/components/switch/switch.h"
#endif
#ifdef USE_MAESTRA_F2_BUS
#include "esphome/components/uart/uart.h"
#endif

namespace esphome::maestra_f2 {

class MaestraF2;

/// What hangs on a connector.
class Part {
 public:
  Part(MaestraF2 *controller, std::string place) : controller_(controller), place_(std::move(place)) {}
  virtual ~Part() = default;

  /// Its place on the controller: `alarm-mode/J2/siren-1`.
  const std::string &place() const { return this->place_; }
  virtual void setup() {}
  virtual void loop(uint32_t now_ms) {}
  /// Does what it is told; told nothing, it reports its state. False where that says nothing that it can do.
  virtual bool command(std::string_view payload) { return false; }
  virtual bool feedback(std::string_view payload) { return false; }
  /// Says what nobody can ask for.
  virtual void connected() {}

 protected:
  void tell_status_(bool status);

  MaestraF2 *controller_;
  std::string place_;
};

/// A board that speaks as an F2 controller does (docs/f2.md).
class MaestraF2 final : public Component {
 public:
  void set_link(maestra::Link *link) { this->link_ = link; }
  /// Twelve lower-case digits.
  void set_mac(const char *mac) { this->name_ = std::string("f2-") + mac; }
  void add_part(Part *part) { this->parts_.push_back(part); }

  void setup() override;
  void loop() override;
  void dump_config() override;
  /// After all entities have their first state.
  float get_setup_priority() const override { return setup_priority::AFTER_WIFI + 1.0f; }

  bool is_connected() const { return this->is_connected_; }
  /// Publishes an object with the time and what `add` adds, as `stat` or `tele`.
  template<typename F> bool say(const char *type, std::string_view place, F &&add) {
    std::string payload;
    {
      json::Object body(payload);
      this->add_time_(body);
      add(body);
    }
    return this->publish_(type, place, payload);
  }

 protected:
  void hear_(std::string_view topic, std::string_view payload);
  void add_time_(json::Object &body);
  bool publish_(const char *type, std::string_view place, const std::string &payload);

  maestra::Link *link_{nullptr};
  std::string name_;
  std::vector<Part *> parts_;
  bool is_connected_{false};
};

#ifdef USE_SWITCH
/// Tells each change of its power, and confirms each command.
class Strike final : public Part {
 public:
  Strike(MaestraF2 *controller, const char *place, switch_::Switch *power) : Part(controller, place), power_(power) {}
  void setup() override;
  void loop(uint32_t now_ms) override;
  bool command(std::string_view payload) override;
  void connected() override { this->tell_(); }

 protected:
  void tell_();

  switch_::Switch *power_;
  StrikeTimer timer_;
  bool has_told_{false};
};

/// Tells its state only when it is asked, as the vendor's does.
class Siren final : public Part {
 public:
  Siren(MaestraF2 *controller, const char *place, switch_::Switch *power) : Part(controller, place), power_(power) {}
  bool command(std::string_view payload) override;

 protected:
  switch_::Switch *power_;
};
#endif

#ifdef USE_BINARY_SENSOR
/// Tells each change of one input.
class Motion final : public Part {
 public:
  Motion(MaestraF2 *controller, const char *place, binary_sensor::BinarySensor *input)
      : Part(controller, place), input_(input) {}
  void setup() override;
  void connected() override;

 protected:
  binary_sensor::BinarySensor *input_;
};

/// Tells the states of all doors or buttons of a connector when one has changed.
class Inputs final : public Part {
 public:
  /// `name` is that of one of them: `door-sensor`.
  Inputs(MaestraF2 *controller, const char *place, const char *name, bool are_states,
         std::vector<binary_sensor::BinarySensor *> inputs)
      : Part(controller, place), name_(name), inputs_(std::move(inputs)), are_states_(are_states) {}
  void setup() override;
  void connected() override;

 protected:
  void tell_();

  const char *name_;
  std::vector<binary_sensor::BinarySensor *> inputs_;
  /// Buttons only happen: they say nothing when the connection comes back.
  bool are_states_;
};
#endif

/// Tells what it has read, and shows what it is told to.
class Reader final : public Part {
 public:
  using Part::Part;
  template<typename F> void add_on_feedback_callback(F &&callback) {
    this->feedback_callback_.add(std::forward<F>(callback));
  }

  bool feedback(std::string_view payload) override;
  /// Tells what is on a card; not later, when nobody stands at the door any more.
  void read(const std::string &data);

 protected:
  CallbackManager<void(int)> feedback_callback_;
};

template<typename... Ts> class ReadAction final : public Action<Ts...>, public Parented<Reader> {
 public:
  TEMPLATABLE_VALUE(std::string, data)

  void play(const Ts &...x) override { this->parent_->read(this->data_.value(x...)); }
};

#ifdef USE_MAESTRA_F2_BUS
/// Asks the sensors on an RS-485 bus one after the other, and passes their answers on as they are.
class Bus final : public Part, public uart::UARTDevice {
 public:
  using Part::Part;
  void set_flow_control_pin(GPIOPin *pin) { this->flow_control_ = pin; }
  void set_update_interval(uint32_t interval_ms) { this->interval_ms_ = interval_ms; }
  void set_timeout(uint32_t timeout_ms) { this->timeout_ms_ = timeout_ms; }
  void add_sensor(uint8_t address, uint8_t function, uint16_t start, uint16_t count) {
    this->requests_.push_back({.address = address, .function = function, .start = start, .count = count});
  }

  void setup() override;
  void loop(uint32_t now_ms) override;

 protected:
  void ask_(uint32_t now_ms);
  void answered_();
  void next_() { this->is_waiting_ = false, this->current_++; }

  std::vector<ModbusRequest> requests_;
  GPIOPin *flow_control_{nullptr};
  std::string answer_;
  size_t current_{0};
  uint32_t interval_ms_{30000};
  uint32_t timeout_ms_{500};
  uint32_t began_at_ms_{0};
  uint32_t asked_at_ms_{0};
  bool has_begun_{false};
  bool is_waiting_{false};
};
#endif

}  // namespace esphome::maestra_f2
