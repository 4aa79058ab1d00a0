//! As much of HTTP as one page on one machine needs: a request a connection, with its length given and bounded.

use std::borrow::Cow;
use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::{Duration, Instant};

/// Largest head of a request.
const LARGEST_HEAD: usize = 16 << 10;
/// Largest body: the changes of a scenario are a few lines.
const LARGEST_BODY: usize = 256 << 10;
/// Time for a request to arrive in.
const PATIENCE: Duration = Duration::from_secs(5);
/// Time between two looks at whether the server is to stop.
const LOOK: Duration = Duration::from_millis(50);
/// What the page may do: nothing but to show itself and to ask its own server.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; \
                      base-uri 'none'; form-action 'none'; frame-ancestors http://127.0.0.1:* http://localhost:*";

/// A request, read whole.
#[derive(Debug)]
pub(super) struct Request {
    pub method: String,
    /// Without the question mark and what follows it.
    pub path: String,
    headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Request {
    /// Reads a request; none if the other side leaves, is too slow, or the server is to stop.
    pub fn read(stream: &mut TcpStream, is_over: impl Fn() -> bool) -> Result<Option<Self>, Reply> {
        let start = Instant::now();
        let mut bytes = Vec::new();
        let mut more = |bytes: &mut Vec<u8>| {
            let mut chunk = [0; 4096];
            loop {
                match stream.read(&mut chunk) {
                    Ok(0) => return false,
                    Ok(count) => {
                        bytes.extend_from_slice(&chunk[..count]);
                        return true;
                    }
                    Err(error) => {
                        let is_wait = matches!(
                            error.kind(),
                            ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted
                        );
                        if !is_wait || is_over() || start.elapsed() > PATIENCE {
                            return false;
                        }
                    }
                }
            }
        };
        let end = loop {
            if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
                break end;
            }
            if bytes.len() > LARGEST_HEAD {
                return Err(Reply::text(431, "the head of the request is too large"));
            }
            if !more(&mut bytes) {
                return Ok(None);
            }
        };
        let mut request = Self::head(&bytes[..end])
            .ok_or_else(|| Reply::text(400, "this is not a request that this server understands"))?;
        request.body = bytes.split_off(end + 4);
        let length = match (request.header("content-length"), request.header("transfer-encoding")) {
            (_, Some(_)) => return Err(Reply::text(501, "the length of the body must be given")),
            (None, None) => Some(0),
            (Some(length), None) => length.parse().ok().filter(|length| *length <= LARGEST_BODY),
        };
        let Some(length) = length else { return Err(Reply::text(413, "the body is too large")) };
        while request.body.len() < length {
            if !more(&mut request.body) {
                return Ok(None);
            }
        }
        request.body.truncate(length);
        Ok(Some(request))
    }

    /// The first line and the headers.
    fn head(bytes: &[u8]) -> Option<Self> {
        let mut lines = std::str::from_utf8(bytes).ok()?.split("\r\n");
        let mut first = lines.next()?.split(' ');
        let (method, target, version) = (first.next()?, first.next()?, first.next()?);
        if first.next().is_some() || !version.starts_with("HTTP/1.") {
            return None;
        }
        let header = |line: &str| {
            let (name, value) = line.split_once(':')?;
            Some((name.to_ascii_lowercase(), value.trim().to_owned()))
        };
        Some(Self {
            method: method.to_owned(),
            path: target.split('?').next()?.to_owned(),
            headers: lines.map(header).collect::<Option<_>>()?,
            body: Vec::new(),
        })
    }

    /// A header that stands there once, by its name in lower case; a repeated one is as good as none.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut found = self.headers.iter().filter(|(known, _)| known == name);
        let (_, value) = found.next()?;
        found.next().is_none().then_some(value)
    }
}

/// What is sent back.
#[derive(Debug)]
pub(super) struct Reply {
    status: u16,
    kind: &'static str,
    body: Cow<'static, [u8]>,
}

impl Reply {
    pub fn new(status: u16, kind: &'static str, body: impl Into<Cow<'static, [u8]>>) -> Self {
        Self { status, kind, body: body.into() }
    }

    /// A sentence.
    pub fn text(status: u16, text: &'static str) -> Self {
        Self::new(status, "text/plain; charset=utf-8", text.as_bytes())
    }

    /// A value.
    pub fn json(status: u16, value: &impl serde::Serialize) -> Self {
        match serde_json::to_vec(value) {
            Ok(body) => Self::new(status, "application/json", body),
            Err(_) => Self::text(500, "the answer cannot be written as JSON"),
        }
    }

    /// Sends it; whoever has left misses nothing.
    pub fn send(&self, stream: &mut TcpStream) {
        let reason = match self.status {
            200 => "OK",
            403 => "Forbidden",
            404 => "Not Found",
            409 => "Conflict",
            _ => "Refused",
        };
        let head = format!(
            "HTTP/1.1 {} {reason}\r\nContent-Type: {}\r\nContent-Length: {}\r\nConnection: close\r\n\
             Content-Security-Policy: {POLICY}\r\nX-Content-Type-Options: nosniff\r\nReferrer-Policy: no-referrer\r\n\
             Cross-Origin-Resource-Policy: same-origin\r\nCache-Control: no-store\r\n\r\n",
            self.status,
            self.kind,
            self.body.len()
        );
        // One piece: two would wait for each other on the way.
        let _ = stream.write_all(&[head.as_bytes(), &self.body].concat());
        let _ = stream.shutdown(Shutdown::Write);
    }
}

/// Waits of a connection: short where it is read, so that a stop is seen; bounded where it is written.
pub(super) fn bound(stream: &TcpStream) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(LOOK))?;
    stream.set_write_timeout(Some(Duration::from_secs(1)))
}
