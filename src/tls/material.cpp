// Certificates, keys and authorities, from PEM into a context of OpenSSL. By hand and not by the
// library's one call for files, so that what is wrong can be said: which file, and what of it.
#include <openssl/pem.h>

#include <rondo/os/errors.hpp>

#include "tls/context_state.hpp"

namespace rondo::tls {

namespace {

std::string name_of(const pem& source, const char* what) {
  return std::string(what) + (source.is_file() ? " in " + source.what() : " in the text given");
}

error invalid(const std::string& what, const std::string& why) {
  return error(errc::invalid_argument, "tls: " + what + ": " + why);
}

result<bio_ptr> open(const pem& source, const char* what) {
  ERR_clear_error();
  if (!source.is_file()) {
    return bio_ptr(BIO_new_mem_buf(source.what().data(), static_cast<int>(source.what().size())));
  }
  bio_ptr file(BIO_new_file(source.what().c_str(), "r"));
  if (file) return file;
  const unsigned long why = ERR_peek_error();
  const int number = ERR_SYSTEM_ERROR(why) ? ERR_GET_REASON(why) : 0;
  ERR_clear_error();
  return std::unexpected(os::make_error(-number, std::string("tls: open the ") + what,
                                        source.what(), "is the path right, and may we read it?"));
}

/// Whether the queue says no more than that the text has ended.
bool reached_end() {
  const unsigned long last = ERR_peek_last_error();
  const bool end = last == 0 || (ERR_GET_LIB(last) == ERR_LIB_PEM &&
                                 ERR_GET_REASON(last) == PEM_R_NO_START_LINE);
  if (end) ERR_clear_error();
  return end;
}

/// Never asks at the terminal, as OpenSSL's own would.
int give_password(char* into, int room, int /*writing*/, void* password) {
  const auto& text = *static_cast<const std::string*>(password);
  if (text.empty() || text.size() > static_cast<std::size_t>(room)) return -1;
  text.copy(into, text.size());
  return static_cast<int>(text.size());
}

/// Our own certificate and who vouches for it.
result<void> load_chain(const pem& source, SSL_CTX& into) {
  const auto in = open(source, "certificates");
  if (!in) return std::unexpected(in.error());
  std::string none;
  const auto next = [&] {
    return x509_ptr(PEM_read_bio_X509(in->get(), nullptr, &give_password, &none));
  };
  const std::string what = name_of(source, "certificates");
  const x509_ptr own = next();
  if (!own) {
    const bool nothing = reached_end();
    const std::string why = take_reasons();
    return std::unexpected(
        invalid(what, nothing ? "there is none (-----BEGIN CERTIFICATE-----)" : why));
  }
  if (SSL_CTX_use_certificate(&into, own.get()) != 1) {
    return std::unexpected(invalid(what, take_reasons()));
  }
  while (const x509_ptr each = next()) {
    if (SSL_CTX_add1_chain_cert(&into, each.get()) != 1) {
      return std::unexpected(invalid(what, take_reasons()));
    }
  }
  if (!reached_end()) return std::unexpected(invalid(what, take_reasons()));
  return {};
}

result<void> load_key(const context_options& options, SSL_CTX& into) {
  const pem& source = options.private_key.empty() ? options.certificates : options.private_key;
  const auto in = open(source, "private key");
  if (!in) return std::unexpected(in.error());
  std::string password = options.key_password;
  const key_ptr key(PEM_read_bio_PrivateKey(in->get(), nullptr, &give_password, &password));
  const std::string what = name_of(source, "private key");
  if (!key) {
    const bool nothing =
        ERR_GET_REASON(ERR_peek_last_error()) == ERR_R_UNSUPPORTED || reached_end();
    const std::string why = take_reasons();
    if (nothing)
      return std::unexpected(invalid(what, "there is none (-----BEGIN PRIVATE KEY-----)"));
    return std::unexpected(
        invalid(what, why + (password.empty() ? "; is it encrypted? Then give `key_password`"
                                              : "; does `key_password` fit?")));
  }
  if (SSL_CTX_use_PrivateKey(&into, key.get()) != 1 || SSL_CTX_check_private_key(&into) != 1) {
    return std::unexpected(
        invalid(what, "it is not that of the first certificate (" + take_reasons() + ")"));
  }
  return {};
}

/// The authorities of a PEM, into the store and, for a server, into what it asks clients for.
result<void> load_trusted(const context::state& s, SSL_CTX& into) {
  const pem& source = s.options.trusted;
  const auto in = open(source, "trusted certificates");
  if (!in) return std::unexpected(in.error());
  std::string none;
  int count = 0;
  while (const x509_ptr each{PEM_read_bio_X509(in->get(), nullptr, &give_password, &none)}) {
    ++count;
    const bool added = X509_STORE_add_cert(SSL_CTX_get_cert_store(&into), each.get()) == 1 &&
                       (!s.is_server || SSL_CTX_add_client_CA(&into, each.get()) == 1);
    if (!added) {
      return std::unexpected(invalid(name_of(source, "trusted certificates"), take_reasons()));
    }
  }
  if (!reached_end()) {
    return std::unexpected(invalid(name_of(source, "trusted certificates"), take_reasons()));
  }
  if (count > 0) return {};
  return std::unexpected(invalid(name_of(source, "trusted certificates"),
                                 "there is none (-----BEGIN CERTIFICATE-----)"));
}

}  // namespace

result<void> load_material(const context::state& s, SSL_CTX& into) {
  const context_options& options = s.options;
  if (!options.certificates.empty()) {
    result<void> loaded = load_chain(options.certificates, into);
    if (loaded) loaded = load_key(options, into);
    if (!loaded) return loaded;
  } else if (s.is_server) {
    return std::unexpected(error(errc::invalid_argument,
                                 "tls: a server's context needs `certificates`, and their key"));
  }
  if (!options.trusted.empty()) {
    result<void> loaded = load_trusted(s, into);
    if (!loaded) return loaded;
  }
  if (!options.trusted_folder.empty()) {
    if (SSL_CTX_load_verify_dir(&into, options.trusted_folder.c_str()) != 1) {
      return std::unexpected(
          invalid("trusted certificates in " + options.trusted_folder, take_reasons()));
    }
  }
  const bool named = !options.trusted.empty() || !options.trusted_folder.empty();
  if (options.trusts_system || (!named && !s.is_server)) SSL_CTX_set_default_verify_paths(&into);
  return {};
}

}  // namespace rondo::tls
