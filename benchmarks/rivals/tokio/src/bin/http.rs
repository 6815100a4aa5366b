//! The hello server on Tokio's current-thread runtime, or its multi-thread one (`--workers N`).

use rivals::{announce, count_requests, option, runtime, work_if_heavy, HELLO};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

async fn session(mut peer: TcpStream) {
    let mut input = [0u8; 1024];
    let mut answers = Vec::new();
    let mut matched = 0;
    loop {
        let got = match peer.read(&mut input).await {
            Ok(0) | Err(_) => return,
            Ok(got) => got,
        };
        work_if_heavy(&input[..got]);
        let owed = count_requests(&input[..got], &mut matched) * HELLO.len();
        if owed == 0 {
            continue;
        }
        while answers.len() < owed {
            answers.extend_from_slice(HELLO);
        }
        if peer.write_all(&answers[..owed]).await.is_err() {
            return;
        }
    }
}

fn main() {
    runtime().block_on(async {
        let listener =
            TcpListener::bind(("127.0.0.1", option("--port").parse().unwrap_or(0))).await.unwrap();
        announce(&listener);
        loop {
            if let Ok((peer, _)) = listener.accept().await {
                let _ = peer.set_nodelay(true);
                tokio::spawn(session(peer));
            }
        }
    });
}
