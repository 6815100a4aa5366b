//! Tokio's micro rows, all on the current-thread runtime.

use rivals::{option, runtime, spread, Watch, EXIT_NO_SUCH_ROW};
use std::future::{poll_fn, Future};
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;
use tokio::sync::{mpsc, Mutex};
use tokio::task::{unconstrained, yield_now};
use tokio::time::{sleep, Instant, Sleep};

/// Registers every timer with the runtime, which happens when it is first polled.
async fn register(timers: &mut [Pin<Box<Sleep>>]) {
    unconstrained(poll_fn(|context| {
        for timer in timers.iter_mut() {
            let _ = timer.as_mut().poll(context);
        }
        Poll::Ready(())
    }))
    .await;
}

async fn timer_cancel(n: usize, watch: &mut Watch) {
    watch.start();
    let mut timers: Vec<_> =
        (0..n).map(|i| Box::pin(sleep(Duration::from_millis(1000 + spread(i, 60000))))).collect();
    register(&mut timers).await;
    drop(timers);
    watch.stop();
}

/// One task owns all timers: cheaper for Tokio than a task for each.
async fn timer_fire(n: usize, watch: &mut Watch) {
    watch.start();
    let mut timers: Vec<_> =
        (0..n).map(|i| Box::pin(sleep(Duration::from_millis(spread(i, 1000))))).collect();
    register(&mut timers).await;
    watch.stop();
    std::thread::sleep(Duration::from_millis(1010));
    watch.start();
    unconstrained(async {
        for timer in timers.iter_mut() {
            timer.await;
        }
    })
    .await;
    drop(timers);
    watch.stop();
}

async fn timer_churn(n: usize, watch: &mut Watch) {
    const FEW: usize = 64;
    let start = Instant::now();
    let mut timers: Vec<_> = (0..FEW).map(|_| Box::pin(sleep(Duration::from_secs(10)))).collect();
    register(&mut timers).await;
    watch.start();
    for i in 0..n {
        let due = start + Duration::from_millis(10000 + (i as u64 & 1023));
        timers[i % FEW].as_mut().reset(due);
    }
    watch.stop();
}

/// A post is a boxed closure through an unbounded channel: cheaper for Tokio than `Handle::spawn`.
async fn post(n: usize, threads: usize, watch: &mut Watch) {
    let (send, mut receive) = mpsc::unbounded_channel::<Box<dyn FnOnce() -> usize + Send>>();
    watch.start();
    let producers: Vec<_> = (0..threads)
        .map(|_| {
            let send = send.clone();
            std::thread::spawn(move || {
                for i in 0..n / threads {
                    let _ = send.send(Box::new(move || i));
                }
            })
        })
        .collect();
    drop(send);
    let mut counted = 0;
    while let Some(callback) = receive.recv().await {
        counted += std::hint::black_box(callback());
    }
    std::hint::black_box(counted);
    watch.stop();
    producers.into_iter().for_each(|each| each.join().unwrap());
}

async fn child(value: usize) -> usize {
    std::hint::black_box(value)
}

/// The child lives on the heap, as a frame does; awaited in place it would vanish altogether.
async fn task_await(n: usize, watch: &mut Watch) {
    watch.start();
    for i in 0..n {
        let boxed: Pin<Box<dyn Future<Output = usize>>> = Box::pin(child(i));
        std::hint::black_box(boxed).await;
    }
    watch.stop();
}

async fn spawn_join(n: usize, watch: &mut Watch) {
    watch.start();
    for i in 0..n {
        tokio::spawn(child(i)).await.unwrap();
    }
    watch.stop();
}

