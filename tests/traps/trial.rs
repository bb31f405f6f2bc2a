//! Trial: one row of a table, and how it is held.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use chatbench::client::{Client, ClientOptions, ConnectError, Driver, Heard, Listener, connect};
use chatbench::clock::Clock;
use chatbench::protocol::SessionOptions;
use chatbench::time::Timestamp;
use chatbench::transport::{Endpoint, Tls, TransportOptions};
use tokio::sync::Notify;
use tokio::task::{JoinSet, LocalSet};

use crate::support::scripted::{Connection, Scripted, Told};

/// The longest message that the clients of all trials take.
pub(crate) const MESSAGE_BYTES_MAX: usize = 1 << 20;
/// What their machine may keep for a server that does not read.
pub(crate) const UNSENT_BYTES_MAX: usize = 1 << 16;
/// The limit on everything that is meant to be waited for in vain.
const IMPATIENCE: Duration = Duration::from_millis(300);
/// The limit on everything else: a machine may be busy.
const PATIENCE: Duration = Duration::from_secs(15);

/// A server's script, what the client does with it, and what must come of it.
pub(crate) struct Trial {
    name: &'static str,
    start: Box<dyn FnOnce() -> Scripted>,
    /// `connected` or `refused: …`, then what is heard, and `lost: …`, in order; a line that ends
    /// with an ellipsis says how the line begins.
    transcript: Vec<String>,
    patience: Duration,
    session: SessionOptions,
    says: Option<Says>,
    /// What the server must not have been able to send more of.
    written_bytes_max: Option<u64>,
}

