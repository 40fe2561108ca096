//! `hoplint diagnose --probe` against scripted servers on loopback: the timeline, the end, and who probably did it.

#![allow(clippy::unwrap_used)]

use serde_json::Value;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::process::{Command, Output};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What the server does once it has the request's head.
#[derive(Clone, Copy)]
enum Does {
    /// Says this and closes.
    Says(&'static str),
    /// Says the first, waits, says the second, closes.
    Pauses(&'static str, u64, &'static str),
    /// Never answers.
    Hangs,
    /// Closes with bytes unread, which resets the connection.
    Resets,
}

/// Starts a server for one request; gives its address and what it read.
fn server(does: Does) -> (String, Arc<Mutex<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let seen = Arc::<Mutex<String>>::default();
    let heard = Arc::clone(&seen);
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut buffer = [0; 8192];
        let size = if matches!(does, Does::Resets) { 4 } else { buffer.len() };
        let n = stream.read(&mut buffer[..size]).unwrap_or(0);
        heard.lock().unwrap().push_str(&String::from_utf8_lossy(&buffer[..n]));
        let mut say = |text: &str| drop(stream.write_all(text.as_bytes()).and_then(|()| stream.flush()));
        match does {
            Does::Says(text) => say(text),
            Does::Pauses(first, millis, second) => {
                say(first);
                std::thread::sleep(Duration::from_millis(millis));
                say(second);
            }
            Does::Hangs => while let Ok(1..) = stream.read(&mut buffer) {},
            Does::Resets => {}
        }
    });
    (address, seen)
}

fn probe(address: &str, more: &[&str]) -> Output {
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_hoplint"));
    command.current_dir(folder.path()).args(["diagnose", "--no-chain", "--probe", address]).args(more);
    command.env("COLUMNS", "100").env_remove("SSL_CERT_FILE").output().unwrap()
}

fn json(address: &str, more: &[&str]) -> (Value, Option<i32>) {
    let out = probe(address, &[more, &["--format", "json"]].concat());
    let text = String::from_utf8_lossy(&out.stdout);
    let json = serde_json::from_str(&text).unwrap_or_else(|_| panic!("{text}{}", String::from_utf8_lossy(&out.stderr)));
    (json, out.status.code())
}

/// The time until something happened: never early, and late by what a busy machine needs.
fn near(value: &Value, seconds: f64) {
    let value = value.as_f64().unwrap();
    assert!(value >= seconds - 0.01 && value < seconds + 1.5, "{value} is not {seconds}");
}

/// The time between two things that the probe saw: its first look may be late, and then the time is short.
fn near_gap(value: &Value, seconds: f64) {
    let value = value.as_f64().unwrap();
    assert!(value >= seconds - 0.3 && value < seconds + 1.5, "{value} is not {seconds}");
}

#[test]
fn a_good_answer_has_a_timeline_and_no_culprit() {
    let (address, seen) = server(Does::Pauses(
        "HTTP/1.1 200 OK\r\nServer: test\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n",
        900,
        "2\r\nok\r\n0\r\n\r\n",
    ));
    let (json, code) = json(&address, &["--header", "Authorization: Bearer SECRET", "--data", "{}", "--stream"]);
    let probe = &json["probe"];
    assert_eq!(
        (code, probe["status"].as_u64(), probe["end"].as_str()),
        (Some(0), Some(200), Some("whole")),
        "{json:#}"
    );
    assert_eq!((probe["pieces"].as_u64(), probe["body_bytes"].as_u64()), (Some(2), Some(4)));
    near_gap(&probe["gaps"][0]["seconds"], 0.9);
    near(&probe["took"], 0.9);
    let steps: Vec<&str> = probe["steps"].as_array().unwrap().iter().map(|s| s["step"].as_str().unwrap()).collect();
    assert_eq!(steps, ["name", "connect", "sent", "first-byte", "headers", "body"]);
    assert!(json["diagnoses"].as_array().unwrap().is_empty());
    let request = seen.lock().unwrap().clone();
    assert!(request.starts_with("POST / HTTP/1.1\r\n") && request.ends_with("\r\n\r\n{}"), "{request}");
    for line in ["Authorization: Bearer SECRET\r\n", "accept: text/event-stream\r\n", "content-length: 2\r\n"] {
        assert!(request.contains(line), "{request}");
    }
    assert!(!json.to_string().contains("SECRET"), "a secret is shown");
}

