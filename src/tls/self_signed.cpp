// A certificate for a first try, without the program `openssl`.
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <rondo/base/error.hpp>
#include <rondo/tls/self_signed.hpp>

#include "tls/openssl.hpp"

namespace rondo::tls {

namespace {

void check(bool fine) {
  if (!fine) throw error(errc::other, "tls: make a certificate: " + take_reasons());
}

template <class Write>
std::string pem_by(Write write) {
  const bio_ptr out(BIO_new(BIO_s_mem()));
  check(out && write(out.get()) == 1);
  char* text = nullptr;
  const long size = BIO_get_mem_data(out.get(), &text);
  return {text, static_cast<std::size_t>(size)};
}

void add_extension(X509& to, int which, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, &to, &to, nullptr, nullptr, 0);
  X509_EXTENSION* const made = X509V3_EXT_conf_nid(nullptr, &context, which, value.c_str());
  check(made != nullptr);
  X509_add_ext(&to, made, -1);
  X509_EXTENSION_free(made);
}

bool is_address(const std::string& name) {
  ASN1_OCTET_STRING* const parsed = a2i_IPADDRESS(name.c_str());
  ERR_clear_error();
  ASN1_OCTET_STRING_free(parsed);
  return parsed != nullptr;
}

}  // namespace

made_certificate make_self_signed(const std::vector<std::string>& names, key_kind kind) {
  constexpr long hour = 3600;
  ERR_clear_error();
  const key_ptr key(kind == key_kind::p256 ? EVP_EC_gen("P-256") : EVP_RSA_gen(2048));
  const x509_ptr certificate(X509_new());
  check(key && certificate);
  X509& x = *certificate;
  X509_set_version(&x, X509_VERSION_3);
  std::uint64_t serial = 0;
  check(RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof serial) == 1);
  ASN1_INTEGER_set_uint64(X509_get_serialNumber(&x), serial);
  X509_gmtime_adj(X509_getm_notBefore(&x), -hour);
  X509_gmtime_adj(X509_getm_notAfter(&x), 365 * 24 * hour);
  X509_set_pubkey(&x, key.get());
  X509_NAME_add_entry_by_txt(X509_get_subject_name(&x), "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>("self-signed"), -1, -1, 0);
  X509_set_issuer_name(&x, X509_get_subject_name(&x));
  std::string all;
  for (const std::string& each : names) {
    if (!all.empty()) all += ',';
    all += (is_address(each) ? "IP:" : "DNS:") + each;
  }
  if (!all.empty()) add_extension(x, NID_subject_alt_name, all);
  check(X509_sign(&x, key.get(), EVP_sha256()) > 0);
  made_certificate made;
  made.certificate = pem_by([&](BIO* to) { return PEM_write_bio_X509(to, &x); });
  made.key = pem_by([&](BIO* to) {
    return PEM_write_bio_PrivateKey(to, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  });
  return made;
}

}  // namespace rondo::tls
