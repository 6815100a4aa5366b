// The hello server on Go's sockets, a goroutine a connection; like the other peers it does no more
// than find the ends of headers.
package main

import (
	"net"
	"runtime"
	"strings"

	"rivals/bench"
)

// Counts ends of headers across pieces of a stream; matched is how much of an end was seen.
func countRequests(data []byte, matched *int) int {
	const end = "\r\n\r\n"
	found := 0
	for _, each := range data {
		switch {
		case each == end[*matched]:
			*matched++
		case each == '\r':
			*matched = 1
		default:
			*matched = 0
		}
		if *matched == len(end) {
			*matched = 0
			found++
		}
	}
	return found
}

func session(peer net.Conn) {
	defer peer.Close()
	input := make([]byte, 1024)
	answers := []byte(bench.Hello)
	matched := 0
	for {
		got, err := peer.Read(input)
		if err != nil {
			return
		}
		if got > 5 && input[5] == 'w' {
			runtime.KeepAlive(bench.Work(bench.HeavySteps))
		}
		owed := countRequests(input[:got], &matched) * len(bench.Hello)
		if owed > len(answers) {
			answers = []byte(strings.Repeat(bench.Hello, owed/len(bench.Hello)))
		}
		if _, err = peer.Write(answers[:owed]); err != nil {
			return
		}
	}
}

func main() {
	listener := bench.Listen(bench.Parse().Port)
	for {
		if peer, err := listener.Accept(); err == nil {
			go session(peer)
		}
	}
}
