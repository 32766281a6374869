#pragma once

#include <string>

#include "esphome/core/automation.h"
#include "maestra.h"
#include "stream.h"

namespace esphome::maestra {

template<typename... Ts> class SendEventAction final : public Action<Ts...>, public Parented<Maestra> {
 public:
  TEMPLATABLE_VALUE(std::string, event_type)
  TEMPLATABLE_VALUE(std::string, severity)
  TEMPLATABLE_VALUE(std::string, message)
  TEMPLATABLE_VALUE(std::string, data)

  void play(const Ts &...x) override {
    this->parent_->send_event(this->event_type_.value(x...), this->severity_.value(x...), this->message_.value(x...),
                              this->data_.value(x...));
  }
};

template<typename... Ts> class MetricAction final : public Action<Ts...>, public Parented<Maestra> {
 public:
  TEMPLATABLE_VALUE(std::string, metric)
  TEMPLATABLE_VALUE(float, value)
  TEMPLATABLE_VALUE(std::string, unit)
  TEMPLATABLE_VALUE(std::string, tags)

  void play(const Ts &...x) override {
    this->parent_->send_metric(this->metric_.value(x...), this->value_.value(x...), this->unit_.value(x...),
                               this->tags_.value(x...));
  }
};

template<typename... Ts> class SetStateAction final : public Action<Ts...>, public Parented<Maestra> {
 public:
  TEMPLATABLE_VALUE(std::string, slug)
  TEMPLATABLE_VALUE(std::string, state)

  void play(const Ts &...x) override { this->parent_->set_state(this->slug_.value(x...), this->state_.value(x...)); }
};

template<typename... Ts> class AdvertiseStreamAction final : public Action<Ts...>, public Parented<Stream> {
 public:
  void play(const Ts &...) override { this->parent_->advertise(); }
};

template<typename... Ts> class WithdrawStreamAction final : public Action<Ts...>, public Parented<Stream> {
 public:
  void play(const Ts &...) override { this->parent_->withdraw(); }
};

}  // namespace esphome::maestra
