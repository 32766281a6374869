#include "state_listener.h"

#include "esphome/core/log.h"
#include "kept_text.h"
#include "maestra.h"
#include "topics.h"

namespace esphome::maestra {

static const char *const TAG = "maestra.state";

void StateListener::start() {
  this->parent_->subscribe(state_filter(this->slug_), [this](const std::string &topic, const std::string &payload) {
    this->tell_(read_news(topic, payload, this->variable_));
  });
  // What it is when we come, or have come back.
  this->parent_->subscribe_device("followed", [this](const std::string &payload) {
    this->tell_(read_followed(payload, this->slug_, this->variable_));
  });
}

void StateListener::tell_(const std::optional<StateNews> &news) {
  if (!news)
    return;
  const uint32_t checksum = checksum_of({0, news->value});
  if (this->told_ == checksum)
    return;
  this->told_ = checksum;
  this->callback_.call(news->value, news->state);
}

void StateListener::dump_config() const {
  ESP_LOGCONFIG(TAG, "  Listens to: %s %s", this->slug_.c_str(), this->variable_.value_or("").c_str());
}

}  // namespace esphome::maestra
