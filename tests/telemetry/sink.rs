//! Sink: a collector that keeps what is pushed to it.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};

use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::metrics::v1::Metric;
use prost::Message as _;

/// What a push said first, in lower case, and its metrics.
pub(crate) struct Push {
    pub(crate) head: String,
    pub(crate) metrics: Vec<Metric>,
}

/// A collector on a thread of its own, until the tests end.
pub(crate) struct Sink {
    pub(crate) url: String,
    pushes: Arc<Mutex<Vec<Push>>>,
}

impl Sink {
    /// One that answers every push with `status`.
    pub(crate) fn answering(status: &'static str) -> Sink {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("it is bound"));
        let pushes = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&pushes);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                serve(stream.expect("a connection"), status, &kept);
            }
        });
        Sink { url, pushes }
    }

    pub(crate) fn pushes(self) -> Vec<Push> {
        let mut pushes = self.pushes.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut *pushes)
    }
}

/// Takes pushes for as long as they come on one connection.
fn serve(stream: TcpStream, status: &str, kept: &Mutex<Vec<Push>>) {
    let mut reader = BufReader::new(stream.try_clone().expect("a descriptor"));
    let mut stream = stream;
    loop {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if !matches!(reader.read_line(&mut head), Ok(1..)) {
                return;
            }
        }
        let head = head.to_lowercase();
        let len = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        let len: usize = len.expect("a length").parse().expect("a number");
        let mut body = vec![0; len];
        reader.read_exact(&mut body).expect("it comes whole");
        let request = ExportMetricsServiceRequest::decode(&*body).expect("a message of OTLP");
        let resources = request.resource_metrics.into_iter();
        let scopes = resources.flat_map(|resource| resource.scope_metrics);
        let metrics = scopes.flat_map(|scope| scope.metrics).collect();
        kept.lock().unwrap_or_else(PoisonError::into_inner).push(Push { head, metrics });
        let answer = format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\n\r\n");
        if stream.write_all(answer.as_bytes()).is_err() {
            return;
        }
    }
}
