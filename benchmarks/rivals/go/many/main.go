// Go's rows of many cores: goroutines on --workers processors.
package main

import (
	"os"
	"runtime"
	"sync"

	"rivals/bench"
)

// 10,000 goroutines at a time, until the last has run.
func spawnStorm(n int) {
	for batch := 0; batch < n/10000; batch++ {
		var all sync.WaitGroup
		all.Add(10000)
		for i := 0; i < 10000; i++ {
			go all.Done()
		}
		all.Wait()
	}
}

// 200 goroutines yield in turn.
func yieldMany(n int) {
	var all sync.WaitGroup
	all.Add(200)
	for i := 0; i < 200; i++ {
		go func() {
			for i := 0; i < n/200; i++ {
				runtime.Gosched()
			}
			all.Done()
		}()
	}
	all.Wait()
}

// A thousand pairs at a time; one of each pair starts the other.
func pingPong(n int) {
	for batch := 0; batch < n/1000; batch++ {
		var all sync.WaitGroup
		all.Add(1000)
		for i := 0; i < 1000; i++ {
			go func() {
				ping, pong := make(chan struct{}, 1), make(chan struct{}, 1)
				go func() {
					<-ping
					pong <- struct{}{}
				}()
				ping <- struct{}{}
				<-pong
				all.Done()
			}()
		}
		all.Wait()
	}
}

func link(left int, done chan<- struct{}) {
	if left == 0 {
		done <- struct{}{}
	} else {
		go link(left-1, done)
	}
}

// A goroutine that starts the next, a thousand deep.
func chainedSpawn(n int) {
	for batch := 0; batch < n/1000; batch++ {
		done := make(chan struct{}, 1)
		go link(1000, done)
		<-done
	}
}

func fourToOne(n int) {
	queue := make(chan int, 1024)
	for p := 0; p < 4; p++ {
		go func() {
			for i := 0; i < n/4; i++ {
				queue <- i
			}
		}()
	}
	for i := 0; i < n/4*4; i++ {
		<-queue
	}
}

// A thousand goroutines at a time, each some 10 us of work.
func scaling(n int) {
	for batch := 0; batch < n/1000; batch++ {
		var all sync.WaitGroup
		all.Add(1000)
		for i := 0; i < 1000; i++ {
			go func() {
				runtime.KeepAlive(bench.Work(5000))
				all.Done()
			}()
		}
		all.Wait()
	}
}

func main() {
	options := bench.Parse()
	// Every thread that runs Go code is a worker, hence no spawn_outside.
	rows := map[string]func(int){
		"spawn_storm":    spawnStorm,
		"yield_many":     yieldMany,
		"ping_pong_many": pingPong,
		"chained_spawn":  chainedSpawn,
		"mpsc_across":    fourToOne,
		"scaling":        scaling,
	}
	body, known := rows[options.Row]
	if !known {
		os.Exit(bench.ExitNoSuchRow)
	}
	n := options.N
	if n == 0 && options.Row == "scaling" {
		n = 50000
	} else if n == 0 {
		n = 1000000
	}
	bench.Measure(options.Row, n, func() { body(n) })
}
