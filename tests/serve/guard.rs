//! Nobody is answered but the page itself, on this machine, with its token.

use std::net::{Ipv4Addr, TcpStream, UdpSocket};

use super::client::{ONE, Page};

fn get(page: &Page, path: &str, headers: &str) -> u16 {
    page.send(&format!("GET {path} HTTP/1.1\r\n{headers}\r\n")).0
}

fn post(page: &Page, path: &str, headers: &str) -> u16 {
    let body = "{\"changes\":[]}";
    page.send(&format!("POST {path} HTTP/1.1\r\n{headers}Content-Length: {}\r\n\r\n{body}", body.len())).0
}

#[test]
fn the_token_must_be_there_and_right() {
    let page = Page::new(ONE, &["simulation.paths=2000"]);
    let (port, token) = (page.port, &page.token);
    let host = format!("Host: 127.0.0.1:{port}\r\n");
    let other = Page::new(ONE, &["simulation.paths=2000"]);
    assert_eq!(token.len(), 32);
    assert_ne!(*token, other.token, "every server has a token of its own");
    let wrong = format!("{}{}", if token.starts_with('0') { '1' } else { '0' }, &token[1..]);
    assert_eq!(get(&page, &format!("/{token}/"), &host), 200);
    for path in [
        "/".to_owned(),
        "/scenario".to_owned(),
        format!("/{wrong}/"),
        format!("/{wrong}/scenario"),
        format!("/{token}"),
        format!("/{}/", &token[1..]),
        format!("//{token}/"),
        format!("/?{token}"),
    ] {
        assert_eq!(get(&page, &path, &host), 403, "{path}");
    }
    let own = format!("{host}Origin: http://127.0.0.1:{port}\r\n");
    assert_eq!(post(&page, &format!("/{token}/run"), &own), 200);
    assert_eq!(post(&page, &format!("/{wrong}/run"), &own), 403);
    assert_eq!(post(&page, "/run", &own), 403);
}

#[test]
fn another_host_or_origin_is_refused() {
    let page = Page::new(ONE, &["simulation.paths=2000"]);
    let (port, token) = (page.port, &page.token);
    let path = format!("/{token}/");
    assert_eq!(get(&page, &path, &format!("Host: localhost:{port}\r\n")), 200);
    let next = port.wrapping_add(1);
    for headers in [
        String::new(),
        "Host: 127.0.0.1\r\n".to_owned(),
        format!("Host: 127.0.0.1:{next}\r\n"),
        format!("Host: evil.example:{port}\r\n"),
        format!("Host: 127.0.0.1.evil.example:{port}\r\n"),
        format!("Host: 127.0.0.1:{port}\r\nHost: evil.example\r\n"),
        format!("Host: 127.0.0.1:{port}\r\nOrigin: http://evil.example\r\n"),
    ] {
        assert_eq!(get(&page, &path, &headers), 403, "{headers}");
    }
    let host = format!("Host: 127.0.0.1:{port}\r\n");
    let run = format!("/{token}/run");
    // A browser always says where a question that is not a mere look comes from.
    assert_eq!(post(&page, &run, &host), 403);
    for origin in [
        "null".to_owned(),
        "http://evil.example".to_owned(),
        format!("https://127.0.0.1:{port}"),
        format!("http://127.0.0.1:{next}"),
        format!("http://127.0.0.1:{port}.evil.example"),
    ] {
        assert_eq!(post(&page, &run, &format!("{host}Origin: {origin}\r\n")), 403, "{origin}");
    }
    assert_eq!(post(&page, &run, &format!("{host}Origin: http://localhost:{port}\r\n")), 200);
}

#[test]
fn every_reply_says_what_the_page_may_do() {
    let page = Page::new(ONE, &[]);
    for path in ["", "page.css", "page.js", "scenario"] {
        let request = format!("GET /{}/{path} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\n\r\n", page.token, page.port);
        let (status, head, body) = page.send(&request);
        assert_eq!(status, 200, "{path}");
        for header in [
            "Content-Security-Policy: default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:",
            "frame-ancestors http://127.0.0.1:* http://localhost:*",
            "X-Content-Type-Options: nosniff",
            "Referrer-Policy: no-referrer",
            "Cache-Control: no-store",
        ] {
            assert!(head.contains(header), "{header} is not in {head}");
        }
        // What the policy forbids would not work: scripts and styles in the page itself, anything from elsewhere.
        for forbidden in ["<style", " style=\"", "onclick=\"", "https://"] {
            assert!(!body.contains(forbidden), "{forbidden} in {path}");
        }
    }
}

#[test]
fn what_is_no_request_of_the_page_does_no_harm() {
    let page = Page::new(ONE, &["simulation.paths=2000"]);
    let (port, token) = (page.port, &page.token);
    let own = format!("Host: 127.0.0.1:{port}\r\nOrigin: http://127.0.0.1:{port}\r\n");
    for (request, status) in [
        ("nonsense\r\n\r\n".to_owned(), 400),
        ("GET / HTTP/2\r\n\r\n".to_owned(), 400),
        (format!("GET /{token}/nothing HTTP/1.1\r\n{own}\r\n"), 404),
        (format!("GET /{token}/../scenario HTTP/1.1\r\n{own}\r\n"), 404),
        (format!("DELETE /{token}/scenario HTTP/1.1\r\n{own}\r\n"), 404),
        (format!("POST /{token}/run HTTP/1.1\r\n{own}Content-Length: 1\r\n\r\n{{"), 400),
        (format!("POST /{token}/run HTTP/1.1\r\n{own}Content-Length: 18446744073709551615\r\n\r\n"), 413),
        (format!("POST /{token}/run HTTP/1.1\r\n{own}Content-Length: 99999999\r\n\r\n"), 413),
        (format!("POST /{token}/run HTTP/1.1\r\n{own}Content-Length: -1\r\n\r\n"), 413),
        (format!("POST /{token}/run HTTP/1.1\r\n{own}Transfer-Encoding: chunked\r\n\r\n"), 501),
        (format!("GET /{token}/ HTTP/1.1\r\n{own}X: {}\r\n", "x".repeat(20_000)), 431),
    ] {
        assert_eq!(page.send(&request).0, status, "{}", &request[..request.len().min(80)]);
    }
    // It is still there.
    assert_eq!(get(&page, &format!("/{token}/"), &own), 200);
}

#[test]
fn other_addresses_of_this_machine_do_not_reach_it() {
    let page = Page::new(ONE, &[]);
    assert!(TcpStream::connect(("127.0.0.2", page.port)).is_err());
    // The address that the machine would have towards others, if it has one; nothing is sent.
    let outward = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0))
        .and_then(|socket| socket.connect(("192.0.2.1", 9)).and_then(|()| socket.local_addr()));
    if let Ok(address) = outward.map(|address| address.ip()).map_err(drop)
        && !address.is_loopback()
        && !address.is_unspecified()
    {
        assert!(TcpStream::connect((address, page.port)).is_err(), "{address}");
    }
}
