#include <rondo/fs/temporary.hpp>

#include <array>
#include <cstring>

#include <rondo/fs/names.hpp>
#include <rondo/fs/whole_file.hpp>

#include "fs/trees.hpp"
#include "net/net_fixture.hpp"
#include "support/tasks.hpp"

namespace rondo::testing {
namespace {

class fs_temporary : public net_test {
 protected:
  scratch_folder here;
};
INSTANTIATE_TEST_SUITE_P(backends, fs_temporary, ::testing::ValuesIn(granted_backends()),
                         backend_name);

TEST_P(fs_temporary, a_file_has_no_name_until_it_is_given_one) {
  play([](scratch_folder& here) -> task<> {
    fs::file scrap = co_await fs::temporary_file(here.path());
    co_await scrap.write_all("complete");
    EXPECT_TRUE(std::filesystem::is_empty(here.path()));
    std::array<std::byte, 8> back;
    co_await scrap.read_exact_at(back, 0);
    EXPECT_EQ(std::memcmp(back.data(), "complete", 8), 0);

    here.write("taken");
    EXPECT_EQ(co_await thrown_by(fs::give_name(scrap, here / "taken")), errc::already_exists);
    co_await fs::give_name(scrap, here / "named");
    EXPECT_EQ((co_await fs::stat(here / "named")).permissions, 0600);
    co_await scrap.close();
    EXPECT_EQ(here.read("named"), "complete");
    EXPECT_EQ(co_await thrown_by(fs::temporary_file(here / "none")), errc::not_found);
  }(here));
}

TEST_P(fs_temporary, files_go_with_who_has_them) {
  play([](scratch_folder& here) -> task<> {
    {
      const fs::file scrap = co_await fs::temporary_file(here.path());
    }
    EXPECT_TRUE(std::filesystem::is_empty(here.path()));
    const fs::file usual = co_await fs::temporary_file();
    EXPECT_TRUE(usual.is_open());
  }(here));
}

TEST_P(fs_temporary, a_folder_goes_with_what_is_in_it) {
  play([](scratch_folder& here) -> task<> {
    fs::temporary_folder first = co_await fs::temporary_folder::make("job-", here.path());
    EXPECT_TRUE(first.path().starts_with(here / "job-"));
    EXPECT_EQ((co_await fs::stat(first.path())).permissions, 0700);
    co_await fs::make_folders(first / "a/b");
    co_await fs::write_all(first / "a/b/file", "x");
    {
      const fs::temporary_folder second = co_await fs::temporary_folder::make("job-", here.path());
      EXPECT_NE(second.path(), first.path());
      co_await fs::make_folder(second / "below");
    }
    EXPECT_EQ(std::distance(std::filesystem::directory_iterator(here.path()), {}), 1);
    co_await first.remove();
    co_await first.remove();
    EXPECT_TRUE(std::filesystem::is_empty(here.path()));
    const std::string kept = (co_await fs::temporary_folder::make("job-", here.path())).keep();
    EXPECT_TRUE(co_await fs::exists(kept));
    EXPECT_EQ(co_await thrown_by(fs::temporary_folder::make("x", here / "none")), errc::not_found);
  }(here));
}

}  // namespace
}  // namespace rondo::testing
