//! What the Tokio programs share; the twin of `common/bench.h`, and no part of what is measured.

use std::io::Write;

pub const HELLO: &[u8] =
    b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 13\r\n\r\nHello, world!";

/// The driver shows a dash for a row that a program does not have.
pub const EXIT_NO_SUCH_ROW: i32 = 64;

/// The value of `--name`, or an empty string.
pub fn option(name: &str) -> String {
    let mut arguments = std::env::args().skip_while(|each| each != name);
    arguments.nth(1).unwrap_or_default()
}

/// The current-thread runtime; with `--workers N` the multi-thread one, of N workers.
pub fn runtime() -> tokio::runtime::Runtime {
    match option("--workers").parse() {
        Ok(workers) => tokio::runtime::Builder::new_multi_thread()
            .worker_threads(workers)
            .enable_all()
            .build()
            .unwrap(),
        Err(_) => tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap(),
    }
}

/// Work for a core that no compiler can shorten: each step needs the one before.
pub fn work(steps: usize) -> u64 {
    let mut x = 88172645463325252u64;
    for _ in 0..steps {
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
    }
    x
}

/// What a request for /work does before it is answered.
pub fn work_if_heavy(data: &[u8]) {
    if data.get(5) == Some(&b'w') {
        std::hint::black_box(work(1_000_000));
    }
}

#[repr(C)]
struct Timespec {
    seconds: i64,
    nanoseconds: i64,
}

extern "C" {
    fn clock_gettime(clock: i32, now: *mut Timespec) -> i32;
}

fn clock_ns(clock: i32) -> i64 {
    let mut now = Timespec { seconds: 0, nanoseconds: 0 };
    unsafe { clock_gettime(clock, &mut now) };
    now.seconds * 1_000_000_000 + now.nanoseconds
}

/// Elapsed time of one or several stretches of work: wall clock, and CPU of the whole process.
#[derive(Default)]
pub struct Watch {
    wall_ns: i64,
    cpu_ns: i64,
}

impl Watch {
    pub fn start(&mut self) {
        self.wall_ns -= clock_ns(1);
        self.cpu_ns -= clock_ns(2);
    }

    pub fn stop(&mut self) {
        self.cpu_ns += clock_ns(2);
        self.wall_ns += clock_ns(1);
    }

    pub fn report(&self, row: &str, ops: usize) {
        println!(
            r#"{{"row": "{row}", "ns_per_op": {:.3}, "cpu_ns_per_op": {:.3}, "ops": {ops}}}"#,
            self.wall_ns as f64 / ops as f64,
            self.cpu_ns as f64 / ops as f64
        );
    }
}

pub fn announce(listener: &tokio::net::TcpListener) {
    println!("listening {}", listener.local_addr().unwrap().port());
    std::io::stdout().flush().unwrap();
}

/// Due times of the timer rows: every rival computes the same sequence.
pub fn spread(i: usize, range: u32) -> u64 {
    1 + u64::from((i as u32).wrapping_mul(2_654_435_761) % range)
}

/// Counts ends of headers across pieces of a stream; `matched` is how much of an end was seen.
pub fn count_requests(data: &[u8], matched: &mut u8) -> usize {
    const END: &[u8; 4] = b"\r\n\r\n";
    let mut found = 0;
    let mut at = 0;
    while *matched > 0 && at < data.len() {
        if data[at] == END[*matched as usize] {
            at += 1;
            *matched += 1;
            if *matched == 4 {
                *matched = 0;
                found += 1;
            }
        } else if data[at] == b'\r' {
            at += 1;
            *matched = 1;
        } else {
            *matched = 0;
        }
    }
    // The last of four bytes mostly rules out an end at any of them.
    while let Some(four) = data.get(at..at + 4) {
        if four[3] > b'\r' {
            at += 4;
        } else if four == END {
            found += 1;
            at += 4;
        } else {
            at += 1;
        }
    }
    if let Some(tail) = data.get(at..).filter(|tail| !tail.is_empty()) {
        *matched = (1..=tail.len()).rev().find(|&k| tail.ends_with(&END[..k])).unwrap_or(0) as u8;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::count_requests;

    #[test]
    fn pieces_do_not_matter() {
        let data =
            b"GET / HTTP/1.1\r\nHost: x\r\n\r\nG\r\r\n\r\nA\r\n\r\r\n\r\n\r\n\r\n\r\nb\r\n\r\n\r";
        for first in 0..data.len() {
            for second in first..data.len() {
                let mut matched = 0;
                let pieces = [&data[..first], &data[first..second], &data[second..]];
                let found: usize =
                    pieces.iter().map(|each| count_requests(each, &mut matched)).sum();
                assert_eq!((found, matched), (5, 1));
            }
        }
    }
}
