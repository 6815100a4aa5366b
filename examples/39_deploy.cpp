// A new version of a whole folder goes live in one step: it is made beside the old one, and then
// the two exchange their names. Whoever opens a file meets the old version or the new one, and
// never a mixture; and the way back is the same step once more.
#include <cstdio>
#include <string>

#include <rondo/async/run.hpp>
#include <rondo/fs/copy.hpp>
#include <rondo/fs/names.hpp>
#include <rondo/fs/remove_all.hpp>
#include <rondo/fs/temporary.hpp>
#include <rondo/fs/whole_file.hpp>

namespace fs = rondo::fs;

rondo::task<> deploy(std::string release, std::string site) {
  const std::string next = site + ".next";
  co_await fs::remove_all(next);  // what an attempt that failed has left
  const fs::copy_summary copied = co_await fs::copy_tree(release, next);
  if (co_await fs::exists(site)) {
    co_await fs::rename(next, site, fs::rename_rule::exchange);
    const auto gone = co_await fs::remove_all(next);  // the old version, by now
    std::printf("%llu files live, %llu old names removed\n",
                static_cast<unsigned long long>(copied.files),
                static_cast<unsigned long long>(gone));
  } else {
    co_await fs::rename(next, site, fs::rename_rule::no_replace);
    std::printf("%llu files live\n", static_cast<unsigned long long>(copied.files));
  }
}

rondo::task<> amain() {
  fs::temporary_folder here = co_await fs::temporary_folder::make();
  for (const char* const version : {"1.0", "2.0"}) {
    const std::string release = here / version;
    co_await fs::make_folders(release + "/pages");
    co_await fs::write_all(release + "/version", version);
    co_await fs::write_all(release + "/pages/index.html", "<p>hello");
    co_await deploy(release, here / "site");
    std::printf("now at %s\n", (co_await fs::read_text(here / "site/version")).c_str());
  }
  co_await here.remove();
}

int main() {
  rondo::run(amain());
}
