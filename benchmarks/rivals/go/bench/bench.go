// Package bench is what the Go programs share; the twin of common/bench.h, and no part of what is
// measured.
package bench

import (
	"flag"
	"fmt"
	"net"
	"runtime"
	"syscall"
	"time"
	"unsafe"
)

const Hello = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 13\r\n\r\nHello, world!"

// The driver shows a dash for a row that a program does not have.
const ExitNoSuchRow = 64

type Options struct {
	Row     string
	N, Port int
}

// Parse reads the options and gives the scheduler as many processors as there shall be workers.
func Parse() Options {
	var options Options
	flag.StringVar(&options.Row, "row", "", "which row to run")
	flag.IntVar(&options.N, "n", 0, "how many operations")
	flag.IntVar(&options.Port, "port", 0, "where to listen on 127.0.0.1")
	workers := flag.Int("workers", 1, "threads that run Go code at once")
	flag.Parse()
	runtime.GOMAXPROCS(*workers)
	return options
}

// Listen announces where.
func Listen(port int) net.Listener {
	listener, err := net.Listen("tcp4", fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		panic(err)
	}
	fmt.Printf("listening %d\n", listener.Addr().(*net.TCPAddr).Port)
	return listener
}

const clockProcessCPU = 2

func cpu() time.Duration {
	var now syscall.Timespec
	syscall.RawSyscall(syscall.SYS_CLOCK_GETTIME, clockProcessCPU, uintptr(unsafe.Pointer(&now)), 0)
	return time.Duration(now.Nano())
}

// Measure runs the body on the watch and reports wall clock, and CPU of the whole process.
func Measure(row string, ops int, body func()) {
	cpuBefore, before := cpu(), time.Now()
	body()
	wall, used := time.Since(before), cpu()-cpuBefore
	fmt.Printf("{\"row\": %q, \"ns_per_op\": %.3f, \"cpu_ns_per_op\": %.3f, \"ops\": %d}\n",
		row, float64(wall)/float64(ops), float64(used)/float64(ops), ops)
}

// Work is work that no compiler can shorten: each step needs the one before.
func Work(steps int) uint64 {
	x := uint64(88172645463325252)
	for i := 0; i < steps; i++ {
		x ^= x << 13
		x ^= x >> 7
		x ^= x << 17
	}
	return x
}

// HeavySteps is what a request for /work does before it is answered.
const HeavySteps = 1000000
