//! A web server that does what it is told: answers, and every way of not answering well.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// What is answered at one address.
#[derive(Clone)]
pub(crate) enum Answer {
    /// A body with its kind, and an `ETag` if one is given.
    Body(Vec<u8>, &'static str, &'static str),
    /// A status and nothing more.
    Status(u16),
    /// Half of the announced body, then the end.
    Cut(Vec<u8>),
    /// Nothing for ten seconds.
    Slow,
    /// More and more, without end, without a length.
    Endless,
    /// A length that no one would read.
    Huge,
    /// A redirect to somewhere else.
    Redirect(String),
}

#[derive(Default)]
struct State {
    answers: BTreeMap<String, Answer>,
    asked: Vec<(String, String)>,
}

/// A running server.
pub(crate) struct Server {
    pub(crate) base: String,
    state: Arc<Mutex<State>>,
}

impl Server {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let state: Arc<Mutex<State>> = Arc::default();
        let shared = Arc::clone(&state);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let state = Arc::clone(&shared);
                tokio::spawn(async move {
                    // Whatever goes wrong here is what the test is about.
                    let _ = answer(stream, &state).await;
                });
            }
        });
        Self { base, state }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    pub(crate) fn set(&self, path: &str, answer: Answer) {
        self.state
            .lock()
            .unwrap()
            .answers
            .insert(path.to_owned(), answer);
    }

    /// Puts a telegram there.
    pub(crate) fn telegram(&self, file: &str, text: &str) {
        self.set(
            &format!("/data/{file}"),
            Answer::Body(text.as_bytes().to_vec(), "application/xml", ""),
        );
    }

    /// Puts a feed there that lists these files, newest first, as the agency does.
    pub(crate) fn feed(&self, path: &str, files: &[&str], etag: &'static str) {
        let entries: String = files
            .iter()
            .rev()
            .enumerate()
            .map(|(n, file)| {
                format!(
                    "<entry><title>x</title><id>{0}/data/{file}</id><updated>2026-08-30T{1:02}:{2:02}:00Z</updated>\
                     <author><name>釧路地方気象台</name></author><link type='application/xml' href='{0}/data/{file}'/>\
                     <content type='text'>teaser</content></entry>",
                    self.base,
                    23 - n / 60,
                    59 - n % 60
                )
            })
            .collect();
        let text = format!(
            "<?xml version='1.0' encoding='UTF-8'?><feed xmlns='http://www.w3.org/2005/Atom'><title>高頻度（随時）</title>\
             <updated>2026-08-30T09:00:00Z</updated><id>x</id>{entries}</feed>"
        );
        self.set(
            path,
            Answer::Body(text.into_bytes(), "application/xml", etag),
        );
    }

    /// The same with a mark of its own for each state of the feed.
    pub(crate) fn feed_of_the_day(&self, path: &str, files: &[&str], state: usize) {
        // Marks live as long as the test.
        let etag: &'static str = Box::leak(format!("\"{path}-{state}\"").into_boxed_str());
        self.feed(path, files, etag);
    }

    /// How often an address was asked for.
    pub(crate) fn asked(&self, path: &str) -> usize {
        let state = self.state.lock().unwrap();
        state
            .asked
            .iter()
            .filter(|(asked, _)| asked.eq_ignore_ascii_case(path))
            .count()
    }

    /// The head of the last question for an address.
    pub(crate) fn last_head(&self, path: &str) -> String {
        let state = self.state.lock().unwrap();
        state
            .asked
            .iter()
            .rev()
            .find(|(asked, _)| asked.eq_ignore_ascii_case(path))
            .map_or(String::new(), |(_, head)| head.clone())
    }
}

async fn answer(mut stream: TcpStream, state: &Mutex<State>) -> std::io::Result<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") && head.len() < 16_384 {
        let mut byte = [0];
        if stream.read(&mut byte).await? == 0 {
            return Ok(());
        }
        head.push(byte[0]);
    }
    let head = String::from_utf8_lossy(&head).to_lowercase();
    let path = head.split(' ').nth(1).unwrap_or("/").to_owned();
    // Addresses keep their capitals: look them up without regard to them.
    let found = {
        let mut state = state.lock().unwrap();
        let known = state
            .answers
            .iter()
            .find(|(known, _)| known.to_lowercase() == path)
            .map(|(known, answer)| (known.clone(), answer.clone()));
        let name = known
            .as_ref()
            .map_or(path.clone(), |(known, _)| known.clone());
        state.asked.push((name, head.clone()));
        known.map_or(Answer::Status(404), |(_, answer)| answer)
    };
    match found {
        Answer::Body(_, _, etag)
            if !etag.is_empty() && head.contains(&format!("if-none-match: {etag}")) =>
        {
            write(
                &mut stream,
                "HTTP/1.1 304 Not Modified\r\nConnection: close\r\n\r\n",
                b"",
            )
            .await
        }
        Answer::Body(body, kind, etag) => {
            let mark = if etag.is_empty() {
                String::new()
            } else {
                format!("ETag: {etag}\r\n")
            };
            let head = format!(
                "HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\n{mark}Content-Length: {}\r\nConnection: close\r\n\r\n",
                body.len()
            );
            write(&mut stream, &head, &body).await
        }
        Answer::Status(code) => {
            let head =
                format!("HTTP/1.1 {code} x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
            write(&mut stream, &head, b"").await
        }
        Answer::Cut(body) => {
            let head = format!(
                "HTTP/1.1 200 OK\r\nContent-Type: application/xml\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
                body.len()
            );
            write(&mut stream, &head, &body[..body.len() / 2]).await
        }
        Answer::Slow => {
            tokio::time::sleep(Duration::from_secs(10)).await;
            Ok(())
        }
        Answer::Endless => {
            let head =
                "HTTP/1.1 200 OK\r\nContent-Type: application/xml\r\nConnection: close\r\n\r\n";
            write(&mut stream, head, b"<a>").await?;
            loop {
                stream.write_all(&[b' '; 65_536]).await?;
            }
        }
        Answer::Huge => {
            let head = "HTTP/1.1 200 OK\r\nContent-Type: application/xml\r\nContent-Length: 99999999999\r\n\r\n";
            write(&mut stream, head, b"<a>").await
        }
        Answer::Redirect(to) => {
            let head = format!(
                "HTTP/1.1 302 Found\r\nLocation: {to}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
            );
            write(&mut stream, &head, b"").await
        }
    }
}

async fn write(stream: &mut TcpStream, head: &str, body: &[u8]) -> std::io::Result<()> {
    stream.write_all(head.as_bytes()).await?;
    stream.write_all(body).await?;
    stream.shutdown().await
}
