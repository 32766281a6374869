#include "maestra_osc.h"

#include <cerrno>
#include <cmath>

#include "esphome/components/network/util.h"
#include "esphome/core/application.h"
#include "esphome/core/log.h"

namespace esphome::maestra_osc {

static const char *const TAG = "maestra_osc";
/// More wait for the next turn, so that a flood leaves time for everything else.
static constexpr int PACKETS_PER_TURN = 32;
static constexpr uint32_t LOG_INTERVAL_MS = 10000;

bool MessageListener::take(const Message &message) {
  if (!Pattern(this->address_).matches(message.address) && !Pattern(message.address).matches(this->address_))
    return false;
  float number = NAN;
  std::string text;
  if (!message.arguments.empty()) {
    number = number_of(message.arguments[0]).value_or(NAN);
    text = text_of(message.arguments[0]).value_or("");
  }
  this->callback_.call(message.address, number, text, message.arguments);
  return true;
}

void MaestraOsc::setup() {
  if (!this->prefix_)
    this->prefix_ = "/" + App.get_name().str();
  for (auto *binding : this->bindings_) {
    binding->start();
    for (auto &variable : binding->variables)
      this->told_.push_back({&variable, address_of(*this->prefix_, variable.declaration.name), {}});
  }
  this->socket_ = socket::socket(AF_INET, SOCK_DGRAM, IPPROTO_UDP);
  if (this->socket_ == nullptr || this->socket_->setblocking(false) != 0) {
    this->mark_failed(LOG_STR("There is no socket left"));
    return;
  }
  const int enable = 1;
  // Targets may be the address of a whole network.
  this->socket_->setsockopt(SOL_SOCKET, SO_BROADCAST, &enable, sizeof(enable));
  sockaddr_in own{};
  own.sin_family = AF_INET;
  own.sin_addr.s_addr = ESPHOME_INADDR_ANY;
  own.sin_port = htons(this->port_);
  if (this->socket_->bind(reinterpret_cast<sockaddr *>(&own), sizeof(own)) != 0) {
    ESP_LOGE(TAG, "Port %u is taken (%d)", this->port_, errno);
    this->mark_failed();
  }
}

void MaestraOsc::dump_config() {
  ESP_LOGCONFIG(TAG, "OSC: port %u, %zu targets", this->port_, this->targets_.size());
  for (const auto &told : this->told_)
    ESP_LOGCONFIG(TAG, "  %s (%s)", told.address.c_str(), told.variable->declaration.type);
}

void MaestraOsc::loop() {
  this->read_();
  for (auto *binding : this->bindings_)
    binding->apply_wanted();
  const uint32_t now = App.get_loop_component_start_time();
  if (now - this->last_told_ >= this->update_interval_ms_) {
    this->last_told_ = now;
    this->tell_();
  }
  if ((this->refused_ > 0 || this->unsent_ > 0) && now - this->last_logged_ >= LOG_INTERVAL_MS) {
    this->last_logged_ = now;
    ESP_LOGW(TAG, "%" PRIu32 " messages refused, %" PRIu32 " not sent", this->refused_, this->unsent_);
    this->refused_ = this->unsent_ = 0;
  }
}

void MaestraOsc::read_() {
  char bytes[MAX_PACKET];
  for (int count = 0; count < PACKETS_PER_TURN; count++) {
    sockaddr_in from{};
    socklen_t length = sizeof(from);
    const ssize_t size = this->socket_->recvfrom(bytes, sizeof(bytes), reinterpret_cast<sockaddr *>(&from), &length);
    if (size < 0)
      return;
    const Peer peer{ntohl(from.sin_addr.s_addr), ntohs(from.sin_port)};
    if (!this->networks_.contain(peer.address)) {
      this->refused_++;
      continue;
    }
    this->refused_ += read_packet(std::string_view(bytes, static_cast<size_t>(size)),
                                  [this, &peer](const Message &message) { this->take_(message, peer); });
  }
}

void MaestraOsc::take_(const Message &message, const Peer &peer) {
  bool is_ours = false;
  Pattern pattern(message.address);
  for (auto &told : this->told_) {
    if (!pattern.matches(told.address))
      continue;
    is_ours = true;
    this->set_(told, message, peer);
  }
  for (auto *listener : this->listeners_)
    is_ours |= listener->take(message);
  if (!is_ours)
    this->refused_++;
}

void MaestraOsc::set_(Told &told, const Message &message, const Peer &peer) {
  const auto &here = told.variable->shared.here();
  // Whoever says nothing asks.
  if (message.arguments.empty()) {
    if (here)
      this->send_(write_message({told.address, {argument_of(*here)}}), peer);
    return;
  }
  const auto value = value_of(told.variable->declaration.type, message.arguments);
  if (!value) {
    this->refused_++;
    return;
  }
  told.value.heard(*value, peer);
  if (told.variable->declaration.is_input && here != value)
    told.variable->wanted = *value;
}

void MaestraOsc::tell_() {
  if (!network::is_connected())
    return;
  for (auto &told : this->told_) {
    const auto &here = told.variable->shared.here();
    if (!told.value.has_news(here))
      continue;
    const std::string packet = write_message({told.address, {argument_of(*here)}});
    told.value.tell(*here, this->targets_, [this, &packet](const Peer &peer) { this->send_(packet, peer); });
  }
}

void MaestraOsc::happened(const std::string &name, const std::string &event_type) {
  this->send(address_of(address_of(*this->prefix_, name), event_type), {true});
}

void MaestraOsc::send(const std::string &address, const std::vector<Argument> &arguments) {
  const std::string packet = write_message({address, arguments});
  for (const Peer &peer : this->targets_)
    this->send_(packet, peer);
}

void MaestraOsc::send_(const std::string &packet, const Peer &peer) {
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_addr.s_addr = htonl(peer.address);
  to.sin_port = htons(peer.port);
  const bool is_readable = packet.size() <= MAX_PACKET && this->socket_ != nullptr;
  if (!is_readable ||
      this->socket_->sendto(packet.data(), packet.size(), 0, reinterpret_cast<const sockaddr *>(&to), sizeof(to)) < 0)
    this->unsent_++;
}

}  // namespace esphome::maestra_osc
