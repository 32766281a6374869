#include "maestra_f2.h"

#include <cstdio>
#include <ctime>
#include <sys/time.h>

#include "esphome/core/application.h"
#include "esphome/core/helpers.h"
#include "esphome/core/log.h"
#include "esphome/core/time.h"
#include "esphome/components/maestra_wire/clock.h"

namespace esphome::maestra_f2 {

static const char *const TAG = "maestra_f2";

static constexpr size_t LOGGED_BYTES = 32;

void Part::tell_status_(bool status) {
  this->controller_->say("stat", this->place_, [&](json::Object &body) { body.add("status", status); });
}

void MaestraF2::setup() {
  if (this->name_.empty()) {
    char mac[MAC_ADDRESS_BUFFER_SIZE];
    get_mac_address_into_buffer(mac);
    this->set_mac(mac);
  }
  for (auto *part : this->parts_)
    part->setup();
  // The second is for the lights of readers.
  for (const char *levels : {"/+/+/+", "/+/+/+/+"}) {
    this->link_->subscribe(
        "cmnd/" + this->name_ + levels,
        [this](const std::string &topic, const std::string &payload) { this->hear_(topic, payload); });
  }
}

void MaestraF2::loop() {
  const uint32_t now = App.get_loop_component_start_time();
  const bool is_connected = this->link_->is_connected();
  if (is_connected != this->is_connected_) {
    this->is_connected_ = is_connected;
    if (is_connected) {
      for (auto *part : this->parts_)
        part->connected();
    }
  }
  for (auto *part : this->parts_)
    part->loop(now);
}

void MaestraF2::dump_config() {
  ESP_LOGCONFIG(TAG, "F2 controller %s", this->name_.c_str());
  for (const auto *part : this->parts_)
    ESP_LOGCONFIG(TAG, "  %s", part->place().c_str());
}

void MaestraF2::hear_(std::string_view topic, std::string_view payload) {
  const auto command = read_command_topic(topic, this->name_);
  if (!command)
    return;
  for (auto *part : this->parts_) {
    if (part->place() != command->place)
      continue;
    if (!(command->is_feedback ? part->feedback(payload) : part->command(payload))) {
      const std::string shown(payload.substr(0, LOGGED_BYTES));
      ESP_LOGW(TAG, "%s can't do what it is told: %s", part->place().c_str(), shown.c_str());
    }
    return;
  }
  ESP_LOGD(TAG, "Nothing is at %s", std::string(command->place).c_str());
}

/// The time as controllers write it, in their zone; nothing while no clock is set.
void MaestraF2::add_time_(json::Object &body) {
  timeval now{};
  gettimeofday(&now, nullptr);
  if (now.tv_sec < maestra::FIRST_TIME_S)
    return;
  tm local{};
#ifdef USE_TIME_TIMEZONE
  local = ESPTime::from_epoch_local(now.tv_sec).to_c_tm();
#else
  localtime_r(&now.tv_sec, &local);
#endif
  char text[40];
  const size_t length = std::strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &local);
  std::snprintf(text + length, sizeof(text) - length, ".%06u", static_cast<unsigned>(now.tv_usec));
  body.add("timestamp", text);
}

bool MaestraF2::publish_(const char *type, std::string_view place, const std::string &payload) {
  std::string topic = std::string(type) + "/" + this->name_ + "/";
  topic += place;
  return this->link_->publish(topic, payload.data(), payload.size(), 0, false);
}

#ifdef USE_SWITCH
void Strike::setup() {
  this->power_->add_on_state_callback([this](bool) { this->tell_(); });
}

void Strike::loop(uint32_t now_ms) {
  if (const auto rest = this->timer_.expired(now_ms))
    this->power_->control(*rest);
}

bool Strike::command(std::string_view payload) {
  this->has_told_ = false;
  if (!payload.empty()) {
    const auto command = read_strike_command(payload);
    if (!command)
      return false;
    this->power_->control(this->timer_.command(*command, this->power_->state, millis()));
  }
  // What is so already is confirmed too.
  if (!this->has_told_)
    this->tell_();
  return true;
}

void Strike::tell_() {
  this->has_told_ = true;
  this->tell_status_(this->power_->state);
}

bool Siren::command(std::string_view payload) {
  if (payload.empty()) {
    this->tell_status_(this->power_->state);
    return true;
  }
  const auto wanted = read_siren_command(payload);
  if (wanted)
    this->power_->control(*wanted);
  return wanted.has_value();
}
#endif

