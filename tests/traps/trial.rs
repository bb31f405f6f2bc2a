//! Trial: one row of a table, and how it is held.

use std::rc::Rc;
use std::time::Duration;

use chatbench::client::{Client, ClientOptions, Driver, Gone, Recovery, SessionOptions, Way};
use tokio::task::JoinSet;

use crate::support::ear::{self, Ear, PATIENCE, on_one_thread};
use crate::support::scripted::{Connection, Scripted, Told};

/// The limit on everything that is meant to be waited for in vain.
const IMPATIENCE: Duration = Duration::from_secs(1);

/// A server's script, what the client does with it, and what must come of it.
pub(crate) struct Trial {
    name: &'static str,
    start: Box<dyn FnOnce() -> Scripted>,
    /// `connected`, `recovered` or `refused: …`, then what is heard, and `lost: …`, in order; a
    /// line that ends with an ellipsis says how the line begins.
    transcript: Vec<String>,
    way: Way,
    websocket_patience: Duration,
    session: SessionOptions,
    says: Option<Says>,
    past: Option<Recovery>,
    /// How many pings the client must hear of.
    pings: Option<usize>,
    /// What the server must not have been able to send more of.
    written_bytes_max: Option<u64>,
}

/// What a client does as soon as it stands.
#[derive(Clone, Copy)]
pub(crate) enum Says {
    Emit(&'static str),
    EmitWithAck(&'static str),
    Goodbye,
    /// It leaves, and nothing can be said in the namespace from then on.
    Leave,
    /// It leaves, and then closes.
    LeaveAndGoodbye,
    Cut,
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
            way: Way::WebSocket,
            websocket_patience: PATIENCE,
            session: SessionOptions { open_timeout: PATIENCE, ..SessionOptions::default() },
            says: None,
            past: None,
            pings: None,
            written_bytes_max: None,
        }
    }

    /// With a client that goes this way.
    pub(crate) fn by(self, way: Way) -> Trial {
        Trial { way, ..self }
    }

    /// What must come of it.
    pub(crate) fn gives(self, transcript: &[&str]) -> Trial {
        Trial { transcript: transcript.iter().map(|line| (*line).into()).collect(), ..self }
    }

    /// What must come of it: a WebSocket and no more, for this reason.
    pub(crate) fn gives_no_session(self, why: &str) -> Trial {
        let opened = "a connection was opened, but no Socket.IO connection came of it";
        self.gives(&[&format!("refused: {opened}: {why}")])
    }

    /// With a client that waits a second for a WebSocket.
    pub(crate) fn soon_without_websocket(self) -> Trial {
        Trial { websocket_patience: IMPATIENCE, ..self }
    }

    /// With a client that waits a second for a session, once it has a WebSocket.
    pub(crate) fn soon_without_session(mut self) -> Trial {
        self.session.open_timeout = IMPATIENCE;
        self
    }

    /// With a client that speaks the protocol like this.
    pub(crate) fn with_session(self, session: SessionOptions) -> Trial {
        let session = SessionOptions { open_timeout: PATIENCE, ..session };
        Trial { session, ..self }
    }

    pub(crate) fn saying(self, says: Says) -> Trial {
        Trial { says: Some(says), ..self }
    }

    /// With a client that wants to take up a session again.
    pub(crate) fn taking_up(self, pid: &str, offset: &str) -> Trial {
        Trial { past: Some(Recovery { pid: pid.into(), offset: offset.into() }), ..self }
    }

    /// With a client that hears of so many pings by the end of the transcript.
    pub(crate) fn hearing_pings(self, count: usize) -> Trial {
        Trial { pings: Some(count), ..self }
    }

    pub(crate) fn written_bytes_max(self, bytes: u64) -> Trial {
        Trial { written_bytes_max: Some(bytes), ..self }
    }

    fn options(&self) -> ClientOptions {
        let mut options = ear::options(Driver::Native, ear::insecure());
        let transport = Rc::get_mut(&mut options.transport).expect("nobody else has it yet");
        transport.open_timeout = self.websocket_patience;
        options.session = Rc::new(self.session.clone());
        options.way = self.way;
        options
    }
}

/// Holds all trials at once, on one thread, as a load generator would; fails with the story of
/// each that came out otherwise.
pub(crate) fn hold(trials: Vec<Trial>) {
    let failures = on_one_thread(async {
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
    let options = trial.options();
    let server = (trial.start)();
    let ear = Rc::new(Ear::default());
    let client = ear.connect_again(options, &server.url(), trial.past.clone()).await;
    let mut client = client.map(|client| say(client, trial.says));
    let lines = ear.lines(trial.transcript.len()).await;
    // A connection that was cut is gone, though somebody still holds it.
    client.take_if(|_| !matches!(trial.says, Some(Says::Cut)));
    let finished = tokio::task::spawn_blocking(|| server.finish()).await;
    let written_bytes = finished.expect("it does not panic")?;
    compare(&lines, &trial.transcript)?;
    if let Some(wanted) = trial.pings.filter(|wanted| *wanted != ear.pings()) {
        return Err(format!("{} pings were heard, not {wanted}", ear.pings()));
    }
    assert_eq!(ear.noted().len(), lines.len(), "more is heard when all is over");
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
        Some(Says::Leave) => leave(&mut *client),
        Some(Says::LeaveAndGoodbye) => {
            let gone = leave(&mut *client);
            client.close();
            gone
        }
        Some(Says::Cut) => {
            client.cut();
            assert_eq!(client.emit("[1]"), Err(Gone), "a client that was cut cannot speak");
            assert_eq!(client.leave(), Err(Gone), "a client that was cut cannot leave");
            Ok(())
        }
    };
    assert_eq!(gone, Ok(()), "a client that stands can speak");
    client
}

fn leave(client: &mut dyn Client) -> Result<(), Gone> {
    client.leave()?;
    assert_eq!(client.emit("[1]"), Err(Gone), "a client that has left cannot speak");
    assert_eq!(client.emit_with_ack("[1]"), Err(Gone), "a client that has left cannot ask");
    assert_eq!(client.leave(), Err(Gone), "a client can leave once");
    Ok(())
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
