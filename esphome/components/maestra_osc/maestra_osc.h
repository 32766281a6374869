#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "esphome/components/maestra/bindings.h"
#include "esphome/components/socket/socket.h"
#include "esphome/core/automation.h"
#include "esphome/core/component.h"
#include "packets.h"
#include "values.h"

namespace esphome::maestra_osc {

/// Listens to the messages of an address, or of a pattern.
class MessageListener final {
 public:
  explicit MessageListener(const char *address) : address_(address) {}

  /// Calls `callback(address, x, text, arguments)`: the first argument as number (else NaN) and as text.
  template<typename F> void add_callback(F &&callback) { this->callback_.add(std::forward<F>(callback)); }
  /// Passes a message on if it is for us, and tells whether it is.
  bool take(const Message &message);

 protected:
  std::string address_;
  CallbackManager<void(std::string, float, std::string, std::vector<Argument>)> callback_;
};

/// The board's variables over OSC: whoever sends to their addresses sets them, and the targets hear what changes.
class MaestraOsc final : public Component, public maestra::Reporter {
 public:
  void set_port(uint16_t port) { this->port_ = port; }
  /// Else it is the name of the board.
  void set_prefix(const char *prefix) { this->prefix_ = prefix; }
  void set_update_interval(uint32_t interval_ms) { this->update_interval_ms_ = interval_ms; }
  /// Addresses are those of IPv4, the first byte in the highest place.
  void add_target(uint32_t address, uint16_t port) { this->targets_.push_back({address, port}); }
  void add_network(uint32_t address, uint32_t mask) { this->networks_.add(address, mask); }
  void add_binding(maestra::Binding *binding) { this->bindings_.push_back(binding); }
  void add_listener(MessageListener *listener) { this->listeners_.push_back(listener); }

  void setup() override;
  void loop() override;
  void dump_config() override;
  float get_setup_priority() const override { return setup_priority::AFTER_WIFI; }

  /// Sends a message to all targets.
  void send(const std::string &address, const std::vector<Argument> &arguments);
  void happened(const std::string &name, const std::string &event_type) override;

 protected:
  struct Told {
    maestra::Variable *variable;
    std::string address;
    ToldValue value;
  };

  void read_();
  void take_(const Message &message, const Peer &peer);
  void set_(Told &told, const Message &message, const Peer &peer);
  void tell_();
  void send_(const std::string &packet, const Peer &peer);

  std::unique_ptr<socket::Socket> socket_;
  std::optional<std::string> prefix_;
  std::vector<Peer> targets_;
  Networks networks_;
  std::vector<maestra::Binding *> bindings_;
  std::vector<MessageListener *> listeners_;
  std::vector<Told> told_;
  uint32_t update_interval_ms_{20};
  uint32_t last_told_{0};
  /// Packets, or parts of them, that could not be read or were not for us, and what could not be sent; logged from time
  /// to time.
  uint32_t refused_{0};
  uint32_t unsent_{0};
  uint32_t last_logged_{0};
  uint16_t port_{9000};
};

template<typename... Ts> class SendAction final : public Action<Ts...>, public Parented<MaestraOsc> {
 public:
  TEMPLATABLE_VALUE(std::string, address)
  TEMPLATABLE_VALUE(std::vector<Argument>, arguments)

  void play(const Ts &...x) override { this->parent_->send(this->address_.value(x...), this->arguments_.value(x...)); }
};

}  // namespace esphome::maestra_osc