async fn yielding(n: usize, watch: &mut Watch) {
    watch.start();
    let tasks: Vec<_> = (0..100)
        .map(|_| {
            tokio::spawn(async move {
                for _ in 0..n / 100 {
                    yield_now().await;
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    watch.stop();
}

async fn ping_pong(n: usize, watch: &mut Watch) {
    let (there_send, mut there) = mpsc::channel::<usize>(1);
    let (back_send, mut back) = mpsc::channel::<usize>(1);
    watch.start();
    let other = tokio::spawn(async move {
        while let Some(value) = there.recv().await {
            back_send.send(value).await.unwrap();
        }
    });
    for i in 0..n {
        there_send.send(i).await.unwrap();
        back.recv().await.unwrap();
    }
    drop(there_send);
    other.await.unwrap();
    watch.stop();
}

/// 100 tasks hand one mutex over and hold it across a yield, so that every lock is contended.
async fn mutex(n: usize, watch: &mut Watch) {
    let shared = Arc::new(Mutex::new(0usize));
    watch.start();
    let tasks: Vec<_> = (0..100)
        .map(|_| {
            let shared = shared.clone();
            tokio::spawn(async move {
                for _ in 0..n / 100 {
                    let mut held = shared.lock().await;
                    *held += 1;
                    yield_now().await;
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    watch.stop();
}

async fn many_to_one(n: usize, producers: usize, watch: &mut Watch) {
    let (send, mut receive) = mpsc::channel::<usize>(1024);
    watch.start();
    for _ in 0..producers {
        let send = send.clone();
        tokio::spawn(async move {
            for i in 0..n / producers {
                send.send(i).await.unwrap();
            }
        });
    }
    drop(send);
    while receive.recv().await.is_some() {}
    watch.stop();
}

async fn offload(n: usize, watch: &mut Watch) {
    watch.start();
    for i in 0..n {
        tokio::task::spawn_blocking(move || std::hint::black_box(i)).await.unwrap();
    }
    watch.stop();
}

async fn offload_many(n: usize, watch: &mut Watch) {
    watch.start();
    for _ in 0..n / 1000 {
        let all: Vec<_> = (0..1000)
            .map(|i| tokio::task::spawn_blocking(move || std::hint::black_box(i)))
            .collect();
        for each in all {
            each.await.unwrap();
        }
    }
    watch.stop();
}

/// A thousand spawned children at a time, joined together.
async fn when_all(n: usize, watch: &mut Watch) {
    watch.start();
    for _ in 0..n / 1000 {
        let mut set = tokio::task::JoinSet::new();
        for i in 0..1000 {
            set.spawn(child(i));
        }
        while set.join_next().await.is_some() {}
    }
    watch.stop();
}

async fn cancel(n: usize, watch: &mut Watch) {
    let tasks: Vec<_> = (0..n).map(|_| tokio::spawn(std::future::pending::<()>())).collect();
    yield_now().await;
    watch.start();
    for task in &tasks {
        task.abort();
    }
    for task in tasks {
        assert!(task.await.unwrap_err().is_cancelled());
    }
    watch.stop();
}

async fn process(n: usize, at_once: usize, watch: &mut Watch) {
    watch.start();
    for _ in 0..n / at_once {
        let all: Vec<_> = (0..at_once)
            .map(|_| tokio::process::Command::new("/bin/true").spawn().unwrap())
            .collect();
        for mut each in all {
            each.wait().await.unwrap();
        }
    }
    watch.stop();
}

fn main() {
    let row = option("--row");
    let default = match row.as_str() {
        "process_one" | "process_many" => 2_000,
        "cancel" | "offload" => 100_000,
        _ => 1_000_000,
    };
    let n: usize = option("--n").parse().unwrap_or(default);
    let mut watch = Watch::default();
    let known = runtime().block_on(async {
        match row.as_str() {
            "timer_cancel" => timer_cancel(n, &mut watch).await,
            "timer_fire" => timer_fire(n, &mut watch).await,
            "timer_churn" => timer_churn(n, &mut watch).await,
            "post_one" => post(n, 1, &mut watch).await,
            "post_many" => post(n, 4, &mut watch).await,
            "task_await" => task_await(n, &mut watch).await,
            "spawn_join" => spawn_join(n, &mut watch).await,
            "yield" => yielding(n, &mut watch).await,
            "ping_pong" => ping_pong(n, &mut watch).await,
            "mutex" => mutex(n, &mut watch).await,
            "mpsc_one" => many_to_one(n, 1, &mut watch).await,
            "mpsc_many" => many_to_one(n, 4, &mut watch).await,
            "offload" => offload(n, &mut watch).await,
            "offload_many" => offload_many(n, &mut watch).await,
            "process_one" => process(n, 1, &mut watch).await,
            "process_many" => process(n, 100, &mut watch).await,
            "when_all" => when_all(n, &mut watch).await,
            "cancel" => cancel(n, &mut watch).await,
            _ => return false,
        }
        true
    });
    if !known {
        std::process::exit(EXIT_NO_SUCH_ROW);
    }
    watch.report(&row, n);
}
