// The hello server on Go's net/http, as most Go programs would write it: its whole parser, and a
// Date in each answer.
package main

import (
	"net/http"
	"runtime"

	"rivals/bench"
)

func hello(answer http.ResponseWriter, request *http.Request) {
	if request.URL.Path == "/work" {
		runtime.KeepAlive(bench.Work(bench.HeavySteps))
	}
	answer.Header().Set("Content-Type", "text/plain")
	answer.Write([]byte("Hello, world!"))
}

func main() {
	listener := bench.Listen(bench.Parse().Port)
	panic(http.Serve(listener, http.HandlerFunc(hello)))
}