#[test]
fn an_answer_of_a_gateway_names_who_wrote_it() {
    let (address, _) = server(Does::Pauses(
        "",
        300,
        "HTTP/1.1 504 Gateway Time-out\r\nServer: nginx/1.22.1\r\nContent-Type: text/html\r\nSet-Cookie: id=SECRET\r\n\
         Content-Length: 160\r\n\r\n<html>\r\n<head><title>504 Gateway Time-out</title></head>\r\n<body>\r\n<center><h1>504 Gateway \
         Time-out</h1></center>\r\n<hr><center>nginx/1.22.1</center>\r\n</body>\r\n",
    ));
    let folder = tempfile::tempdir().unwrap();
    let chain = "version: 1\nhops:\n  - {name: app, platform: openai-python}\n  - {name: edge, platform: nginx, timeouts: {read: \
                 300ms}}\n  - {name: provider, platform: openai}\n";
    std::fs::write(folder.path().join("a.chain.yaml"), chain).unwrap();
    let out = Command::new(env!("CARGO_BIN_EXE_hoplint"))
        .current_dir(folder.path())
        .args(["diagnose", "--format", "json", "--probe", &address])
        .output()
        .unwrap();
    let json: Value = serde_json::from_slice(&out.stdout).unwrap();
    assert_eq!(
        (json["probe"]["status"].as_u64(), json["probe"]["diagnosis"].as_u64()),
        (Some(504), Some(0)),
        "{json:#}"
    );
    let symptom = &json["diagnoses"][0]["symptom"];
    assert!(symptom["body"].as_str().unwrap().contains("nginx/1.22.1"));
    assert!(!json.to_string().contains("SECRET"), "a cookie is shown");
    let suspect = &json["diagnoses"][0]["suspects"][0];
    assert_eq!((suspect["hop"].as_str(), suspect["timer"].as_str()), (Some("edge"), Some("read")), "{json:#}");
}

#[test]
fn a_cut_stream_is_told_with_the_silence_before_it() {
    let head =
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n9\r\ndata: 1\n\n\r\n";
    let (address, _) = server(Does::Pauses(head, 900, ""));
    let out = probe(&address, &["--stream"]);
    let text = String::from_utf8_lossy(&out.stdout);
    assert!(text.contains("cut: the connection was closed before the answer was whole, "), "{text}");
    assert!(text.contains("after the last byte"), "{text}");
    // The chain's timer of that length is the first suspect, the longer total is not.
    let folder = tempfile::tempdir().unwrap();
    let chain = "version: 1\nhops:\n  - {name: app, platform: openai-python}\n  - {name: edge, platform: envoy, timeouts: {route-total: \
                 4s, stream-idle: 900ms}}\n  - {name: provider, platform: openai}\n";
    std::fs::write(folder.path().join("a.chain.yaml"), chain).unwrap();
    let (address, _) = server(Does::Pauses(head, 900, ""));
    let out = Command::new(env!("CARGO_BIN_EXE_hoplint"))
        .current_dir(folder.path())
        .args(["diagnose", "--stream", "--format", "json", "--probe", &address])
        .output()
        .unwrap();
    let found: Value = serde_json::from_slice(&out.stdout).unwrap();
    let suspect = &found["diagnoses"][0]["suspects"][0];
    assert_eq!((suspect["hop"].as_str(), suspect["timer"].as_str()), (Some("edge"), Some("stream-idle")), "{found:#}");
    assert!(suspect["fits"].to_string().contains("of the last silence"), "{suspect:#}");
    let (address, _) = server(Does::Pauses(head, 900, ""));
    let (json, _) = json(&address, &["--stream"]);
    near_gap(&json["probe"]["silence"], 0.9);
    assert_eq!(json["diagnoses"][0]["symptom"]["cut"], true);
    assert_eq!(json["probe"]["end"], "closed");
}

