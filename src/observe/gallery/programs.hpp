#pragma once

#include <string_view>
#include <vector>

#include "observe/gallery/stage.hpp"

namespace rondo::observe::gallery {

/// A file of programs/, and what it makes known. The table is written by cmake/RondoGallery.cmake,
/// so that the text is that of the file which is compiled.
struct program {
  std::string_view name;
  std::string_view text;
  const piece& told;
};

const std::vector<program>& programs();

}  // namespace rondo::observe::gallery
