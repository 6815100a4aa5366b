//! Tokio's rows of many cores, on the multi-thread runtime (`--workers N`). The shapes are those of
//! Tokio's own benchmarks of that runtime.

use rivals::{option, runtime, work, Watch, EXIT_NO_SUCH_ROW};
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering::AcqRel};
use std::sync::{Arc, Mutex};
use tokio::sync::{mpsc, oneshot};
use tokio::task::yield_now;

/// Counts down, and at the end tells the one who waits.
struct Remaining {
    left: AtomicUsize,
    done: Mutex<Option<oneshot::Sender<()>>>,
}

impl Remaining {
    fn new(left: usize) -> (Arc<Self>, oneshot::Receiver<()>) {
        let (send, receive) = oneshot::channel();
        let done = Mutex::new(Some(send));
        (Arc::new(Remaining { left: AtomicUsize::new(left), done }), receive)
    }

    fn one_less(&self) {
        if self.left.fetch_sub(1, AcqRel) == 1 {
            let _ = self.done.lock().unwrap().take().unwrap().send(());
        }
    }
}

/// 10,000 tasks at a time, until the last has run.
async fn spawn_batches(n: usize) {
    for _ in 0..n / 10_000 {
        let (remaining, done) = Remaining::new(10_000);
        for _ in 0..10_000 {
            let remaining = remaining.clone();
            tokio::spawn(async move { remaining.one_less() });
        }
        done.await.unwrap();
    }
}

/// 200 tasks yield in turn.
async fn yield_many(n: usize) {
    let (remaining, done) = Remaining::new(200);
    for _ in 0..200 {
        let remaining = remaining.clone();
        tokio::spawn(async move {
            for _ in 0..n / 200 {
                yield_now().await;
            }
            remaining.one_less();
        });
    }
    done.await.unwrap();
}

/// A thousand pairs at a time; one of each pair spawns the other.
async fn ping_pong(n: usize) {
    for _ in 0..n / 1000 {
        let (remaining, done) = Remaining::new(1000);
        for _ in 0..1000 {
            let remaining = remaining.clone();
            tokio::spawn(async move {
                let (ping, pinged) = oneshot::channel::<()>();
                let (pong, ponged) = oneshot::channel::<()>();
                tokio::spawn(async move {
                    pinged.await.unwrap();
                    pong.send(()).unwrap();
                });
                ping.send(()).unwrap();
                ponged.await.unwrap();
                remaining.one_less();
            });
        }
        done.await.unwrap();
    }
}

fn link(left: usize, done: oneshot::Sender<()>) -> Pin<Box<dyn Future<Output = ()> + Send>> {
    Box::pin(async move {
        if left == 0 {
            done.send(()).unwrap();
        } else {
            tokio::spawn(link(left - 1, done));
        }
    })
}

/// A task that spawns the next, a thousand deep.
async fn chained_spawn(n: usize) {
    for _ in 0..n / 1000 {
        let (send, done) = oneshot::channel();
        tokio::spawn(link(1000, send));
        done.await.unwrap();
    }
}

async fn four_to_one(n: usize) {
    let (send, mut receive) = mpsc::channel::<usize>(1024);
    for _ in 0..4 {
        let send = send.clone();
        tokio::spawn(async move {
            for i in 0..n / 4 {
                send.send(i).await.unwrap();
            }
        });
    }
    drop(send);
    while receive.recv().await.is_some() {}
}

/// A thousand tasks at a time, each some 10 us of work.
async fn scaling(n: usize) {
    for _ in 0..n / 1000 {
        let (remaining, done) = Remaining::new(1000);
        for _ in 0..1000 {
            let remaining = remaining.clone();
            tokio::spawn(async move {
                std::hint::black_box(work(5000));
                remaining.one_less();
            });
        }
        done.await.unwrap();
    }
}

fn main() {
    let row = option("--row");
    let n: usize =
        option("--n").parse().unwrap_or(if row == "scaling" { 50_000 } else { 1_000_000 });
    let all: Pin<Box<dyn Future<Output = ()> + Send>> = match row.as_str() {
        "spawn_outside" | "spawn_storm" => Box::pin(spawn_batches(n)),
        "yield_many" => Box::pin(yield_many(n)),
        "ping_pong_many" => Box::pin(ping_pong(n)),
        "chained_spawn" => Box::pin(chained_spawn(n)),
        "mpsc_across" => Box::pin(four_to_one(n)),
        "scaling" => Box::pin(scaling(n)),
        _ => std::process::exit(EXIT_NO_SUCH_ROW),
    };
    let runtime = runtime();
    let mut watch = Watch::default();
    watch.start();
    if row == "spawn_outside" {
        runtime.block_on(all); // on this thread, which is no worker
    } else {
        runtime.block_on(runtime.spawn(all)).unwrap();
    }
    watch.stop();
    watch.report(&row, n);
}
