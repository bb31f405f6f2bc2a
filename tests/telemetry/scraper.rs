//! Scraper: what asks a run for its metrics, well or badly.

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use crate::support::binary::Running;

/// For whatever must come, on a machine that may be busy.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// Where a run shows its metrics.
pub(crate) struct Scraper {
    /// Host and port.
    pub(crate) address: String,
}

/// What was answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// The lines before the body, in lower case.
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Scraper {
    /// Waits until `running` has said where its metrics are.
    pub(crate) fn of(running: &Running) -> Scraper {
        running.hear("/metrics\n", PATIENCE);
        let said = running.said();
        let mut lines = said.lines().filter_map(|line| line.strip_prefix("metrics at http://"));
        let place = lines.next().and_then(|place| place.strip_suffix("/metrics"));
        Scraper { address: place.expect("it says where").to_owned() }
    }

    /// A connection on which nothing was said yet.
    pub(crate) fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(&self.address).expect("it listens");
        stream.set_read_timeout(Some(PATIENCE)).expect("it is no zero");
        stream.set_write_timeout(Some(PATIENCE)).expect("it is no zero");
        stream
    }

    /// Asks `what`, such as `GET /metrics`, with `headers` of a line each.
    pub(crate) fn ask(&self, what: &str, headers: &str) -> Answer {
        let mut stream = self.connect();
        let request = format!("{what} HTTP/1.1\r\nhost: {}\r\n{headers}\r\n", self.address);
        stream.write_all(request.as_bytes()).expect("it is heard");
        let mut text = String::new();
        stream.read_to_string(&mut text).expect("it answers and closes");
        let (head, body) = text.split_once("\r\n\r\n").expect("a head and a body");
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
        let status = status.unwrap_or_else(|| panic!("no status in {head}"));
        Answer { status, head: head.to_lowercase(), body: body.to_owned() }
    }

    /// Every value by its name and labels.
    pub(crate) fn scrape(&self) -> BTreeMap<String, f64> {
        let Answer { status, body, .. } = self.ask("GET /metrics", "");
        assert_eq!(status, 200, "{body}");
        let lines = body.lines().filter(|line| !line.starts_with('#'));
        let value = |line: &str| {
            let (name, value) = line.rsplit_once(' ').expect("a name and a value");
            (name.to_owned(), value.parse().expect("a number"))
        };
        lines.map(value).collect()
    }
}
