//! The echo server on Tokio's current-thread runtime.

use rivals::{announce, option, runtime};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

async fn session(mut peer: TcpStream) {
    let mut input = [0u8; 4096];
    loop {
        let got = match peer.read(&mut input).await {
            Ok(0) | Err(_) => return,
            Ok(got) => got,
        };
        if peer.write_all(&input[..got]).await.is_err() {
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
