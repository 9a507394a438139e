//! The broker alone, for clients of any kind to be tried against: everybody may do everything under `interop/`, and
//! the user `restricted` may subscribe only to `interop/+/open/#`. What is published under `interop/+/sink/#` goes
//! through the sink. It prints its address and ends when its standard input does.
#![allow(clippy::print_stdout, reason = "its address is what it is asked for")]

use std::io::Read as _;
use std::sync::Arc;

use hinan_broker::{Broker, Denied, Doorkeeper, Grant, Inbound, Settings, Visitor};
use tokio::net::TcpListener;
use tokio::sync::mpsc;

struct Everybody;

impl Doorkeeper for Everybody {
    fn admit(&self, who: &Visitor<'_>) -> Result<Grant, Denied> {
        let read = match who.username {
            Some("restricted") => "interop/+/open/#",
            _ => "#",
        };
        Ok(Grant {
            publish: vec!["#".into()],
            subscribe: vec![read.into()],
            ..Grant::default()
        })
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let (sender, mut sink) = mpsc::channel::<Inbound>(1_000);
    tokio::spawn(async move {
        while let Some(inbound) = sink.recv().await {
            inbound.split().1.committed();
        }
    });
    let settings = Settings {
        packet_max_bytes: 1 << 20,
        keep_alive_max_s: 60,
        unacked_max: 20,
        ..Settings::default()
    };
    let filter = "interop/+/sink/#".to_owned();
    let broker = Broker::start(
        listener,
        settings,
        Arc::new(Everybody),
        vec![filter],
        sender,
        vec![],
    )
    .await?;
    println!("{}", broker.address());
    tokio::task::spawn_blocking(|| std::io::stdin().read_to_end(&mut Vec::new())).await??;
    broker.stop().await;
    Ok(())
}
