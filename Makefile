# The few commands of this repository. Each installs what it lacks (tools/bootstrap) and builds what
# it needs.
JOBS ?= $(shell nproc)
PORT ?=
ARGS ?=
cpp_files = $(shell find include src tests examples benchmarks fuzz -name '*.[ch]pp')

build = cmake --preset $(1) --log-level=WARNING >/dev/null && cmake --build --preset $(1) -j $(JOBS)

.PHONY: help run test bench check format clean

help: ## show this list
	@grep -E '^[a-z]+:.*##' Makefile | sed -E 's/:.*##/:/' | column -t -s:

run: ## build and start `rondo serve` (PORT=8080, ARGS="options and a folder")
	@tools/bootstrap run
	@$(call build,release) --target rondo_cli
	@exec build/release/rondo serve $(if $(PORT),--port $(PORT)) $(ARGS)

test: ## build everything and run every test
	@tools/bootstrap test
	@$(call build,release)
	@ctest --preset release -j $(JOBS)

bench: ## run the benchmarks; results as JSON in build/bench (ARGS= goes to them)
	@tools/bootstrap bench
	@cmake --preset release -DRONDO_BENCHMARKS=ON --log-level=WARNING >/dev/null
	@cmake --build --preset release -j $(JOBS) --target benchmarks
	@tools/bench $(ARGS)

check: ## format, tidy, floors, build-time budget and clang-tidy
	@tools/bootstrap check
	@clang-format-19 --dry-run -Werror $(cpp_files)
	@cmake --preset release --log-level=WARNING >/dev/null
	@tools/check_floors
	@tools/check_tidy --compile-commands build/release/compile_commands.json
	@tools/run_clang_tidy --jobs $(JOBS)
	@tools/check_build_budget

format: ## format every C++ file in place
	@tools/bootstrap check
	@clang-format-19 -i $(cpp_files)

clean: ## remove what was built
	rm -rf build
