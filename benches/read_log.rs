//! What reading a log costs: lines to records to cliffs, as `hoplint diagnose --log` does, against a pass over the same
//! file that only counts lines. `read_log write N FILE` writes a log of N requests in nginx's words first.
#![allow(clippy::cast_possible_truncation, clippy::cast_precision_loss, clippy::cast_sign_loss)]

use hoplint::diagnose::log::detect::Wish;
use hoplint::diagnose::log::reading::{Reading, SAMPLE};
use hoplint::workspace::log;
use std::borrow::Cow;
use std::io::{BufWriter, Read, Write};
use std::path::Path;
use std::time::Instant;
use std::{env, fs};

const USAGE: &str = "usage: read_log write LINES FILE | read_log ROUNDS FILE";

fn main() {
    let args: Vec<String> = env::args().skip(1).collect();
    match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["write", lines, path] => write(lines.parse().expect(USAGE), Path::new(path)),
        [rounds, path] => measure(rounds.parse().expect(USAGE), Path::new(path)),
        _ => panic!("{USAGE}"),
    }
}

fn measure(rounds: usize, path: &Path) {
    let megabytes = fs::metadata(path).expect("a file").len() as f64 / 1e6;
    let (mut read_least, mut count_least, mut cliffs, mut lines) = (f64::MAX, f64::MAX, 0, 0);
    for _ in 0..rounds {
        let started = Instant::now();
        let mut file = fs::File::open(path).expect("a file");
        let (mut buffer, mut counted) = (vec![0; 1 << 18], 0_u64);
        while let Ok(n @ 1..) = file.read(&mut buffer) {
            counted += memchr::memchr_iter(b'\n', &buffer[..n]).count() as u64;
        }
        count_least = count_least.min(started.elapsed().as_secs_f64());
        let started = Instant::now();
        let reading = read(path);
        cliffs = reading.tally.cliffs().len();
        read_least = read_least.min(started.elapsed().as_secs_f64());
        lines = reading.lines;
        assert_eq!((lines, reading.broken), (counted, 0));
    }
    println!(
        "{:.0} ms for {lines} lines and {cliffs} cliffs: {:.0} MB/s; counting lines alone {:.0} ms: {:.0} MB/s",
        read_least * 1e3,
        megabytes / read_least,
        count_least * 1e3,
        megabytes / count_least
    );
}

fn read(path: &Path) -> Reading {
    let mut log = log::open(path).expect("a log");
    let mut sample: Vec<Vec<u8>> = Vec::new();
    log.lines(|line| {
        sample.push(line.bytes.to_vec());
        sample.len() < SAMPLE
    })
    .expect("readable");
    let texts: Vec<Cow<'_, str>> = sample.iter().map(|line| String::from_utf8_lossy(line)).collect();
    let mut reading = Reading::of(&texts, &Wish::default()).expect("a known format");
    for line in &sample {
        reading.add(0, line, false);
    }
    log.lines(|line| {
        reading.add(line.number, line.bytes, line.cut);
        true
    })
    .expect("readable");
    reading
}

fn write(lines: u64, path: &Path) {
    let mut out = BufWriter::new(fs::File::create(path).expect("a file to write"));
    let mut state = 0x0068_6f70_6c69_6e74_u64;
    let mut unit = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 11) as f64 / (1_u64 << 53) as f64
    };
    for i in 0..lines {
        let normal: f64 = (0..6).map(|_| unit()).sum::<f64>() - 3.0;
        let takes = 4.0 * (normal * 1.4).exp();
        let (status, takes) = if takes > 60.0 { (504, 60.0 + unit() * 0.012) } else { (200, takes) };
        let (hour, minute, second) = (i / 360_000 % 24, i / 6_000 % 60, i / 100 % 60);
        writeln!(
            out,
            "10.0.{}.{} - - [22/Nov/2026:{hour:02}:{minute:02}:{second:02} +0000] \"POST /v1/chat/completions HTTP/1.1\" {status} {} \
             \"https://chat.example.com/\" \"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36\" {takes:.3} {takes:.3}",
            i % 250,
            i % 199,
            (takes * 900.0) as u64
        )
        .expect("writing");
    }
}