#ifdef USE_BINARY_SENSOR
void Motion::setup() {
  this->input_->add_full_state_callback([this](optional<bool>, optional<bool> state) {
    if (state)
      this->tell_status_(*state);
  });
}

void Motion::connected() {
  if (this->input_->has_state())
    this->tell_status_(this->input_->state);
}

void Inputs::setup() {
  for (auto *input : this->inputs_)
    input->add_full_state_callback([this](optional<bool>, optional<bool>) { this->tell_(); });
}

void Inputs::connected() {
  if (this->are_states_)
    this->tell_();
}

void Inputs::tell_() {
  this->controller_->say("stat", this->place_, [this](json::Object &body) {
    for (size_t at = 0; at < this->inputs_.size(); at++) {
      const std::string name = std::string(this->name_) + "-" + std::to_string(at + 1);
      body.add(name, this->inputs_[at]->has_state() && this->inputs_[at]->state);
    }
  });
}
#endif

bool Reader::feedback(std::string_view payload) {
  const auto kind = read_feedback(payload);
  if (kind)
    this->feedback_callback_.call(*kind);
  return kind.has_value();
}

void Reader::read(const std::string &data) {
  const std::string text = bytes_literal(data);
  if (data.empty() || text.size() > MAX_READER_TEXT) {
    ESP_LOGW(TAG, "%s has read nothing, or too much", this->place_.c_str());
    return;
  }
  if (!this->controller_->say("tele", this->place_, [&](json::Object &body) { body.add("data", text); }))
    ESP_LOGW(TAG, "%s has read something that nobody hears now", this->place_.c_str());
}

#ifdef USE_MAESTRA_F2_BUS
void Bus::setup() {
  if (this->flow_control_ != nullptr) {
    this->flow_control_->setup();
    this->flow_control_->digital_write(false);
  }
}

void Bus::loop(uint32_t now_ms) {
  while (this->is_waiting_ && this->available() > 0) {
    uint8_t byte;
    if (!this->read_byte(&byte))
      break;
    this->answer_ += static_cast<char>(byte);
    this->answered_();
  }
  if (this->is_waiting_) {
    if (now_ms - this->asked_at_ms_ < this->timeout_ms_)
      return;
    ESP_LOGW(TAG, "%s/sensor-%zu does not answer", this->place_.c_str(), this->current_ + 1);
    this->next_();
  }
  if (this->current_ < this->requests_.size() && this->has_begun_) {
    this->ask_(now_ms);
  } else if (!this->has_begun_ || now_ms - this->began_at_ms_ >= this->interval_ms_) {
    this->has_begun_ = true;
    this->began_at_ms_ = now_ms;
    this->current_ = 0;
  }
}

void Bus::ask_(uint32_t now_ms) {
  // What came too late is an answer to nothing.
  while (this->available() > 0) {
    uint8_t byte;
    if (!this->read_byte(&byte))
      break;
  }
  std::string frame = this->requests_[this->current_].body();
  const uint16_t sum = crc16(reinterpret_cast<const uint8_t *>(frame.data()), frame.size());
  frame += static_cast<char>(sum & 0xFF);
  frame += static_cast<char>(sum >> 8);
  if (this->flow_control_ != nullptr)
    this->flow_control_->digital_write(true);
  this->write_array(reinterpret_cast<const uint8_t *>(frame.data()), frame.size());
  if (this->flow_control_ != nullptr) {
    // Till all is out.
    this->flush();
    this->flow_control_->digital_write(false);
  }
  this->answer_.clear();
  this->asked_at_ms_ = now_ms;
  this->is_waiting_ = true;
}

void Bus::answered_() {
  const ModbusRequest &request = this->requests_[this->current_];
  ModbusReply reply = modbus_reply(request, this->answer_);
  for (; reply == ModbusReply::FOREIGN; reply = modbus_reply(request, this->answer_))
    this->answer_.erase(0, 1);
  switch (reply) {
    case ModbusReply::INCOMPLETE:
    case ModbusReply::FOREIGN:
      return;
    case ModbusReply::EXCEPTION:
      ESP_LOGW(TAG, "%s/sensor-%zu refuses (exception %u)", this->place_.c_str(), this->current_ + 1,
               static_cast<uint8_t>(this->answer_[2]));
      break;
    case ModbusReply::VALUES: {
      const std::string place = this->place_ + "/sensor-" + std::to_string(this->current_ + 1);
      this->controller_->say("tele", place, [this](json::Object &body) { body.add("data", hex_text(this->answer_)); });
      break;
    }
  }
  this->next_();
}
#endif

}  // namespace esphome::maestra_f2
