#include "state_listener.h"

#include "esphome/core/log.h"
#include "maestra.h"
#include "state_news.h"
#include "topics.h"

namespace esphome::maestra {

static const char *const TAG = "maestra.state";

void StateListener::start() {
  this->parent_->subscribe(state_filter(this->slug_), [this](const std::string &topic, const std::string &payload) {
    if (const auto news = read_news(topic, payload, this->variable_))
      this->callback_.call(news->value, news->state);
  });
}

void StateListener::dump_config() const {
  ESP_LOGCONFIG(TAG, "  Listens to: %s %s", this->slug_.c_str(), this->variable_.value_or("").c_str());
}

}  // namespace esphome::maestra
