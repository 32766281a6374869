#pragma once

// What makes variables of ESPHome's entities.

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "esphome/core/component.h"
#include "esphome/core/defines.h"
#include "esphome/core/entity_base.h"
#include "esphome/core/helpers.h"
#include "declaration.h"
#include "shared_value.h"

#ifdef USE_SENSOR
#include "esphome/components/sensor/sensor.h"
#endif
#ifdef USE_BINARY_SENSOR
#include "esphome/components/binary_sensor/binary_sensor.h"
#endif
#ifdef USE_TEXT_SENSOR
#include "esphome/components/text_sensor/text_sensor.h"
#endif
#ifdef USE_NUMBER
#include "esphome/components/number/number.h"
#endif
#ifdef USE_SWITCH
#include "esphome/components/switch/switch.h"
#endif
#ifdef USE_SELECT
#include "esphome/components/select/select.h"
#endif
#ifdef USE_LIGHT
#include "esphome/components/light/light_state.h"
#endif
#ifdef USE_BUTTON
#include "esphome/components/button/button.h"
#endif
#ifdef USE_EVENT
#include "esphome/components/event/event.h"
#endif

namespace esphome::maestra {

/// Whoever is told what happens at an entity, rather than what it is.
class Reporter {
 public:
  /// Something happened at what is called `name`: it was pressed, or it is an event of that type.
  virtual void happened(const std::string &name, const std::string &event_type) = 0;
};

/// One variable of the board's entity in Maestra.
struct Variable {
  Variable(std::string name, const char *type, bool is_input)
      : declaration{.name = std::move(name), .type = type, .is_input = is_input}, shared(is_input) {}

  Declaration declaration;
  SharedValue shared;
  /// What the entity has to take over.
  std::optional<Content> wanted;
};

/// An entity of ESPHome and the variables that it is in Maestra.
class Binding {
 public:
  virtual ~Binding() = default;

  /// Reads what the entity is, shows what it has, and listens to it from now on.
  virtual void start() = 0;
  /// Hands the entity what its variables want.
  virtual void apply() = 0;
  /// Does so where they want anything.
  void apply_wanted() {
    for (const auto &variable : this->variables) {
      if (variable.wanted)
        return this->apply();
    }
  }

  std::vector<Variable> variables;

 protected:
  explicit Binding(std::vector<Variable> variables) : variables(std::move(variables)) {}
};

/// A binding of one variable.
class SingleBinding : public Binding {
 public:
  void set_unit(const char *unit) { this->declaration_().unit = unit; }
  void set_device_class(const char *device_class) { this->declaration_().device_class = device_class; }
  void set_min(float min) { this->declaration_().min = min; }
  void set_max(float max) { this->declaration_().max = max; }
  void set_step(float step) { this->declaration_().step = step; }

  void apply() override {
    if (const auto wanted = std::exchange(this->variables[0].wanted, {}))
      this->take_(*wanted);
  }

 protected:
  SingleBinding(const char *name, const char *type, bool is_input) : Binding({Variable(name, type, is_input)}) {}

  Declaration &declaration_() { return this->variables[0].declaration; }
  void show_(Content value) { this->variables[0].shared.show(std::move(value)); }
  virtual void take_(const Content &value) {}
  /// Takes unit and class over from the entity where the configuration names none.
  void describe_(const EntityBase &entity);
};

#ifdef USE_SENSOR
class SensorBinding final : public SingleBinding {
 public:
  SensorBinding(sensor::Sensor *sensor, const char *name) : SingleBinding(name, "number", false), sensor_(sensor) {}
  void start() override;

 protected:
  sensor::Sensor *sensor_;
};
#endif

#ifdef USE_BINARY_SENSOR
class BinarySensorBinding final : public SingleBinding {
 public:
  BinarySensorBinding(binary_sensor::BinarySensor *sensor, const char *name)
      : SingleBinding(name, "boolean", false), sensor_(sensor) {}
  void start() override;

 protected:
  binary_sensor::BinarySensor *sensor_;
};
#endif

#ifdef USE_TEXT_SENSOR
class TextSensorBinding final : public SingleBinding {
 public:
  TextSensorBinding(text_sensor::TextSensor *sensor, const char *name)
      : SingleBinding(name, "string", false), sensor_(sensor) {}
  void start() override;

 protected:
  text_sensor::TextSensor *sensor_;
};
#endif

#ifdef USE_NUMBER
class NumberBinding final : public SingleBinding {
 public:
  NumberBinding(number::Number *number, const char *name, bool is_input)
      : SingleBinding(name, "number", is_input), number_(number) {}
  void start() override;

 protected:
  void take_(const Content &value) override;

  number::Number *number_;
};
#endif

#ifdef USE_SWITCH
class SwitchBinding final : public SingleBinding {
 public:
  SwitchBinding(switch_::Switch *a_switch, const char *name, bool is_input)
      : SingleBinding(name, "boolean", is_input), switch_(a_switch) {}
  void start() override;

 protected:
  void take_(const Content &value) override;

  switch_::Switch *switch_;
};
#endif

#ifdef USE_SELECT
class SelectBinding final : public SingleBinding {
 public:
  SelectBinding(select::Select *select, const char *name, bool is_input)
      : SingleBinding(name, "enum", is_input), select_(select) {}
  void start() override;

 protected:
  void take_(const Content &value) override;

  select::Select *select_;
};
#endif

#ifdef USE_LIGHT
/// A light is the variables `on`, `brightness` (0 to 100), `color` and `effect`, as far as it has them.
class LightBinding final : public Binding, public light::LightRemoteValuesListener {
 public:
  explicit LightBinding(light::LightState *light) : Binding({}), light_(light) {}
  void start() override;
  void apply() override;
  void on_light_remote_values_update() override { this->show_(); }

 protected:
  void show_();
  /// Returns the variable of that name, if the light has it.
  Variable *variable_(const char *name);

  light::LightState *light_;
};
#endif

#ifdef USE_BUTTON
/// A button is a variable that is true for the moment in which it is to be pressed. A press at the board is an event.
class ButtonBinding final : public SingleBinding, public Parented<Reporter> {
 public:
  ButtonBinding(button::Button *button, const char *name) : SingleBinding(name, "boolean", true), button_(button) {
    this->declaration_().is_momentary = true;
  }
  void start() override;

 protected:
  void take_(const Content &value) override;

  button::Button *button_;
  /// Whether it is the hub that presses it.
  bool is_asked_{false};
};
#endif

#ifdef USE_EVENT
/// What happens is no variable: it is told as an event of the device.
class EventBinding final : public Binding, public Parented<Reporter> {
 public:
  EventBinding(event::Event *event, const char *name) : Binding({}), event_(event), name_(name) {}
  void start() override;
  void apply() override {}

 protected:
  event::Event *event_;
  const char *name_;
};
#endif

}  // namespace esphome::maestra