#[test]
fn what_goes_wrong_before_an_answer_is_told() {
    let end = |does: Does, more: &[&str]| {
        let (json, _) = json(&server(does).0, more);
        (
            json["probe"]["end"].as_str().unwrap().to_owned(),
            json["probe"]["why"].as_str().unwrap_or_default().to_owned(),
        )
    };
    assert_eq!(end(Does::Hangs, &["--max", "400ms"]).0, "gave-up");
    assert_eq!(end(Does::Says(""), &[]).0, "closed");
    assert_eq!(end(Does::Resets, &[]).0, "reset");
    assert!(end(Does::Says("SSH-2.0-x\r\n\r\n"), &[]).1.contains("no HTTP"));
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let (refused, _) = json(&format!("http://{free}"), &[]);
    assert!(refused["probe"]["why"].as_str().unwrap().contains("ECONNREFUSED"), "{refused:#}");
    assert_eq!(refused["diagnoses"][0]["elsewhere"][0]["name"], "refused", "{refused:#}");
}

#[test]
fn what_would_be_another_request_is_refused() {
    for (address, more, why) in [
        ("ftp://a", vec![], "neither http"),
        ("http://u:SECRET@a/", vec![], "--header"),
        ("http://a/", vec!["--method", "GET /x HTTP/1.1\r\nA: b"], "no method"),
        ("http://a/", vec!["--header", "A: b\r\nC: SECRET"], "'name: value'"),
        ("http://a/", vec!["--header", "SECRET"], "'name: value'"),
        ("http://a/", vec!["--max", "0s"], "no time"),
    ] {
        let out = probe(address, &more);
        let said = String::from_utf8_lossy(&out.stderr);
        assert_eq!(out.status.code(), Some(2), "{said}");
        assert!(said.contains(why), "{said}");
    }
    let out = probe("http://a/", &["--header", "A: b\r\nC: SECRET"]);
    assert!(!String::from_utf8_lossy(&out.stderr).contains("C: SECRET"), "a value of a header is shown");
}

/// A server that speaks TLS with a certificate of its own.
#[cfg(feature = "tls")]
fn tls_server() -> u16 {
    use rustls::pki_types::pem::PemObject;
    use rustls::pki_types::{CertificateDer, PrivateKeyDer};
    let cert = CertificateDer::from_pem_slice(include_bytes!("../fixtures/probe/cert.pem")).unwrap();
    let key = PrivateKeyDer::from_pem_slice(include_bytes!("../fixtures/probe/key.pem")).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = rustls::ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let config = Arc::new(builder.with_no_client_auth().with_single_cert(vec![cert], key).unwrap());
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let connection = rustls::ServerConnection::new(Arc::clone(&config)).unwrap();
            let mut tls = rustls::StreamOwned::new(connection, stream);
            let mut buffer = [0; 4096];
            if tls.read(&mut buffer).is_ok() {
                let _ = tls.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
                tls.conn.send_close_notify();
                let _ = tls.flush();
            }
        }
    });
    port
}

#[cfg(feature = "tls")]
#[test]
fn a_certificate_that_nobody_trusts_is_refused_and_one_that_is_trusted_is_not() {
    let port = tls_server();
    let address = format!("https://localhost:{port}/");
    let (refused, _) = json(&address, &[]);
    let why = refused["probe"]["why"].as_str().unwrap();
    assert!(why.starts_with("TLS: ") && why.contains("certificate"), "{why}");
    let trusted = |name: &str| {
        let out = Command::new(env!("CARGO_BIN_EXE_hoplint"))
            .args(["diagnose", "--no-chain", "--format", "json", "--probe", &format!("https://{name}:{port}/")])
            .env("SSL_CERT_FILE", concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/probe/cert.pem"))
            .output()
            .unwrap();
        serde_json::from_slice::<Value>(&out.stdout).unwrap()
    };
    let json = trusted("localhost");
    assert_eq!(
        (json["probe"]["status"].as_u64(), json["probe"]["end"].as_str()),
        (Some(200), Some("whole")),
        "{json:#}"
    );
    let steps = json["probe"]["steps"].to_string();
    assert!(steps.contains("\"tls\""), "{steps}");
}

#[cfg(feature = "tls")]
#[test]
fn a_server_without_tls_is_told_clearly() {
    let (address, _) = server(Does::Says("HTTP/1.1 400 Bad Request\r\n\r\n"));
    let (json, _) = json(&address.replace("http://", "https://"), &[]);
    let why = json["probe"]["why"].as_str().unwrap();
    assert!(why.starts_with("TLS: "), "{why}");
    assert_eq!(json["probe"]["end"], "failed");
}
