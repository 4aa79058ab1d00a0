//! Who is answered: this machine's browser at the page that was opened, and nobody else.
//!
//! A page of the web can make a browser send requests to this machine. It does not know the token; a name of its own that points here
//! shows in `Host`, and where it comes from in `Origin`.

use super::http::{Reply, Request};

/// What a request must show.
#[derive(Debug)]
pub(super) struct Guard {
    token: String,
    hosts: [String; 2],
}

impl Guard {
    /// A guard of a port, with a token that nobody can guess.
    pub fn new(port: u16) -> Result<Self, getrandom::Error> {
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes)?;
        let token = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(Self { token, hosts: ["127.0.0.1", "localhost"].map(|name| format!("{name}:{port}")) })
    }

    /// The address of the page.
    pub fn address(&self) -> String {
        format!("http://{}/{}/", self.hosts[0], self.token)
    }

    /// What is asked for, behind the token.
    pub fn admit<'a>(&self, request: &'a Request) -> Result<&'a str, Reply> {
        let is_known = |host: &str| self.hosts.iter().any(|known| known == host);
        if !request.header("host").is_some_and(is_known) {
            return Err(Reply::text(403, "this server answers under its own address only"));
        }
        let is_own = |origin: &str| origin.strip_prefix("http://").is_some_and(is_known);
        // A browser names the origin of whatever is not a mere look.
        let origin = request.header("origin");
        if !origin.map_or(request.method == "GET", is_own) {
            return Err(Reply::text(403, "this server answers its own page only"));
        }
        let (token, rest) = request.path.strip_prefix('/').and_then(|path| path.split_once('/')).unzip();
        match (token, rest) {
            (Some(token), Some(rest)) if is_same(token, &self.token) => Ok(rest),
            _ => Err(Reply::text(
                403,
                "open the address that `liqsim serve` has printed: it has a token in it",
            )),
        }
    }
}

/// Comparison whose time does not tell where two texts differ.
fn is_same(a: &str, b: &str) -> bool {
    a.len() == b.len() && a.bytes().zip(b.bytes()).fold(0, |found, (a, b)| found | (a ^ b)) == 0
}
