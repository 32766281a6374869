#pragma once

#include <string>
#include <utility>

#include "esphome/core/helpers.h"
#include "advertisement.h"
#include "part.h"

namespace esphome::maestra {

/// A stream that the board publishes: advertised for as long as it is wanted.
class Stream final : public Part {
 public:
  Stream(const char *name, const char *type, const char *protocol, uint16_t port)
      : description_{.name = name, .type = type, .protocol = protocol, .port = port} {}

  void set_address(const char *address) { this->description_.address = address; }
  void set_multicast(const char *group, uint16_t port) {
    this->description_.multicast_group = group;
    this->description_.multicast_port = port;
  }
  void set_config(const char *config) { this->description_.config = config; }
  void set_wanted(bool is_wanted) { this->advertisement_.want(is_wanted); }
  /// Calls `callback(address, port)` when a consumer says where to send the stream.
  template<typename F> void add_on_subscribe_callback(F &&callback) {
    this->subscribe_callback_.add(std::forward<F>(callback));
  }
  /// Calls `callback(address, port)` when a consumer wants the stream no longer.
  template<typename F> void add_on_unsubscribe_callback(F &&callback) {
    this->unsubscribe_callback_.add(std::forward<F>(callback));
  }

  void advertise() { this->advertisement_.want(true); }
  void withdraw() { this->advertisement_.want(false); }
  bool is_advertised() const { return !this->advertisement_.id().empty(); }

  void start() override;
  void loop(uint32_t now_ms) override;
  void lost() override { this->advertisement_.forget(); }
  void dump_config() const override;

 protected:
  using ConsumerCallbacks = CallbackManager<void(std::string, uint16_t)>;

  void advertise_();
  void say_(const char *what, uint8_t qos);
  /// Passes on what consumers say on the topic of that name.
  void listen_(const char *what, ConsumerCallbacks *callbacks);

  StreamDescription description_;
  Advertisement advertisement_;
  ConsumerCallbacks subscribe_callback_;
  ConsumerCallbacks unsubscribe_callback_;
};

}  // namespace esphome::maestra
