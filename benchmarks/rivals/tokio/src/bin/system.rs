//! Tokio's rows of files and datagrams, on the current-thread runtime (files go to its pool).

use rivals::{option, runtime, Watch, EXIT_NO_SUCH_ROW};
use std::io::SeekFrom;
use tokio::fs;
use tokio::io::{AsyncReadExt, AsyncSeekExt, AsyncWriteExt};
use tokio::net::UdpSocket;

const SMALL: usize = 4096;
const LARGE: usize = 1 << 20;
const FILE: usize = 64 << 20;

/// Front to back, and anew; tokio::fs::File has no reads at a place.
async fn read(n: usize, piece: usize, watch: &mut Watch) {
    let mut file = fs::File::open(option("--folder") + "/large").await.unwrap();
    file.set_max_buf_size(LARGE);
    let mut buffer = vec![0; piece];
    watch.start();
    for i in 0..n {
        if i > 0 && i * piece % FILE == 0 {
            file.seek(SeekFrom::Start(0)).await.unwrap();
        }
        file.read_exact(&mut buffer).await.unwrap();
    }
    watch.stop();
}

/// Flushed each time: a write of Tokio's returns before it has been made.
async fn write(n: usize, piece: usize, watch: &mut Watch) {
    let path = option("--folder") + "/scratch";
    let mut file = fs::OpenOptions::new().write(true).open(path).await.unwrap();
    file.set_max_buf_size(LARGE);
    let buffer = vec![b'x'; piece];
    watch.start();
    for i in 0..n {
        if i > 0 && i * piece % FILE == 0 {
            file.seek(SeekFrom::Start(0)).await.unwrap();
        }
        file.write_all(&buffer).await.unwrap();
        file.flush().await.unwrap();
    }
    watch.stop();
}

fn name(folder: &str, i: usize) -> String {
    format!("{}/tree/{:02}/{:02}", folder, i / 100 % 100, i % 100)
}

async fn whole(n: usize, watch: &mut Watch) {
    let folder = option("--folder");
    watch.start();
    for i in 0..n {
        assert_eq!(fs::read(name(&folder, i)).await.unwrap().len(), SMALL);
    }
    watch.stop();
}

async fn stat(n: usize, watch: &mut Watch) {
    let folder = option("--folder");
    watch.start();
    for i in 0..n {
        assert!(fs::metadata(name(&folder, i)).await.unwrap().is_file());
    }
    watch.stop();
}

async fn walk(n: usize, watch: &mut Watch) -> usize {
    let mut counted = 0;
    watch.start();
    while counted < n {
        let mut folders = vec![std::path::PathBuf::from(option("--folder") + "/tree")];
        while let Some(folder) = folders.pop() {
            let mut entries = fs::read_dir(folder).await.unwrap();
            while let Some(entry) = entries.next_entry().await.unwrap() {
                counted += 1;
                if entry.file_type().await.unwrap().is_dir() {
                    folders.push(entry.path());
                }
            }
        }
    }
    watch.stop();
    counted
}

async fn datagrams(n: usize, burst: usize, watch: &mut Watch) {
    let receiver = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let sender = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    sender.connect(receiver.local_addr().unwrap()).await.unwrap();
    let text = [b'x'; 100];
    let mut buffer = [0; 2048];
    watch.start();
    for _ in 0..n / burst {
        for _ in 0..burst {
            sender.send(&text).await.unwrap();
        }
        for _ in 0..burst {
            assert_eq!(receiver.recv_from(&mut buffer).await.unwrap().0, 100);
        }
    }
    watch.stop();
}

fn main() {
    let row = option("--row");
    let default = if row.ends_with("_1m") { 2_000 } else { 100_000 };
    let mut n: usize = option("--n").parse().unwrap_or(default);
    let mut watch = Watch::default();
    let known = runtime().block_on(async {
        match row.as_str() {
            "file_read_4k" => read(n, SMALL, &mut watch).await,
            "file_read_1m" => read(n, LARGE, &mut watch).await,
            "file_write_4k" => write(n, SMALL, &mut watch).await,
            "file_write_1m" => write(n, LARGE, &mut watch).await,
            "file_whole" => whole(n, &mut watch).await,
            "file_stat" => stat(n, &mut watch).await,
            "file_walk" => n = walk(n, &mut watch).await,
            "udp_one" => datagrams(n, 1, &mut watch).await,
            "udp_burst" => datagrams(n, 64, &mut watch).await,
            _ => return false,
        }
        true
    });
    if !known {
        std::process::exit(EXIT_NO_SUCH_ROW);
    }
    watch.report(&row, n);
}
