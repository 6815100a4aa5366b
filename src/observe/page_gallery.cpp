// The tab "Gallery": the list of programs, and one of them, run when it is asked for. That takes a
// few milliseconds, in which the page's server waits; the program that is inspected does not.
#include <rondo/observe/gallery.hpp>

#include "observe/page_json.hpp"
#include "observe/page_server.hpp"

namespace rondo::observe {

void add_gallery(page_routes& routes) {
  routes.add("/api/gallery", [](http::exchange& x, const page_query&) {
    return page::respond_json(x, page::json::parse(gallery::list_as_json()));
  });
  for (const gallery::entry& e : gallery::entries()) {
    routes.add("/api/gallery/" + std::string(e.name), [&e](http::exchange& x, const page_query&) {
      return page::respond_json(x, page::json::parse(gallery::as_json(e, gallery::run(e))));
    });
  }
}

}  // namespace rondo::observe
