#pragma once

#include "esphome/core/defines.h"

#ifdef USE_HOST_MQTT_TLS

#include <string>
#include <sys/types.h>

#include <openssl/ssl.h>

namespace esphome::host_mqtt {

/// TLS on a connection that doesn't block, with OpenSSL.
///
/// Both sides prove who they are: the client with `client.crt` and `client.key` of a folder, the broker with what
/// `ca.crt` in it has signed.
class Tls {
 public:
  Tls() = default;
  Tls(const Tls &) = delete;
  Tls &operator=(const Tls &) = delete;
  ~Tls() { this->close(); }

  /// Begins on a connected socket; false where the files can't be read. `host` is whom the broker has to be.
  bool open(int socket, const std::string &host, const std::string &folder);
  void close();

  /// Goes on until both sides trust each other, and tells whether they do; errno says why not, EAGAIN: not yet.
  bool handshake();
  /// As `recv` and `send`: 0 is the end, -1 with EAGAIN says to try again later.
  ssize_t read(char *bytes, size_t length);
  ssize_t write(const char *bytes, size_t length);
  /// Whether there is more to read that the socket doesn't show any more.
  bool has_more() const { return this->ssl_ != nullptr && SSL_pending(this->ssl_) > 0; }
  bool wants_to_write() const { return this->ssl_ != nullptr && SSL_want_write(this->ssl_); }
  /// What went wrong last.
  const char *error() const { return this->error_.c_str(); }

 protected:
  bool load_(const std::string &folder);
  template<typename F> ssize_t go_(F &&step);
  void note_error_();

  SSL_CTX *context_{nullptr};
  SSL *ssl_{nullptr};
  std::string error_;
  bool has_failed_{false};
};

}  // namespace esphome::host_mqtt

#endif
