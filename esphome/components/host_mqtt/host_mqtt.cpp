#include "host_mqtt.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "esphome/core/application.h"
#include "esphome/core/hal.h"
#include "esphome/core/helpers.h"
#include "esphome/core/log.h"

namespace esphome::host_mqtt {

static const char *const TAG = "host_mqtt";

static constexpr uint32_t RETRY_MS = 2000;
static constexpr size_t MAX_UNACKNOWLEDGED = 256;
static constexpr size_t MAX_OUTGOING_BYTES = 1 << 20;
#ifdef MSG_NOSIGNAL
static constexpr int SEND_FLAGS = MSG_NOSIGNAL;
#else
static constexpr int SEND_FLAGS = 0;
#endif

void MQTTClient::setup() {
  if (this->session_.client_id.empty()) {
    char mac[MAC_ADDRESS_BUFFER_SIZE];
    get_mac_address_into_buffer(mac);
    this->session_.client_id = App.get_name().str() + "-" + mac;
  }
  if (const char *broker = getenv("MQTT_BROKER"); broker != nullptr && *broker != '\0') {
    this->host_ = broker;
    if (const size_t colon = this->host_.rfind(':'); colon != std::string::npos) {
      this->port_ = static_cast<uint16_t>(std::strtoul(broker + colon + 1, nullptr, 10));
      this->host_.resize(colon);
    }
  }
#ifdef USE_HOST_MQTT_TLS
  if (const char *certificates = getenv("MQTT_CERTIFICATES"))
    this->certificates_ = certificates;
#endif
}

void MQTTClient::loop() {
  const uint32_t now = App.get_loop_component_start_time();
  if (this->socket_ < 0) {
    if (this->has_tried_ && now - this->tried_at_ < RETRY_MS)
      return;
    this->has_tried_ = true;
    this->tried_at_ = now;
    this->open_();
    return;
  }
  pollfd polled{.fd = this->socket_, .events = POLLIN, .revents = 0};
  if (!this->is_open_ || !this->outgoing_.empty())
    polled.events |= POLLOUT;
#ifdef USE_HOST_MQTT_TLS
  // What is to be said waits until both sides know each other.
  if (this->is_shaking_hands_)
    polled.events = POLLIN | (this->tls_.wants_to_write() ? POLLOUT : 0);
#endif
  if (poll(&polled, 1, 0) < 0)
    return;
  if (polled.revents & POLLOUT) {
    if (!this->is_open_) {
      int error = 0;
      socklen_t size = sizeof(error);
      getsockopt(this->socket_, SOL_SOCKET, SO_ERROR, &error, &size);
      if (error != 0) {
        this->close_(strerror(error));
        return;
      }
      this->is_open_ = true;
      this->opened_();
    } else {
      this->write_();
    }
  }
  if (this->socket_ >= 0 && (polled.revents & (POLLIN | POLLHUP | POLLERR)))
    this->read_();
  while (this->socket_ >= 0 && this->has_more_())
    this->read_();
  if (this->socket_ < 0)
    return;
  const uint32_t keepalive_ms = this->session_.keepalive_s * 1000, then = millis();
  if (then - this->heard_at_ > keepalive_ms * 3 / 2) {
    this->close_("no answer");
  } else if (this->is_connected_ &&
             (then - this->sent_at_ > keepalive_ms / 2 ||
              (then - this->heard_at_ > keepalive_ms / 2 && then - this->pinged_at_ > keepalive_ms / 2))) {
    // Also while we speak: of what is sent at QoS 0 the broker says nothing.
    this->pinged_at_ = then;
    this->send_(packet(PacketType::PINGREQ, 0, ""));
  }
}

void MQTTClient::dump_config() {
  ESP_LOGCONFIG(TAG,
                "MQTT on this host:\n"
                "  Broker: %s:%u\n"
                "  Client id: %s",
                this->host_.c_str(), this->port_, this->session_.client_id.c_str());
}

void MQTTClient::on_shutdown() {
  if (this->is_connected_) {
    // Without a farewell, so that the broker tells our last will.
    this->write_();
    this->close_("shutting down");
  }
}

void MQTTClient::subscribe(const std::string &filter, Callback callback, uint8_t qos) {
  this->subscriptions_.push_back({filter, std::move(callback), qos});
  if (this->is_connected_)
    this->send_(subscribe_packet(this->next_id_(), filter, qos));
}

bool MQTTClient::publish(const std::string &topic, const char *payload, size_t length, uint8_t qos, bool retain) {
  if (!this->is_connected_ || this->outgoing_.size() > MAX_OUTGOING_BYTES)
    return false;
  // Whoever says it is to know that it is not sent.
  if (qos > 0 && this->unacknowledged_.size() >= MAX_UNACKNOWLEDGED)
    return false;
  const uint16_t id = qos > 0 ? this->next_id_() : 0;
  std::string bytes = publish_packet(topic, {payload, length}, qos, retain, id);
  this->send_(bytes);
  if (qos > 0)
    this->unacknowledged_.emplace_back(id, std::move(bytes));
  return true;
}

/// Begins to connect. Looking up the broker's name may take a moment, in which nothing else runs.
void MQTTClient::open_() {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo *found = nullptr;
  if (const int error = getaddrinfo(this->host_.c_str(), std::to_string(this->port_).c_str(), &hints, &found)) {
    ESP_LOGW(TAG, "%s: %s", this->host_.c_str(), gai_strerror(error));
    return;
  }
  // Of `localhost` a broker may listen on one address only, so each try begins with another one.
  size_t count = 0;
  for (const addrinfo *address = found; address != nullptr; address = address->ai_next)
    count++;
  const addrinfo *address = found;
  for (size_t skipped = this->tries_++ % count; skipped > 0; skipped--)
    address = address->ai_next;
  this->socket_ = socket(address->ai_family, address->ai_socktype, address->ai_protocol);
  if (this->socket_ >= 0) {
    fcntl(this->socket_, F_SETFL, fcntl(this->socket_, F_GETFL) | O_NONBLOCK);
    fcntl(this->socket_, F_SETFD, FD_CLOEXEC);
    const int yes = 1;
    setsockopt(this->socket_, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
    this->heard_at_ = millis();
    if (connect(this->socket_, address->ai_addr, address->ai_addrlen) != 0 && errno != EINPROGRESS)
      this->close_(strerror(errno));
  }
  freeaddrinfo(found);
}

/// Says who we are, over TLS once it stands.
void MQTTClient::opened_() {
  this->outgoing_.insert(0, connect_packet(this->session_));
#ifdef USE_HOST_MQTT_TLS
  this->is_shaking_hands_ = true;
  if (!this->tls_.open(this->socket_, this->host_, this->certificates_)) {
    this->close_(this->tls_.error());
    return;
  }
#endif
  this->write_();
}

void MQTTClient::close_(const char *reason) {
  ESP_LOGW(TAG, "Not connected to %s:%u: %s", this->host_.c_str(), this->port_, reason);
#ifdef USE_HOST_MQTT_TLS
  this->tls_.close();
  this->is_shaking_hands_ = false;
#endif
  ::close(this->socket_);
  this->socket_ = -1;
  this->is_open_ = this->is_connected_ = false;
  this->outgoing_.clear();
  this->reader_ = {};
}

void MQTTClient::read_() {
  char bytes[4096];
  const ssize_t count = this->receive_(bytes, sizeof(bytes));
  if (count < 0 && (errno == EAGAIN || errno == EINTR))
    return;
  if (count <= 0) {
    this->close_(count == 0 ? "the broker has closed the connection" : this->error_());
    return;
  }
  this->heard_at_ = millis();
  this->reader_.feed({bytes, static_cast<size_t>(count)});
  while (const auto packet = this->reader_.next()) {
    this->handle_(*packet);
    if (this->socket_ < 0)
      return;
  }
  if (this->reader_.is_broken())
    this->close_("the broker speaks no MQTT");
}

void MQTTClient::handle_(const Packet &packet) {
  switch (packet.type) {
    case PacketType::CONNACK: {
      if (const uint16_t answer = packet.u16(0) & 0xFF) {
        ESP_LOGE(TAG, "The broker refuses us (%u)", answer);
        this->close_("refused");
        return;
      }
      this->is_connected_ = true;
      ESP_LOGI(TAG, "Connected to %s:%u", this->host_.c_str(), this->port_);
      for (const auto &subscription : this->subscriptions_)
        this->send_(subscribe_packet(this->next_id_(), subscription.filter, subscription.qos));
      for (auto &[id, bytes] : this->unacknowledged_) {
        bytes[0] |= DUPLICATE;
        this->send_(bytes);
      }
      break;
    }
    case PacketType::PUBLISH: {
      const auto publication = read_publication(packet);
      if (!publication)
        return;
      if (publication->qos > 0)
        this->send_(puback_packet(publication->id));
      // By index: a callback may subscribe.
      for (size_t at = 0; at < this->subscriptions_.size(); at++) {
        if (matches(this->subscriptions_[at].filter, publication->topic)) {
          const Callback callback = this->subscriptions_[at].callback;
          callback(publication->topic, publication->payload);
        }
      }
      break;
    }
    case PacketType::PUBACK:
      std::erase_if(this->unacknowledged_, [&](const auto &sent) { return sent.first == packet.u16(0); });
      break;
    default:
      break;
  }
}

void MQTTClient::send_(const std::string &bytes) {
  this->sent_at_ = millis();
  this->outgoing_ += bytes;
  this->write_();
}

void MQTTClient::write_() {
  if (this->socket_ < 0 || !this->is_open_ || this->outgoing_.empty())
    return;
  const ssize_t count = this->transmit_(this->outgoing_.data(), this->outgoing_.size());
  // A broken connection shows when it is read.
  if (count > 0)
    this->outgoing_.erase(0, count);
}

#ifdef USE_HOST_MQTT_TLS
ssize_t MQTTClient::receive_(char *bytes, size_t length) {
  return this->shake_hands_() ? this->tls_.read(bytes, length) : -1;
}
ssize_t MQTTClient::transmit_(const char *bytes, size_t length) {
  return this->shake_hands_() ? this->tls_.write(bytes, length) : -1;
}
const char *MQTTClient::error_() const { return this->tls_.error(); }
bool MQTTClient::has_more_() const { return this->tls_.has_more(); }

/// Returns whether both sides know each other by now; errno says why not.
bool MQTTClient::shake_hands_() {
  if (this->is_shaking_hands_ && this->tls_.handshake())
    this->is_shaking_hands_ = false;
  return !this->is_shaking_hands_;
}
#else
ssize_t MQTTClient::receive_(char *bytes, size_t length) { return recv(this->socket_, bytes, length, 0); }
ssize_t MQTTClient::transmit_(const char *bytes, size_t length) {
  return ::send(this->socket_, bytes, length, SEND_FLAGS);
}
const char *MQTTClient::error_() const { return strerror(errno); }
bool MQTTClient::has_more_() const { return false; }
#endif

uint16_t MQTTClient::next_id_() {
  if (++this->last_id_ == 0)
    this->last_id_ = 1;
  return this->last_id_;
}

}  // namespace esphome::host_mqtt
