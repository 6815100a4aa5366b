// Several failures as one exception, with a text in which none is missing.
#include <string>
#include <utility>

#include <rondo/task/cancel_scope.hpp>
#include <rondo/task/failure_group.hpp>

namespace rondo {

namespace {

std::string text_of(const std::exception_ptr& failure) {
  try {
    std::rethrow_exception(failure);
  } catch (const std::exception& e) {
    return e.what();
  } catch (const cancelled&) {
    return "cancelled, though nobody asked for it";
  } catch (...) {
    return "an exception of a type of its own";
  }
}

std::string text_of(const std::vector<std::exception_ptr>& failures) {
  std::string text = std::to_string(failures.size()) + " tasks failed";
  const char* separator = ": ";
  for (const std::exception_ptr& each : failures) {
    text += separator + text_of(each);
    separator = "; ";
  }
  return text;
}

}  // namespace

failure_group::failure_group(std::vector<std::exception_ptr> failures)
    : std::runtime_error(text_of(failures)), failures_(std::move(failures)) {}

namespace detail {

void failure_list::add_current() {
  try {
    throw;
  } catch (const cancelled&) {
    cancel_ = std::current_exception();
  } catch (...) {
    add(std::current_exception());
  }
}

void failure_list::rethrow() {
  if (failures_.size() > 1) throw failure_group(std::move(failures_));
  if (!failures_.empty()) std::rethrow_exception(failures_.front());
  if (cancel_) std::rethrow_exception(cancel_);
}

}  // namespace detail

}  // namespace rondo
