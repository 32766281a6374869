#include "stream.h"

#include "esphome/core/hal.h"
#include "esphome/core/log.h"
#include "esphome/components/maestra_wire/json.h"
#include "maestra.h"
#include "topics.h"

namespace esphome::maestra {

static const char *const TAG = "maestra.stream";

void Stream::start() {
  this->parent_->subscribe(stream_topic("advertise", this->description_.type),
                           [this](const std::string &, const std::string &payload) {
                             const json::Value advertised(payload);
                             if (!this->description_.is(advertised, this->parent_->hardware_id()))
                               return;
                             const bool is_new = !this->is_advertised();
                             this->advertisement_.hear(advertised.member("id").text().value_or(""), millis());
                             if (is_new)
                               ESP_LOGI(TAG, "%s is advertised", this->description_.name.c_str());
                           });
  this->parent_->subscribe(
      stream_topic("ended", this->description_.type), [this](const std::string &, const std::string &payload) {
        const json::Value ended(payload);
        const auto id = ended.member("stream_id").text();
        const auto reason = ended.member("reason").text();
        if (id && this->advertisement_.end(*id, reason == "expired"))
          ESP_LOGI(TAG, "%s has ended: %s", this->description_.name.c_str(), reason.value_or("").c_str());
      });
  this->listen_("subscribe", &this->subscribe_callback_);
  this->listen_("unsubscribe", &this->unsubscribe_callback_);
}

void Stream::listen_(const char *what, ConsumerCallbacks *callbacks) {
  this->parent_->subscribe(stream_topic("+", what),
                           [this, what, callbacks](const std::string &topic, const std::string &payload) {
                             if (!this->is_advertised() || topic != stream_topic(this->advertisement_.id(), what))
                               return;
                             const json::Value consumer(payload);
                             const auto address = consumer.member("address").text();
                             const auto port = consumer.member("port").number();
                             if (address && port && *port > 0 && *port <= UINT16_MAX)
                               callbacks->call(*address, static_cast<uint16_t>(*port));
                           });
}

void Stream::loop(uint32_t now_ms) {
  if (!this->parent_->is_settled())
    return;
  switch (this->advertisement_.next(now_ms)) {
    case Advertisement::Step::NONE:
      break;
    case Advertisement::Step::ADVERTISE:
      this->advertise_();
      break;
    case Advertisement::Step::BEAT:
      this->say_("heartbeat", 0);
      break;
    case Advertisement::Step::WITHDRAW:
      this->say_("withdraw", 1);
      this->advertisement_.forget();
      break;
  }
}

void Stream::dump_config() const {
  ESP_LOGCONFIG(TAG, "  Stream: %s (%s, %s)", this->description_.name.c_str(), this->description_.type.c_str(),
                this->description_.protocol.c_str());
}

void Stream::advertise_() {
  StreamDescription description = this->description_;
  if (description.address.empty())
    description.address = own_address();
  if (description.address.empty()) {
    ESP_LOGW(TAG, "%s is not advertised: the board has no address", description.name.c_str());
    return;
  }
  std::string payload;
  description.write_to(payload, this->parent_->hardware_id(), this->parent_->entity_id());
  this->parent_->publish(STREAM_ADVERTISE_TOPIC, payload, 1);
}

void Stream::say_(const char *what, uint8_t qos) {
  this->parent_->publish(stream_topic(what, this->advertisement_.id()), "{}", qos);
}

}  // namespace esphome::maestra
