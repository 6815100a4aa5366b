// The first page that a newcomer sees.
#include "cli/start_page.hpp"

#include <rondo/base/version.hpp>

namespace rondo::cli {

std::string start_page(std::string_view backend, std::string_view address) {
  std::string page = R"(<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Rondo</title>
<style>
  body { font: 17px/1.5 system-ui, sans-serif; max-width: 40em; margin: 4em auto; }
  code, pre { font: 14px/1.5 ui-monospace, monospace; background: #f3f3f0; padding: .1em .3em; }
  pre { padding: .8em 1em; overflow-x: auto; }
  svg { display: block; margin: 2em auto; }
</style>
</head>
<body>
<svg width="220" height="220" viewBox="-110 -110 220 220" font-size="11"
     text-anchor="middle" fill="#222">
  <circle r="74" fill="none" stroke="#c33" stroke-width="3"/>
  <g fill="#fff" stroke="#c33" stroke-width="2">
    <circle cy="-74" r="7"/><circle cx="64" cy="-37" r="7"/><circle cx="64" cy="37" r="7"/>
    <circle cy="74" r="7"/><circle cx="-64" cy="37" r="7"/><circle cx="-64" cy="-37" r="7"/>
  </g>
  <text y="-90">timers</text><text x="86" y="-50">pending</text><text x="86" y="58">idle</text>
  <text y="98">poll</text><text x="-86" y="58">check</text><text x="-86" y="-50">close</text>
  <text y="4" font-size="20">rondo</text>
</svg>
<h1>It turns.</h1>
<p>This page comes from Rondo )";
  page += version();
  page += ", an event loop for C++, waiting through <code>";
  page += backend;
  page += R"(</code>.</p>
<ul>
<li><a href="/hello">/hello</a> answers in plain text: something to measure.</li>
<li><code>rondo serve DIR</code> serves the files of a folder.</li>
<li><code>rondo doctor</code> says what this machine grants, and why not.</li>
</ul>
<pre>wrk -c64 http://)";
  page += address;
  page += R"(/hello</pre>
</body>
</html>
)";
  return page;
}

}  // namespace rondo::cli
