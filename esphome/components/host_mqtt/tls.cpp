#include "tls.h"

#ifdef USE_HOST_MQTT_TLS

#include <arpa/inet.h>
#include <cerrno>
#include <csignal>
#include <cstring>

#include <openssl/err.h>
#include <openssl/x509v3.h>

namespace esphome::host_mqtt {

bool Tls::open(int socket, const std::string &host, const std::string &folder) {
  // OpenSSL writes without MSG_NOSIGNAL.
  signal(SIGPIPE, SIG_IGN);
  this->close();
  this->context_ = SSL_CTX_new(TLS_client_method());
  if (this->context_ == nullptr || !this->load_(folder))
    return false;
  SSL_CTX_set_min_proto_version(this->context_, TLS1_2_VERSION);
  SSL_CTX_set_verify(this->context_, SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_mode(this->context_, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  this->ssl_ = SSL_new(this->context_);
  if (this->ssl_ == nullptr || SSL_set_fd(this->ssl_, socket) != 1) {
    this->note_error_();
    return false;
  }
  in6_addr address;
  const bool is_address =
      inet_pton(AF_INET, host.c_str(), &address) == 1 || inet_pton(AF_INET6, host.c_str(), &address) == 1;
  if (is_address) {
    X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(this->ssl_), host.c_str());
  } else {
    SSL_set1_host(this->ssl_, host.c_str());
    SSL_set_tlsext_host_name(this->ssl_, host.c_str());
  }
  return true;
}

void Tls::close() {
  SSL_free(this->ssl_);
  SSL_CTX_free(this->context_);
  this->ssl_ = nullptr;
  this->context_ = nullptr;
  this->has_failed_ = false;
}

template<typename F> ssize_t Tls::go_(F &&step) {
  // What comes after the first error says nothing of it.
  if (this->has_failed_) {
    errno = EPROTO;
    return -1;
  }
  ERR_clear_error();
  errno = 0;
  const int result = step(), system_error = errno;
  if (result > 0)
    return result;
  switch (SSL_get_error(this->ssl_, result)) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE:
      errno = EAGAIN;
      return -1;
    case SSL_ERROR_ZERO_RETURN:
      return 0;
    case SSL_ERROR_SYSCALL:
      this->error_ = system_error != 0 ? strerror(system_error) : "the broker has closed the connection";
      break;
    default:
      this->note_error_();
  }
  this->has_failed_ = true;
  errno = EPROTO;
  return -1;
}

bool Tls::handshake() {
  return this->go_([this] { return SSL_connect(this->ssl_); }) > 0;
}

ssize_t Tls::read(char *bytes, size_t length) {
  return this->go_([&] { return SSL_read(this->ssl_, bytes, static_cast<int>(length)); });
}

ssize_t Tls::write(const char *bytes, size_t length) {
  return this->go_([&] { return SSL_write(this->ssl_, bytes, static_cast<int>(length)); });
}

bool Tls::load_(const std::string &folder) {
  const std::string authority = folder + "/ca.crt", certificate = folder + "/client.crt", key = folder + "/client.key";
  ERR_clear_error();
  if (SSL_CTX_load_verify_locations(this->context_, authority.c_str(), nullptr) == 1 &&
      SSL_CTX_use_certificate_chain_file(this->context_, certificate.c_str()) == 1 &&
      SSL_CTX_use_PrivateKey_file(this->context_, key.c_str(), SSL_FILETYPE_PEM) == 1 &&
      SSL_CTX_check_private_key(this->context_) == 1)
    return true;
  this->note_error_();
  this->error_ += " (ca.crt, client.crt and client.key in " + folder + ")";
  return false;
}

void Tls::note_error_() {
  const long verified = this->ssl_ != nullptr ? SSL_get_verify_result(this->ssl_) : X509_V_OK;
  if (verified != X509_V_OK) {
    this->error_ = X509_verify_cert_error_string(verified);
    return;
  }
  const char *reason = ERR_reason_error_string(ERR_peek_error());
  this->error_ = reason != nullptr ? reason : "TLS has failed";
}

}  // namespace esphome::host_mqtt

#endif
