#include "tls/authority.hpp"

#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <time.h>

#include <stdexcept>

namespace rondo::testing {

namespace {

using tls::bio_ptr;
using tls::key_ptr;
using tls::x509_ptr;

void check(bool fine, const char* what) {
  if (!fine) throw std::runtime_error(std::string(what) + ": " + tls::take_reasons());
}

std::string text_in(BIO& memory) {
  char* text = nullptr;
  const long size = BIO_get_mem_data(&memory, &text);
  return {text, static_cast<std::size_t>(size)};
}

std::string pem_of(X509& certificate) {
  const bio_ptr out(BIO_new(BIO_s_mem()));
  check(PEM_write_bio_X509(out.get(), &certificate) == 1, "write a certificate");
  return text_in(*out);
}

std::string pem_of(EVP_PKEY& key) {
  const bio_ptr out(BIO_new(BIO_s_mem()));
  check(PEM_write_bio_PrivateKey(out.get(), &key, nullptr, nullptr, 0, nullptr, nullptr) == 1,
        "write a key");
  return text_in(*out);
}

key_ptr new_key(bool rsa) {
  return key_ptr(rsa ? EVP_RSA_gen(2048) : EVP_EC_gen("P-256"));
}

void add_extension(X509& to, X509V3_CTX& context, int which, const std::string& value) {
  X509_EXTENSION* const made = X509V3_EXT_conf_nid(nullptr, &context, which, value.c_str());
  check(made != nullptr, value.c_str());
  X509_add_ext(&to, made, -1);
  X509_EXTENSION_free(made);
}

x509_ptr make(const wanted_certificate& wanted, EVP_PKEY& key, X509* issuer, EVP_PKEY& signer) {
  x509_ptr made(X509_new());
  X509* const x = made.get();
  X509_set_version(x, X509_VERSION_3);
  std::uint32_t serial = 0;
  RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof serial);
  ASN1_INTEGER_set_uint64(X509_get_serialNumber(x), serial);
  const time_t now = time(nullptr);
  ASN1_TIME_set(X509_getm_notBefore(x), now + wanted.valid_from);
  ASN1_TIME_set(X509_getm_notAfter(x), now + wanted.valid_until);
  X509_set_pubkey(x, &key);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(wanted.common_name.c_str()), -1,
                             -1, 0);
  X509_set_issuer_name(x, X509_get_subject_name(issuer != nullptr ? issuer : x));
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer != nullptr ? issuer : x, x, nullptr, nullptr, 0);
  add_extension(*x, context, NID_basic_constraints,
                wanted.is_authority ? "critical,CA:TRUE" : "CA:FALSE");
  add_extension(*x, context, NID_subject_key_identifier, "hash");
  if (issuer != nullptr) add_extension(*x, context, NID_authority_key_identifier, "keyid");
  std::string names;
  for (const std::string& each : wanted.hosts) names += (names.empty() ? "DNS:" : ",DNS:") + each;
  for (const std::string& each : wanted.addresses) names += (names.empty() ? "IP:" : ",IP:") + each;
  if (!names.empty()) add_extension(*x, context, NID_subject_alt_name, names);
  check(X509_sign(x, &signer, EVP_sha256()) > 0, "sign a certificate");
  return made;
}

wanted_certificate wanted_authority(const std::string& name) {
  wanted_certificate wanted;
  wanted.common_name = name;
  wanted.is_authority = true;
  return wanted;
}

}  // namespace

authority::authority(const std::string& name)
    : key_(new_key(false)),
      certificate_(make(wanted_authority(name), *key_, nullptr, *key_)),
      pem_(pem_of(*certificate_)) {}

authority::authority(const std::string& name, const authority& above)
    : key_(new_key(false)),
      certificate_(make(wanted_authority(name), *key_, above.certificate_.get(), *above.key_)),
      pem_(pem_of(*certificate_)) {}

identity authority::issue(const wanted_certificate& wanted) const {
  const key_ptr key = new_key(wanted.rsa);
  const x509_ptr made = make(wanted, *key, certificate_.get(), *key_);
  return {pem_of(*made), pem_of(*key)};
}

identity self_signed(const wanted_certificate& wanted) {
  const key_ptr key = new_key(wanted.rsa);
  const x509_ptr made = make(wanted, *key, nullptr, *key);
  return {pem_of(*made), pem_of(*key)};
}

identity for_localhost(const authority& who, bool rsa) {
  wanted_certificate wanted;
  wanted.hosts = {"localhost"};
  wanted.addresses = {"127.0.0.1"};
  wanted.rsa = rsa;
  return who.issue(wanted);
}

}  // namespace rondo::testing
