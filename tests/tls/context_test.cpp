// What contexts are made of: files and what may be wrong with them, reloading, names, sessions.
#include <stdlib.h>
#include <unistd.h>

#include <openssl/pem.h>

#include <cstdio>

#include "tls/tls_fixture.hpp"

namespace rondo::testing {
namespace {

using tls::context;

/// Files of a test, gone with it.
class files {
 public:
  files() {
    char path[] = "/tmp/rondo-tls-XXXXXX";
    EXPECT_NE(mkdtemp(path), nullptr);
    folder_ = path;
  }
  files(const files&) = delete;
  ~files() {
    for (const std::string& each : made_) unlink(each.c_str());
    rmdir(folder_.c_str());
  }
  std::string path(const std::string& name) const { return folder_ + "/" + name; }
  std::string write(const std::string& name, const std::string& content) {
    std::FILE* const file = std::fopen(path(name).c_str(), "w");
    EXPECT_EQ(std::fwrite(content.data(), 1, content.size(), file), content.size());
    std::fclose(file);
    made_.push_back(path(name));
    return path(name);
  }

 private:
  std::string folder_;
  std::vector<std::string> made_;
};

tls::server_options server_from(const std::string& certificate, const std::string& key) {
  tls::server_options options;
  options.certificates = tls::pem::file(certificate);
  options.private_key = tls::pem::file(key);
  return options;
}

template <class Options>
std::string complaint(Options options) {
  try {
    const context made(std::move(options));
    return "";
  } catch (const error& e) {
    return e.what();
  }
}

TEST(tls_context, says_what_is_wrong_with_which_file) {
  files f;
  const std::string good = f.write("good.pem", localhost().certificate);
  const std::string key = f.write("key.pem", localhost().key);
  const std::string other = f.write("other.pem", for_localhost(the_authority()).key);
  const std::string empty = f.write("empty.pem", "");
  const std::string torn =
      f.write("torn.pem", localhost().certificate.substr(0, 200) + "\n-----END CERTIFICATE-----\n");
  EXPECT_EQ(complaint(server_from(good, key)), "");
  EXPECT_EQ(complaint(server_from(f.path("none.pem"), key)),
            "tls: open the certificates " + f.path("none.pem") +
                ": No such file or directory (ENOENT); is the path right, and may we read it?");
  EXPECT_EQ(complaint(server_from(empty, key)),
            "tls: certificates in " + empty + ": there is none (-----BEGIN CERTIFICATE-----)");
  EXPECT_TRUE(complaint(server_from(torn, key)).starts_with("tls: certificates in " + torn + ": "));
  EXPECT_EQ(complaint(server_from(good, good)),
            "tls: private key in " + good + ": there is none (-----BEGIN PRIVATE KEY-----)");
  EXPECT_EQ(complaint(server_from(good, other)),
            "tls: private key in " + other +
                ": it is not that of the first certificate (key values mismatch)");
  EXPECT_EQ(complaint(tls::server_options()),
            "tls: a server's context needs `certificates`, and their key");
  tls::client_options client;
  client.trusted = tls::pem::file(empty);
  EXPECT_EQ(complaint(std::move(client)), "tls: trusted certificates in " + empty +
                                              ": there is none (-----BEGIN CERTIFICATE-----)");
}

TEST(tls_context, refuses_ciphers_that_nobody_knows) {
  auto options = plain_client();
  options.ciphers = "nonsense";
  EXPECT_EQ(complaint(std::move(options)), "tls: the ciphers 'nonsense': no cipher match");
  auto newer = plain_client();
  newer.cipher_suites = "nonsense";
  EXPECT_TRUE(complaint(std::move(newer)).starts_with("tls: the cipher suites 'nonsense': "));
}

TEST(tls_context, takes_an_encrypted_key_with_its_password_and_never_asks) {
  static const char* const password = "open sesame";
  const tls::bio_ptr in(BIO_new_mem_buf(localhost().key.data(), -1));
  const tls::key_ptr key(PEM_read_bio_PrivateKey(in.get(), nullptr, nullptr, nullptr));
  const tls::bio_ptr out(BIO_new(BIO_s_mem()));
  ASSERT_EQ(PEM_write_bio_PKCS8PrivateKey(out.get(), key.get(), EVP_aes_128_cbc(), password, 11,
                                          nullptr, nullptr),
            1);
  char* text = nullptr;
  const long size = BIO_get_mem_data(out.get(), &text);
  const std::string encrypted(text, static_cast<std::size_t>(size));
  auto options = plain_server();
  options.private_key = tls::pem::text(encrypted);
  options.key_password = password;
  EXPECT_EQ(complaint(std::move(options)), "");
  auto without = plain_server();
  without.private_key = tls::pem::text(encrypted);
  EXPECT_NE(complaint(std::move(without)).find("Then give `key_password`"), std::string::npos);
  auto wrong = plain_server();
  wrong.private_key = tls::pem::text(encrypted);
  wrong.key_password = "wrong";
  EXPECT_NE(complaint(std::move(wrong)).find("does `key_password` fit?"), std::string::npos);
}

std::string subject_shown(const context& client, const context& server,
                          std::string_view name = "localhost") {
  engine_pair pair(client, server, name);
  pair.shake_hands();
  if (pair.client_failure) return pair.client_failure->what();
  return pair.client.peer_certificate()->subject;
}

identity named(const std::string& common_name, std::vector<std::string> hosts = {"localhost"}) {
  wanted_certificate wanted;
  wanted.common_name = common_name;
  wanted.hosts = std::move(hosts);
  return the_authority().issue(wanted);
}

TEST(tls_context, reloads_for_who_comes_next_and_keeps_what_works) {
  files f;
  const identity first = named("first");
  const identity second = named("second");
  const std::string certificate = f.write("certificate.pem", first.certificate);
  const std::string key = f.write("key.pem", first.key);
  context server(server_from(certificate, key));
  const context client(plain_client());
  EXPECT_EQ(subject_shown(client, server), "CN=first");
  engine_pair begun(client, server);
  begun.shake_hands();

  f.write("certificate.pem", second.certificate);
  const auto half = server.reload();  // its key is not there yet
  ASSERT_FALSE(half);
  EXPECT_NE(std::string(half.error().what()).find("not that of the first"), std::string::npos);
  EXPECT_EQ(subject_shown(client, server), "CN=first");

  f.write("key.pem", second.key);
  ASSERT_TRUE(server.reload());
  EXPECT_EQ(subject_shown(client, server), "CN=second");
  EXPECT_TRUE(begun.server.write(bytes_of("goes on")));
  begun.exchange();
  EXPECT_EQ(read_all(begun.client), "goes on");
}

TEST(tls_context, is_chosen_by_the_name_that_a_client_asks_for) {
  const context a(server_as(named("a", {"a.example"})));
  auto strict = server_as(named("b", {"b.example"}));
  strict.trusted = tls::pem::text(the_authority().certificate());
  strict.clients = tls::client_certificates::required;
  const context b(std::move(strict));
  std::vector<std::string> asked;
  auto options = plain_server();
  options.choose = [&](std::string_view name) -> const context* {
    asked.emplace_back(name);
    return name == "a.example" ? &a : name == "b.example" ? &b : nullptr;
  };
  const context server(std::move(options));
  const context client(plain_client());
  EXPECT_EQ(subject_shown(client, server, "a.example"), "CN=a");
  EXPECT_EQ(subject_shown(client, server, "localhost"), "CN=test");
  EXPECT_EQ(subject_shown(client, server, "127.0.0.1"), "CN=test");
  EXPECT_EQ(asked, (std::vector<std::string>{"a.example", "localhost", ""}));

  engine_pair refused(client, server, "b.example");
  refused.shake_hands();
  ASSERT_TRUE(refused.server_failure) << "the chosen one's demands hold";
  EXPECT_EQ(refused.server_failure->code(), errc::untrusted);
}

// Sessions
// ------------------------------------------------------------------------------------------------

class sessions_test : public ::testing::TestWithParam<tls::version> {
 public:
  context client_context() const {
    auto options = plain_client();
    options.maximum = GetParam();
    return context(std::move(options));
  }
  /// Whether a second connection is shorter.
  static bool resumes(const context& client, const context& server, tls::session_store& store,
                      std::string_view name = "localhost") {
    engine_pair pair(client, server, name, &store);
    pair.shake_hands();
    EXPECT_TRUE(pair.client.is_established());
    read_all(pair.client);  // the tickets
    EXPECT_EQ(pair.client.resumed(), pair.server.resumed());
    if (pair.client.resumed()) EXPECT_TRUE(pair.client.peer_certificate());
    return pair.client.resumed();
  }
};
INSTANTIATE_TEST_SUITE_P(versions, sessions_test,
                         ::testing::Values(tls::version::tls_1_2, tls::version::tls_1_3),
                         [](const auto& v) {
                           return v.param == tls::version::tls_1_2 ? "tls_1_2" : "tls_1_3";
                         });

TEST_P(sessions_test, are_resumed_by_ticket_and_from_a_cache) {
  for (const auto how : {tls::resumption::tickets, tls::resumption::cache}) {
    auto options = plain_server();
    options.resumption = how;
    const context server(std::move(options));
    const context client = client_context();
    tls::session_store store;
    EXPECT_FALSE(resumes(client, server, store));
    EXPECT_GT(store.size(), 0u);
    EXPECT_TRUE(resumes(client, server, store));
    EXPECT_TRUE(resumes(client, server, store));
    store.clear();
    EXPECT_FALSE(resumes(client, server, store));
  }
  auto options = plain_server();
  options.resumption = tls::resumption::none;
  const context server(std::move(options));
  const context client = client_context();
  tls::session_store store;
  EXPECT_FALSE(resumes(client, server, store));
  EXPECT_FALSE(resumes(client, server, store));
}

TEST_P(sessions_test, stay_with_their_name_and_their_context) {
  const context server(server_as(named("two", {"a.example", "b.example"})));
  const context client = client_context();
  tls::session_store store;
  EXPECT_FALSE(resumes(client, server, store, "a.example"));
  EXPECT_FALSE(resumes(client, server, store, "b.example"));
  EXPECT_TRUE(resumes(client, server, store, "a.example"));
  const context another = client_context();
  EXPECT_FALSE(resumes(another, server, store, "a.example")) << "it may trust fewer";
}

TEST_P(sessions_test, outlive_a_reload_of_the_server_and_not_of_the_client) {
  context server(plain_server());
  context client = client_context();
  tls::session_store store;
  EXPECT_FALSE(resumes(client, server, store));
  ASSERT_TRUE(server.reload());
  EXPECT_TRUE(resumes(client, server, store));
  ASSERT_TRUE(client.reload());
  EXPECT_FALSE(resumes(client, server, store));
}

/// A session begun under a name that asks nothing of clients is no way into one that does.
TEST_P(sessions_test, are_no_way_around_a_client_certificate) {
  auto strict = server_as(named("b", {"localhost"}));
  strict.trusted = tls::pem::text(the_authority().certificate());
  strict.clients = tls::client_certificates::required;
  const context b(std::move(strict));
  bool guarded = false;
  auto options = plain_server();
  options.choose = [&](std::string_view) { return guarded ? &b : nullptr; };
  const context server(std::move(options));
  const context client = client_context();
  tls::session_store store;
  EXPECT_FALSE(resumes(client, server, store));
  EXPECT_TRUE(resumes(client, server, store));
  guarded = true;
  engine_pair pair(client, server, "localhost", &store);
  pair.shake_hands();
  ASSERT_TRUE(pair.server_failure);
  EXPECT_EQ(pair.server_failure->code(), errc::untrusted);
}

TEST_P(sessions_test, are_bounded) {
  const context server(plain_server());
  const context client = client_context();
  tls::session_store three(3);
  for (int i = 0; i < 5; ++i) {
    engine_pair pair(client, server, "localhost", &three);
    pair.shake_hands();
    read_all(pair.client);
    EXPECT_LE(three.size(), 3u);
  }
  tls::session_store none(0);
  EXPECT_FALSE(resumes(client, server, none));
  EXPECT_FALSE(resumes(client, server, none));
}

}  // namespace
}  // namespace rondo::testing