/// What a client does as soon as it stands.
#[derive(Clone, Copy)]
pub(crate) enum Says {
    Emit(&'static str),
    EmitWithAck(&'static str),
    Goodbye,
}

impl Trial {
    pub(crate) fn new<S>(name: &'static str, script: S) -> Trial
    where
        S: AsyncFn(&mut Connection) -> Told + Send + 'static,
    {
        Trial {
            name,
            start: Box::new(move || Scripted::start(script)),
            transcript: Vec::new(),
            patience: PATIENCE,
            session: SessionOptions::default(),
            says: None,
            written_bytes_max: None,
        }
    }

    /// What must come of it.
    pub(crate) fn gives(self, transcript: &[&str]) -> Trial {
        Trial { transcript: transcript.iter().map(|line| (*line).into()).collect(), ..self }
    }

    /// What must come of it: a WebSocket and no more, for this reason.
    pub(crate) fn gives_no_session(self, why: &str) -> Trial {
        let opened = "a WebSocket was opened, but no Socket.IO connection came of it";
        self.gives(&[&format!("refused: {opened}: {why}")])
    }

    /// With a client that waits a third of a second for a connection.
    pub(crate) fn impatient(self) -> Trial {
        Trial { patience: IMPATIENCE, ..self }
    }

    /// With a client that speaks the protocol like this.
    pub(crate) fn with_session(self, session: SessionOptions) -> Trial {
        Trial { session, ..self }
    }

    pub(crate) fn saying(self, says: Says) -> Trial {
        Trial { says: Some(says), ..self }
    }

    pub(crate) fn written_bytes_max(self, bytes: u64) -> Trial {
        Trial { written_bytes_max: Some(bytes), ..self }
    }

    fn options(&self) -> ClientOptions {
        let session = SessionOptions { open_timeout: self.patience, ..self.session.clone() };
        ClientOptions {
            driver: Driver::Native,
            session: Rc::new(session),
            transport: TransportOptions {
                tls: Tls::insecure().expect("TLS that trusts anyone needs nothing"),
                headers: Vec::new(),
                source_ips: Vec::new(),
                open_timeout: self.patience,
                message_bytes_max: MESSAGE_BYTES_MAX,
                unsent_bytes_max: UNSENT_BYTES_MAX,
            },
            connect_timeout: self.patience,
            clock: Clock::start(),
        }
    }
}

/// Holds all trials at once, on one thread, as a load generator would; fails with the story of
/// each that came out otherwise.
pub(crate) fn hold(trials: Vec<Trial>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.expect("a runtime can be built");
    let failures = LocalSet::new().block_on(&runtime, async {
        let mut held = JoinSet::new();
        for trial in trials {
            held.spawn_local(async move {
                let name = trial.name;
                held_alone(trial).await.err().map(|story| format!("{name}: {story}"))
            });
        }
        held.join_all().await.into_iter().flatten().collect::<Vec<_>>()
    });
    assert!(failures.is_empty(), "{} trials failed:\n{}\n", failures.len(), failures.join("\n"));
}

async fn held_alone(trial: Trial) -> Result<(), String> {
    let options = Rc::new(trial.options());
    let server = (trial.start)();
    let url = server.url();
    let ear = Rc::new(Ear::default());
    let endpoint = Endpoint::resolve(&url, "/socket.io/").await.map_err(|err| err.to_string())?;
    let connected = connect(&options, &endpoint, 0, Rc::clone(&ear) as Rc<dyn Listener>).await;
    let client = ear.note_outcome(connected);
    let client = client.map(|client| say(client, trial.says));
    // Whether the transcript is whole is seen below.
    let _ = tokio::time::timeout(PATIENCE, ear.has_lines(trial.transcript.len())).await;
    drop(client);
    let finished = tokio::task::spawn_blocking(|| server.finish()).await;
    let written_bytes = finished.expect("it does not panic")?;
    compare(&ear.lines.borrow(), &trial.transcript)?;
    match trial.written_bytes_max {
        Some(max) if written_bytes > max => {
            Err(format!("the server got rid of {written_bytes} bytes, which is more than {max}"))
        }
        _ => Ok(()),
    }
}

fn say(mut client: Box<dyn Client>, says: Option<Says>) -> Box<dyn Client> {
    let gone = match says {
        None => Ok(()),
        Some(Says::Emit(data)) => client.emit(data),
        Some(Says::EmitWithAck(data)) => client.emit_with_ack(data).map(drop),
        Some(Says::Goodbye) => {
            client.close();
            Ok(())
        }
    };
    assert_eq!(gone, Ok(()), "a client that stands can speak");
    client
}

fn compare(lines: &[String], wanted: &[String]) -> Result<(), String> {
    let fits = |(line, wanted): (&String, &String)| match wanted.strip_suffix('…') {
        Some(begin) => line.starts_with(begin),
        None => line == wanted,
    };
    if lines.len() == wanted.len() && lines.iter().zip(wanted).all(fits) {
        return Ok(());
    }
    Err(format!(
        "\n  wanted {}\n  got    {}",
        wanted.join("\n         "),
        lines.join("\n         ")
    ))
}

/// Writes down what a client comes to know.
#[derive(Default)]
struct Ear {
    lines: RefCell<Vec<String>>,
    more: Notify,
}

impl Ear {
    fn note(&self, line: String) {
        // A message of many kilobytes makes no readable transcript.
        let long = line.starts_with('[') && line.len() > 100;
        let line = if long { format!("{} bytes", line.len()) } else { line };
        self.lines.borrow_mut().push(line);
        self.more.notify_one();
    }

    /// The outcome goes first: what comes right behind the grant may be heard before.
    fn note_outcome(
        &self,
        connected: Result<Box<dyn Client>, ConnectError>,
    ) -> Option<Box<dyn Client>> {
        let (line, client) = match connected {
            Ok(client) => ("connected".into(), Some(client)),
            Err(err) => (format!("refused: {err}"), None),
        };
        self.lines.borrow_mut().insert(0, line);
        client
    }

    async fn has_lines(&self, lines: usize) {
        while self.lines.borrow().len() < lines {
            self.more.notified().await;
        }
    }
}

impl Listener for Ear {
    fn hear(&self, heard: Heard<'_>, _at: Timestamp) {
        self.note(match heard {
            Heard::Event { data, recoverable: false } => data.into(),
            Heard::Event { data, recoverable: true } => format!("{data}, recoverable"),
            Heard::Ack { id } => format!("ack {id}"),
            Heard::Lost(reason) => format!("lost: {reason}"),
        });
    }
}
