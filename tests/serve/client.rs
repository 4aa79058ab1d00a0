//! A server with a page for tests, and a client that says exactly what it is told to.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

use liqsim::scenario::Source;
use liqsim::serve::Server;
use serde_json::{Value, json};

/// A scenario of one position, with few paths.
pub const ONE: &str = include_str!("../../scenarios/btc-perp-30d.toml");

/// A server that runs until it is dropped.
pub struct Page {
    pub port: u16,
    pub token: String,
    pub address: String,
    stop: Arc<AtomicBool>,
    running: Option<JoinHandle<()>>,
}

impl Page {
    pub fn new(text: &str, overrides: &[&str]) -> Self {
        let overrides: Vec<String> = overrides.iter().map(ToString::to_string).collect();
        Self::of(Source::new("scenario.toml", text), &overrides)
    }

    pub fn of(source: Source, overrides: &[String]) -> Self {
        let server = Server::new(source, overrides, 0).unwrap();
        let address = server.address();
        let (host, token) = address.strip_prefix("http://").unwrap().split_once('/').unwrap();
        let port = host.strip_prefix("127.0.0.1:").unwrap().parse().unwrap();
        let token = token.trim_end_matches('/').to_owned();
        let stop = Arc::new(AtomicBool::new(false));
        let flag = Arc::clone(&stop);
        let running = Some(std::thread::spawn(move || server.run(&flag)));
        Self { port, token, address, stop, running }
    }

    /// Sends a request whole and reads the reply whole: status, head, body.
    pub fn send(&self, request: &str) -> (u16, String, String) {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        reply(stream)
    }

    /// A question in the way of the page.
    pub fn ask(&self, name: &str, question: &Value) -> (u16, String) {
        let (status, _, body) = reply(self.begin(name, question));
        (status, body)
    }

    /// The same, without waiting for the reply.
    pub fn begin(&self, name: &str, question: &Value) -> TcpStream {
        let (port, token, body) = (self.port, &self.token, question.to_string());
        let request = format!(
            "POST /{token}/{name} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nOrigin: http://127.0.0.1:{port}\r\n\
             Content-Length: {}\r\n\r\n{body}",
            body.len()
        );
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        stream
    }

    /// An answer as JSON, which there must be.
    pub fn answer(&self, changes: &Value, leverage: Option<f64>, stage: usize) -> Value {
        let question = json!({ "changes": changes, "leverage": leverage, "stage": stage });
        let (status, body) = self.ask("run", &question);
        assert_eq!(status, 200, "{body}");
        serde_json::from_str(&body).unwrap()
    }

    /// What is wrong with a question.
    pub fn problems(&self, changes: &Value, leverage: Option<f64>) -> Vec<Value> {
        let question = json!({ "changes": changes, "leverage": leverage });
        let (status, body) = self.ask("run", &question);
        assert_eq!(status, 422, "{body}");
        let body: Value = serde_json::from_str(&body).unwrap();
        body["problems"].as_array().unwrap().clone()
    }

    /// Stops the server and waits until it has.
    pub fn stop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(running) = self.running.take() {
            running.join().unwrap();
        }
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Status, head and body of a reply.
pub fn reply(mut stream: TcpStream) -> (u16, String, String) {
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    (status, head.to_owned(), body.to_owned())
}
