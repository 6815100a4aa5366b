// Who is believed: by engines without I/O, since only the certificates matter here. (Revocation is
// not looked up: see docs/guide/tls.md.)
#include <array>

#include <rondo/tls/self_signed.hpp>

#include "tls/tls_fixture.hpp"

namespace rondo::testing {
namespace {

using tls::context;

/// What a client that trusts `the_authority()` has to say against a server that shows `shown`.
std::string objection(const identity& shown, const std::string& asked_for = "localhost") {
  const context client(plain_client());
  const context server(server_as(shown));
  engine_pair pair(client, server, asked_for);
  pair.shake_hands();
  if (!pair.client_failure) return pair.client.is_established() ? "" : "not established";
  EXPECT_EQ(pair.client_failure->code(), errc::untrusted);
  EXPECT_TRUE(pair.server_failure) << "the server is told";
  const std::string text = pair.client_failure->what();
  const std::string begin = "tls handshake with " + asked_for + ": ";
  EXPECT_TRUE(text.starts_with(begin)) << text;
  return text.substr(begin.size());
}

identity shown_with(std::vector<std::string> hosts, std::vector<std::string> addresses = {}) {
  wanted_certificate wanted;
  wanted.hosts = std::move(hosts);
  wanted.addresses = std::move(addresses);
  return the_authority().issue(wanted);
}

TEST(trust, a_name_has_to_be_among_the_names) {
  const identity two = shown_with({"a.example", "b.example"});
  EXPECT_EQ(objection(two, "a.example"), "");
  EXPECT_EQ(objection(two, "B.Example"), "");
  EXPECT_EQ(objection(two, "b.example."), "") << "the root's dot";
  EXPECT_EQ(objection(two, "c.example"),
            "host name mismatch: asked for c.example, the certificate is for a.example, b.example");
  EXPECT_EQ(objection(shown_with({}), "test"),
            "host name mismatch: asked for test, the certificate names no host (a common name does "
            "not count: CN=test)");
}

TEST(trust, a_wildcard_is_one_label) {
  const identity any = shown_with({"*.example.com"});
  EXPECT_EQ(objection(any, "www.example.com"), "");
  EXPECT_NE(objection(any, "example.com"), "");
  EXPECT_NE(objection(any, "a.b.example.com"), "");
  EXPECT_NE(objection(shown_with({"w*.example.com"}), "www.example.com"), "");
}

TEST(trust, an_address_has_to_be_among_the_addresses) {
  const identity both = shown_with({"localhost"}, {"127.0.0.1", "::1"});
  EXPECT_EQ(objection(both, "127.0.0.1"), "");
  EXPECT_EQ(objection(both, "::1"), "");
  EXPECT_EQ(objection(both, "[::1]"), "");
  EXPECT_NE(objection(both, "127.0.0.2"), "");
  // A name that looks like the address is no address.
  EXPECT_EQ(objection(shown_with({"127.0.0.1"}), "127.0.0.1"),
            "host name mismatch: asked for 127.0.0.1, the certificate is for 127.0.0.1");
}

TEST(trust, time_counts) {
  wanted_certificate wanted;
  wanted.hosts = {"localhost"};
  wanted.valid_from = -7200;
  wanted.valid_until = -3600;
  EXPECT_TRUE(
      objection(the_authority().issue(wanted)).starts_with("the certificate has expired on 2"));
  wanted.valid_from = 3600;
  wanted.valid_until = 7200;
  EXPECT_TRUE(objection(the_authority().issue(wanted))
                  .starts_with("the certificate is not valid before 2"));
}

TEST(trust, somebody_trusted_has_to_vouch) {
  const authority stranger("a stranger");
  const std::string unknown = objection(for_localhost(stranger));
  EXPECT_TRUE(
      unknown.starts_with("no trusted authority vouches for the certificate (CN=test), "
                          "issued by CN=a stranger"))
      << unknown;
  wanted_certificate wanted;
  wanted.hosts = {"localhost"};
  EXPECT_TRUE(
      objection(self_signed(wanted)).starts_with("the certificate is signed by itself alone"));
  // One that has the trusted one's name, but not its key.
  const authority impostor("Rondo's test authority");
  EXPECT_NE(objection(for_localhost(impostor)), "");
}

TEST(trust, a_chain_may_pass_through_others) {
  const authority between("an intermediate authority", the_authority());
  identity shown = for_localhost(between);
  EXPECT_TRUE(objection(shown).starts_with("no trusted authority vouches for the certificate"))
      << "the intermediate is left out";
  shown.certificate += between.certificate();
  EXPECT_EQ(objection(shown), "");
  // A certificate that is no authority's vouches for nobody.
  wanted_certificate plain;
  plain.common_name = "no authority";
  const authority forger("no authority");
  identity forged = for_localhost(forger);
  forged.certificate += the_authority().issue(plain).certificate;
  EXPECT_NE(objection(forged), "");
}

TEST(trust, a_root_that_comes_along_is_not_believed) {
  const authority stranger("a stranger");
  identity shown = for_localhost(stranger);
  shown.certificate += stranger.certificate();
  EXPECT_TRUE(objection(shown).starts_with("nobody trusts the authority that the chain ends with"));
}

TEST(trust, the_system_does_not_know_us) {
  const context client{tls::client_options()};
  const context server(plain_server());
  engine_pair pair(client, server);
  pair.shake_hands();
  ASSERT_TRUE(pair.client_failure);
  EXPECT_EQ(pair.client_failure->code(), errc::untrusted);
}

TEST(trust, a_client_that_verifies_needs_a_name) {
  const context client(plain_client());
  EXPECT_THROW(tls::engine(client, ""), error);
  EXPECT_THROW(tls::engine(client, std::string_view("a\0b", 3)), error);
}

TEST(trust, not_verifying_has_to_be_said) {
  tls::client_options options;
  options.insecure_no_verification = true;
  const context client(std::move(options));
  wanted_certificate wanted;
  wanted.valid_until = -60;
  const context server(server_as(self_signed(wanted)));
  engine_pair pair(client, server, "whoever");
  pair.shake_hands();
  EXPECT_TRUE(pair.client.is_established());
  engine_pair nameless(client, server, "");
  nameless.shake_hands();
  EXPECT_TRUE(nameless.client.is_established());
}

TEST(trust, a_certificate_for_a_first_try) {
  for (const auto kind : {tls::key_kind::p256, tls::key_kind::rsa_2048}) {
    const auto made = tls::make_self_signed({"localhost", "::1"}, kind);
    tls::client_options options;
    options.trusted = tls::pem::text(made.certificate);
    const context client(std::move(options));
    const context server(server_as({made.certificate, made.key}));
    for (const char* name : {"localhost", "::1"}) {
      engine_pair pair(client, server, name);
      pair.shake_hands();
      EXPECT_TRUE(pair.client.is_established()) << name;
    }
    EXPECT_NE(objection({made.certificate, made.key}), "") << "it vouches for itself alone";
  }
}

// Certificates of clients
// ---------------------------------------------------------------------------------

context server_that_wants(tls::client_certificates what) {
  auto options = plain_server();
  options.trusted = tls::pem::text(the_authority().certificate());
  options.clients = what;
  return context(std::move(options));
}

context client_as(const identity& who) {
  auto options = plain_client();
  options.certificates = tls::pem::text(who.certificate + who.key);  // one PEM with both
  return context(std::move(options));
}

TEST(trust, a_client_shows_who_it_is) {
  const context server = server_that_wants(tls::client_certificates::required);
  wanted_certificate wanted;
  wanted.common_name = "a client";
  const context client = client_as(the_authority().issue(wanted));
  engine_pair pair(client, server);
  pair.shake_hands();
  ASSERT_TRUE(pair.server.is_established());
  EXPECT_EQ(pair.server.peer_certificate()->subject, "CN=a client");
}

TEST(trust, a_client_without_a_certificate_is_refused_where_one_is_required) {
  const context client(plain_client());
  const context required = server_that_wants(tls::client_certificates::required);
  engine_pair pair(client, required);
  pair.shake_hands();
  ASSERT_TRUE(pair.server_failure);
  EXPECT_EQ(pair.server_failure->code(), errc::untrusted);
  EXPECT_EQ(std::string(pair.server_failure->what()),
            "tls handshake: the client shows no certificate, and one is required");
  // In TLS 1.3 a client is done before the server has decided: it hears at its first read.
  const auto told = pair.client.read(std::span<std::byte>());
  std::array<std::byte, 10> some;
  const auto read = pair.client.read(some);
  ASSERT_FALSE(read) << told.has_value();
  EXPECT_EQ(read.error().code(), errc::untrusted);

  const context wanted = server_that_wants(tls::client_certificates::wanted);
  engine_pair without(client, wanted);
  without.shake_hands();
  EXPECT_TRUE(without.server.is_established());
  EXPECT_FALSE(without.server.peer_certificate());
}

TEST(trust, a_client_that_nobody_vouches_for_is_refused) {
  const authority stranger("a stranger");
  wanted_certificate wanted;
  wanted.common_name = "an intruder";
  const context client = client_as(stranger.issue(wanted));
  for (const auto what : {tls::client_certificates::wanted, tls::client_certificates::required}) {
    const context server = server_that_wants(what);
    engine_pair pair(client, server);
    pair.shake_hands();
    ASSERT_TRUE(pair.server_failure);
    EXPECT_EQ(pair.server_failure->code(), errc::untrusted);
    const std::string text = pair.server_failure->what();
    EXPECT_TRUE(text.starts_with("tls handshake: of the client: no trusted authority vouches for"))
        << text;
  }
}

}  // namespace
}  // namespace rondo::testing
