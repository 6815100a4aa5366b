#pragma once

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <memory>
#include <string>

/// OpenSSL's objects, owned; and what its queue of errors says. No public header includes this.
namespace rondo::tls {

template <auto Free>
struct freed_by {
  template <class T>
  void operator()(T* object) const noexcept {
    Free(object);
  }
};

using bio_ptr = std::unique_ptr<BIO, freed_by<BIO_free_all>>;
using key_ptr = std::unique_ptr<EVP_PKEY, freed_by<EVP_PKEY_free>>;
using session_ptr = std::unique_ptr<SSL_SESSION, freed_by<SSL_SESSION_free>>;
using ssl_context_ptr = std::unique_ptr<SSL_CTX, freed_by<SSL_CTX_free>>;
using ssl_ptr = std::unique_ptr<SSL, freed_by<SSL_free>>;
using x509_ptr = std::unique_ptr<X509, freed_by<X509_free>>;

/// Says and forgets what this thread's queue holds: the reasons, the first cause first. "" where it
/// is empty. The queue belongs to the thread, so it is read where the call was made.
std::string take_reasons();

}  // namespace rondo::tls
