#include "bindings.h"

#include <cstring>

#include "colors.h"

namespace esphome::maestra {

#ifdef USE_LIGHT
/// What ESPHome calls it when a light has no effect.
static const char *const NO_EFFECT = "None";
#endif

void SingleBinding::describe_(const EntityBase &entity) {
  auto &declaration = this->declaration_();
  if (declaration.unit.empty())
    declaration.unit = entity.get_unit_of_measurement_ref().str();
  if (declaration.device_class.empty()) {
    char device_class[MAX_DEVICE_CLASS_LENGTH];
    declaration.device_class = entity.get_device_class_to(device_class);
  }
}

#ifdef USE_SENSOR
void SensorBinding::start() {
  this->describe_(*this->sensor_);
  if (this->sensor_->has_state())
    this->show_(content(this->sensor_->state));
  this->sensor_->add_on_state_callback([this](float state) { this->show_(content(state)); });
}
#endif

#ifdef USE_BINARY_SENSOR
void BinarySensorBinding::start() {
  this->describe_(*this->sensor_);
  if (this->sensor_->has_state())
    this->show_(this->sensor_->state);
  this->sensor_->add_full_state_callback(
      [this](optional<bool>, optional<bool> state) { this->show_(state ? Content(*state) : Content()); });
}
#endif

#ifdef USE_TEXT_SENSOR
void TextSensorBinding::start() {
  this->describe_(*this->sensor_);
  if (this->sensor_->has_state())
    this->show_(this->sensor_->state);
  this->sensor_->add_on_state_callback([this](const std::string &state) { this->show_(state); });
}
#endif

#ifdef USE_NUMBER
void NumberBinding::start() {
  this->describe_(*this->number_);
  auto &declaration = this->declaration_();
  const auto &traits = this->number_->traits;
  if (std::isnan(declaration.min))
    declaration.min = traits.get_min_value();
  if (std::isnan(declaration.max))
    declaration.max = traits.get_max_value();
  if (std::isnan(declaration.step))
    declaration.step = traits.get_step();
  if (std::isfinite(declaration.min) && std::isfinite(declaration.max))
    declaration.type = "range";
  if (this->number_->has_state())
    this->show_(content(this->number_->state));
  this->number_->add_on_state_callback([this](float state) { this->show_(content(state)); });
}

void NumberBinding::take_(const Content &value) {
  if (const float *number = std::get_if<float>(&value))
    this->number_->make_call().set_value(*number).perform();
}
#endif

#ifdef USE_SWITCH
void SwitchBinding::start() {
  this->describe_(*this->switch_);
  if (this->switch_->has_state())
    this->show_(this->switch_->state);
  this->switch_->add_on_state_callback([this](bool state) { this->show_(state); });
}

void SwitchBinding::take_(const Content &value) {
  if (const bool *state = std::get_if<bool>(&value))
    this->switch_->control(*state);
}
#endif

#ifdef USE_SELECT
void SelectBinding::start() {
  for (const char *option : this->select_->traits.get_options())
    this->declaration_().options.emplace_back(option);
  if (this->select_->has_state())
    this->show_(this->select_->current_option().str());
  this->select_->add_on_state_callback(
      [this](size_t index) { this->show_(std::string(this->select_->option_at(index))); });
}

void SelectBinding::take_(const Content &value) {
  if (const std::string *option = std::get_if<std::string>(&value))
    this->select_->make_call().set_option(*option).perform();
}
#endif

#ifdef USE_LIGHT
void LightBinding::start() {
  const auto traits = this->light_->get_traits();
  this->variables.emplace_back("on", "boolean", true);
  if (traits.supports_color_capability(light::ColorCapability::BRIGHTNESS)) {
    auto &declaration = this->variables.emplace_back("brightness", "range", true).declaration;
    declaration.min = 0;
    declaration.max = 100;
    declaration.step = 0.1f;
    declaration.unit = "%";
  }
  if (traits.supports_color_capability(light::ColorCapability::RGB))
    this->variables.emplace_back("color", "color", true);
  if (this->light_->supports_effects()) {
    auto &options = this->variables.emplace_back("effect", "enum", true).declaration.options;
    options.emplace_back(NO_EFFECT);
    for (auto *effect : this->light_->get_effects())
      options.push_back(effect->get_name().str());
  }
  this->show_();
  this->light_->add_remote_values_listener(this);
}

void LightBinding::show_() {
  const auto &values = this->light_->remote_values;
  this->variable_("on")->shared.show(values.is_on());
  if (auto *brightness = this->variable_("brightness"))
    brightness->shared.show(std::round(values.get_brightness() * 1000) / 10);
  if (auto *color = this->variable_("color")) {
    const float level = values.get_color_brightness();
    color->shared.show(format_color({values.get_red() * level, values.get_green() * level, values.get_blue() * level}));
  }
  if (auto *effect = this->variable_("effect"))
    effect->shared.show(this->light_->get_effect_name().str());
}

void LightBinding::apply() {
  auto call = this->light_->make_call();
  for (auto &variable : this->variables) {
    const auto wanted = std::exchange(variable.wanted, {});
    if (!wanted)
      continue;
    if (const bool *on = std::get_if<bool>(&*wanted)) {
      call.set_state(*on);
    } else if (const float *brightness = std::get_if<float>(&*wanted)) {
      call.set_brightness(*brightness / 100);
    } else if (const std::string *text = std::get_if<std::string>(&*wanted)) {
      if (variable.declaration.name == "effect") {
        call.set_effect(*text);
      } else if (const auto color = parse_color(*text)) {
        call.set_color_mode_if_supported(light::ColorMode::RGB);
        call.set_rgb(color->red, color->green, color->blue);
      }
    }
  }
  call.perform();
}

Variable *LightBinding::variable_(const char *name) {
  for (auto &variable : this->variables) {
    if (variable.declaration.name == name)
      return &variable;
  }
  return nullptr;
}
#endif

#ifdef USE_BUTTON
void ButtonBinding::start() {
  this->describe_(*this->button_);
  this->show_(false);
  this->button_->add_on_press_callback([this]() {
    if (!this->is_asked_)
      this->parent_->happened(this->declaration_().name, "pressed");
  });
}

void ButtonBinding::take_(const Content &value) {
  if (value != Content(true))
    return;
  this->is_asked_ = true;
  this->button_->press();
  this->is_asked_ = false;
  this->show_(false);
}
#endif

#ifdef USE_EVENT
void EventBinding::start() {
  this->event_->add_on_event_callback(
      [this](StringRef event_type) { this->parent_->happened(this->name_, event_type.str()); });
}
#endif

}  // namespace esphome::maestra
