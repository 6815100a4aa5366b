// Certificates for people: what one says, and why one was not accepted.
#include "tls/certificates.hpp"

#include <openssl/x509v3.h>
#include <time.h>

#include <rondo/os/address.hpp>

namespace rondo::tls {

namespace {

using names_ptr = std::unique_ptr<GENERAL_NAMES, freed_by<GENERAL_NAMES_free>>;

std::string text_of(const X509_NAME* name) {
  const bio_ptr out(BIO_new(BIO_s_mem()));
  X509_NAME_print_ex(out.get(), name, 0, XN_FLAG_RFC2253);
  char* text = nullptr;
  const long size = BIO_get_mem_data(out.get(), &text);
  return size > 0 ? std::string(text, static_cast<std::size_t>(size)) : std::string();
}

std::string hexadecimal(const unsigned char* bytes, std::size_t count) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string text;
  for (std::size_t i = 0; i < count; ++i) {
    text += digits[bytes[i] >> 4];
    text += digits[bytes[i] & 15];
  }
  return text;
}

std::int64_t unix_second(const ASN1_TIME* time) {
  tm broken_down = {};
  if (ASN1_TIME_to_tm(time, &broken_down) != 1) return 0;
  return timegm(&broken_down);
}

std::string text_of(const ASN1_OCTET_STRING& address) {
  const unsigned char* const bytes = ASN1_STRING_get0_data(&address);
  const int size = ASN1_STRING_length(&address);
  char text[64];
  if (size == 4) {
    std::snprintf(text, sizeof text, "%d.%d.%d.%d", bytes[0], bytes[1], bytes[2], bytes[3]);
    return text;
  }
  std::string all;
  for (int i = 0; i + 1 < size; i += 2) {
    std::snprintf(text, sizeof text, "%s%x", i == 0 ? "" : ":", bytes[i] << 8 | bytes[i + 1]);
    all += text;
  }
  return all;
}

std::vector<std::string> names_of(const X509& certificate) {
  std::vector<std::string> found;
  const names_ptr names(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(&certificate, NID_subject_alt_name, nullptr, nullptr)));
  for (int i = 0; i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const GENERAL_NAME* const each = sk_GENERAL_NAME_value(names.get(), i);
    if (each->type == GEN_DNS) {
      found.emplace_back(reinterpret_cast<const char*>(ASN1_STRING_get0_data(each->d.dNSName)),
                         static_cast<std::size_t>(ASN1_STRING_length(each->d.dNSName)));
    } else if (each->type == GEN_IPADD) {
      found.push_back(text_of(*each->d.iPAddress));
    }
  }
  return found;
}

std::string joined(const std::vector<std::string>& names) {
  constexpr std::size_t most = 5;  // some certificates have hundreds
  std::string text;
  for (std::size_t i = 0; i < names.size() && i < most; ++i) {
    text.append(i == 0 ? "" : ", ").append(names[i]);
  }
  if (names.size() > most) text += " and " + std::to_string(names.size() - most) + " more";
  return text;
}

std::string wrong_name(const refusal& why, std::string_view asked_for) {
  std::string text = "host name mismatch: asked for " + std::string(asked_for);
  if (why.of.names.empty()) {
    return text +
           ", the certificate names no host (a common name does not count: " + why.of.subject + ")";
  }
  return text + ", the certificate is for " + joined(why.of.names);
}

}  // namespace

certificate_facts facts_of(X509& certificate) {
  certificate_facts facts;
  facts.subject = text_of(X509_get_subject_name(&certificate));
  facts.issuer = text_of(X509_get_issuer_name(&certificate));
  facts.names = names_of(certificate);
  const ASN1_INTEGER* const serial = X509_get0_serialNumber(&certificate);
  facts.serial = hexadecimal(ASN1_STRING_get0_data(serial),
                             static_cast<std::size_t>(ASN1_STRING_length(serial)));
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  if (X509_digest(&certificate, EVP_sha256(), digest, &size) == 1) {
    facts.sha256 = hexadecimal(digest, size);
  }
  facts.valid_from = unix_second(X509_get0_notBefore(&certificate));
  facts.valid_until = unix_second(X509_get0_notAfter(&certificate));
  return facts;
}

std::string text_of_time(std::int64_t second) {
  const time_t time = second;
  tm broken_down = {};
  char text[64];
  if (gmtime_r(&time, &broken_down) == nullptr) return std::to_string(second);
  const std::size_t size = strftime(text, sizeof text, "%Y-%m-%d %H:%M UTC", &broken_down);
  return {text, size};
}

std::string explain(const refusal& why, std::string_view asked_for) {
  const std::string whose = why.depth == 0 ? "the certificate" : "the certificate of an authority";
  const std::string who = " (" + why.of.subject + ")";
  switch (why.code) {
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
      return wrong_name(why, asked_for);
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return whose + " has expired on " + text_of_time(why.of.valid_until) + who;
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return whose + " is not valid before " + text_of_time(why.of.valid_from) + who +
             "; is this machine's clock right?";
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
      return "the certificate is signed by itself alone" + who +
             "; where that is meant, name it as `trusted`";
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
      return "nobody trusts the authority that the chain ends with" + who +
             "; where it is yours, name it as `trusted`";
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
      return "no trusted authority vouches for " + whose + who + ", issued by " + why.of.issuer +
             "; does the peer leave out an intermediate, or is its authority to be `trusted`?";
    default:
      return whose + " was not accepted: " + X509_verify_cert_error_string(why.code) + who;
  }
}

}  // namespace rondo::tls
