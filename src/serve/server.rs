//! The server: a thread for each connection, none left when it stops.

use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::{self, Scope};
use std::time::Duration;

use super::answer::{Last, answer, superseded, text};
use super::desk::{Desk, DeskError};
use super::guard::Guard;
use super::http::{Reply, Request, bound};
use super::newest::Newest;
use super::page::file;
use crate::scenario::{Problems, Source, WriteError};

/// Most connections at once; a browser keeps to six.
const MOST_CONNECTIONS: usize = 64;
/// Time between two looks at the stop flag.
const LOOK: Duration = Duration::from_millis(20);

/// Why there is no server.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The scenario is wrong.
    #[error(transparent)]
    Scenario(#[from] Problems),
    /// The scenario has no text to change.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// The scenario's text as it would be shown is not TOML.
    #[error("the scenario's own text cannot be read again: {0}")]
    Again(#[from] toml::de::Error),
    /// The port cannot be listened on.
    #[error("cannot listen on 127.0.0.1: {0}")]
    Listen(#[source] std::io::Error),
    /// The system gives no random bytes for the token.
    #[error("cannot make a token: {0}")]
    Token(#[source] getrandom::Error),
}

impl From<DeskError> for ServeError {
    fn from(error: DeskError) -> Self {
        match error {
            DeskError::Scenario(problems) => Self::Scenario(problems),
            DeskError::Write(error) => Self::Write(error),
            DeskError::Again(error) => Self::Again(error),
        }
    }
}

/// A page for one scenario, on this machine alone.
#[derive(Debug)]
pub struct Server {
    listener: TcpListener,
    local: SocketAddr,
    guard: Guard,
    desk: Desk,
    newest: Newest<Last>,
    connections: AtomicUsize,
}

impl Server {
    /// Listens on a port of 127.0.0.1, or on any free one if it is 0, for the page of a scenario with some keys set
    /// (`"account.equity=5000"`).
    ///
    /// # Errors
    /// See [`ServeError`].
    pub fn new(source: Source, overrides: &[String], port: u16) -> Result<Self, ServeError> {
        let desk = Desk::new(source, overrides)?;
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).map_err(ServeError::Listen)?;
        let local = listener.local_addr().map_err(ServeError::Listen)?;
        let guard = Guard::new(local.port()).map_err(ServeError::Token)?;
        Ok(Self { listener, local, guard, desk, newest: Newest::default(), connections: AtomicUsize::new(0) })
    }

    /// The address of the page, with its token.
    pub fn address(&self) -> String {
        self.guard.address()
    }

    /// Answers until the flag is set; then whatever is worked on is stopped, and all threads have ended.
    pub fn run(&self, stop: &AtomicBool) {
        thread::scope(|scope| {
            // Without a thread to listen there is nothing to wait for.
            let listening =
                thread::Builder::new().spawn_scoped(scope, move || self.listen(scope, stop)).is_ok();
            while listening && !stop.load(Ordering::Relaxed) {
                thread::sleep(LOOK);
            }
            self.newest.stop();
            // One more connection, so that the listener looks at the flag.
            let _ = TcpStream::connect(self.local);
        });
    }

    fn listen<'scope, 'env>(&'env self, scope: &'scope Scope<'scope, 'env>, stop: &'env AtomicBool) {
        while !stop.load(Ordering::Relaxed) {
            // Too many open files, or a connection that was gone before it was taken.
            let Ok((stream, _)) = self.listener.accept() else {
                thread::sleep(LOOK);
                continue;
            };
            if self.connections.fetch_add(1, Ordering::Relaxed) >= MOST_CONNECTIONS {
                self.connections.fetch_sub(1, Ordering::Relaxed);
                continue;
            }
            let serve = move || {
                self.serve(stream, stop);
                self.connections.fetch_sub(1, Ordering::Relaxed);
            };
            if thread::Builder::new().spawn_scoped(scope, serve).is_err() {
                self.connections.fetch_sub(1, Ordering::Relaxed);
            }
        }
    }

    fn serve(&self, mut stream: TcpStream, stop: &AtomicBool) {
        if bound(&stream).is_err() {
            return;
        }
        let reply = match Request::read(&mut stream, || stop.load(Ordering::Relaxed)) {
            Ok(Some(request)) => self.reply(&request, stop),
            Ok(None) => return,
            Err(refusal) => refusal,
        };
        reply.send(&mut stream);
    }

    fn reply(&self, request: &Request, stop: &AtomicBool) -> Reply {
        let name = match self.guard.admit(request) {
            Ok(name) => name,
            Err(refusal) => return refusal,
        };
        let nothing = || Reply::text(404, "there is nothing of this name");
        match (request.method.as_str(), name) {
            ("GET", "scenario") => return Reply::json(200, &self.desk.start),
            ("GET", name) => return file(name).unwrap_or_else(nothing),
            ("POST", "run" | "report" | "text") => {}
            _ => return nothing(),
        }
        let Ok(question) = serde_json::from_slice(&request.body) else {
            return Reply::text(400, "the question is not JSON of the form that the page sends");
        };
        if name == "text" {
            return text(&self.desk, &question);
        }
        let answered = self.newest.ask(|last, superseded| {
            // The server may have been stopped before this question was the newest.
            superseded.fetch_or(stop.load(Ordering::Relaxed), Ordering::Relaxed);
            answer(&self.desk, &question, name == "report", last, superseded)
        });
        answered.unwrap_or_else(superseded)
    }
}
