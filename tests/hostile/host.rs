//! Host: a chat server that keeps the contract until it is told to turn, and then does as its
//! script says.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::Value;
use tokio::sync::{mpsc, watch};

use crate::support::ear::PATIENCE;
use crate::support::scripted::frame::text;
use crate::support::scripted::{Connection, Scripted, Told};

/// Between two pings, where the server pings.
const PING_MS: u64 = 300;
/// As long as an offset may be that a client remembers.
const OFFSET_BYTES: usize = 256;

/// How a host is set up.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Manners {
    /// It pings its clients every 300 ms until it turns, and lets them wait 1500 ms for it.
    pub(crate) pings: bool,
    /// It offers to take up sessions again, by a private id of this many bytes for each CONNECT,
    /// and an offset of 256 bytes behind each event.
    pub(crate) pid_bytes: usize,
    /// Once it has turned, every third connection ends when it is so old.
    pub(crate) connections_last: Option<Duration>,
    /// What it does, once it has turned, for those who come back.
    pub(crate) returns: Returns,
}

/// What becomes of those who come back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Returns {
    /// They are somebody new.
    #[default]
    Anew,
    /// They are told all that was ever said in the rooms that they join.
    ToldAll,
    /// The server says that it takes up their sessions, and does not.
    ToldLies,
    /// It takes them up, with all that was ever said in all of their rooms.
    TakenUpAndToldAll,
}

/// A server on a free port, which ends when this is dropped.
pub(crate) struct Host {
    server: Scripted,
    hall: Arc<Hall>,
}

/// One client of a host, as a script drives it.
pub(crate) struct Guest<'c> {
    pub(crate) connection: &'c mut Connection,
    /// Which of all connections this is.
    pub(crate) number: u64,
    hall: Arc<Hall>,
}

/// What all connections have in common.
struct Hall {
    manners: Manners,
    turned: watch::Sender<bool>,
    book: Mutex<Book>,
}

#[derive(Default)]
struct Book {
    connections: u64,
    events: u64,
    counted: u64,
    rooms: BTreeMap<String, Room>,
    /// By their private ids.
    sessions: BTreeMap<String, Session>,
}

/// What can be taken up again.
#[derive(Default)]
struct Session {
    rooms: Vec<String>,
    /// The connections that it has had.
    numbers: Vec<u64>,
}

#[derive(Default)]
struct Room {
    members: BTreeMap<u64, mpsc::UnboundedSender<Frame>>,
    /// All of it, and by which connections.
    said: Vec<(u64, Frame)>,
}

/// A frame that several are sent.
type Frame = Arc<[u8]>;

impl Host {
    /// Starts one. Once it has turned, connections that come are greeted by `greet`, and `act` is
    /// what is done with each that stands; what ends well goes on as before.
    pub(crate) fn start<G, A>(manners: Manners, greet: G, act: A) -> Host
    where
        G: AsyncFn(&mut Guest<'_>) -> Told + Send + 'static,
        A: AsyncFn(&mut Guest<'_>) -> Told + Send + 'static,
    {
        let book = Mutex::default();
        let hall = Arc::new(Hall { manners, turned: watch::Sender::new(false), book });
        let shared = Arc::clone(&hall);
        let server = Scripted::start(async move |connection| {
            let number = shared.with(|book| {
                book.connections += 1;
                book.connections
            });
            let mut guest = Guest { connection, number, hall: Arc::clone(&shared) };
            let told = guest.stay(&greet, &act).await;
            shared.with(|book| book.forget(number));
            told
        });
        Host { server, hall }
    }

    pub(crate) fn url(&self) -> String {
        self.server.url()
    }

    /// From now on it is hostile.
    pub(crate) fn turn(&self) {
        self.hall.turned.send_replace(true);
    }

    /// What the script has counted.
    pub(crate) fn counted(&self) -> u64 {
        self.hall.with(|book| book.counted)
    }
}

impl Hall {
    fn with<T>(&self, act: impl FnOnce(&mut Book) -> T) -> T {
        act(&mut self.book.lock().expect("not poisoned"))
    }

    fn has_turned(&self) -> bool {
        *self.turned.borrow()
    }
}

impl Book {
    fn forget(&mut self, number: u64) {
        self.rooms.values_mut().for_each(|room| drop(room.members.remove(&number)));
    }

    /// Sends `data` to all of its room but the one of this `number`.
    fn relay(&mut self, number: u64, data: &str, with_offset: bool) {
        let Ok(value) = serde_json::from_str::<Value>(data) else { return };
        let Some(room) = value["room"].as_str() else { return };
        self.events += 1;
        let offset = format!(",\"{:0>OFFSET_BYTES$}\"", self.events);
        let offset = if with_offset { &*offset } else { "" };
        let frame = text(&format!(r#"42["onreceive-msg",{data}{offset}]"#)).into();
        let room = self.rooms.entry(room.to_owned()).or_default();
        for (_, member) in room.members.iter().filter(|(member, _)| **member != number) {
            // Whoever has gone needs no more.
            let _ = member.send(Arc::clone(&frame));
        }
        room.said.push((number, frame));
    }
}

impl Guest<'_> {
    /// Counts something for the test.
    pub(crate) fn count(&self) {
        self.hall.with(|book| book.counted += 1);
    }

    /// Agrees to a session of Engine.IO.
    pub(crate) async fn open(&mut self) -> Told {
        self.connection.upgrade().await?;
        let (interval, timeout) =
            if self.hall.manners.pings { (PING_MS, 1_500) } else { (25_000, 20_000) };
        let heartbeat = format!(r#""pingInterval":{interval},"pingTimeout":{timeout}"#);
        let number = self.number;
        self.connection.say(&format!(r#"0{{"sid":"e{number}","upgrades":[],{heartbeat}}}"#)).await
    }

    /// Lets the client in, as what it offers and what the client asks for have it.
    async fn admit(&mut self, queue: &mpsc::UnboundedSender<Frame>) -> Told {
        let asked = self.connection.text().await?;
        let Manners { pid_bytes, returns, .. } = self.hall.manners;
        let asked: Option<Value> = serde_json::from_str(asked.trim_start_matches("40")).ok();
        let past = asked.as_ref().and_then(|asked| asked["pid"].as_str());
        let taken_up = matches!(returns, Returns::ToldLies | Returns::TakenUpAndToldAll);
        let pid = match past {
            Some(past) if taken_up && self.hall.has_turned() => past.to_owned(),
            _ => format!("{:0>pid_bytes$}", self.number),
        };
        if returns == Returns::TakenUpAndToldAll && past.is_some() {
            for frame in self.take_up(&pid, queue) {
                self.connection.write(&frame).await?;
            }
        }
        let pid = if pid_bytes > 0 { format!(r#","pid":"{pid}""#) } else { String::new() };
        self.connection.say(&format!(r#"40{{"sid":"s{}"{pid}}}"#, self.number)).await
    }

    /// Puts the client back into the rooms of the session `pid`; gives all that others said there.
    fn take_up(&self, pid: &str, queue: &mpsc::UnboundedSender<Frame>) -> Vec<Frame> {
        self.hall.with(|book| {
            let Some(session) = book.sessions.get_mut(pid) else { return Vec::new() };
            session.numbers.push(self.number);
            let mut said = Vec::new();
            for name in &session.rooms {
                let room = book.rooms.entry(name.clone()).or_default();
                room.members.insert(self.number, queue.clone());
                let by_others = room.said.iter().filter(|(by, _)| !session.numbers.contains(by));
                said.extend(by_others.map(|(_, frame)| Arc::clone(frame)));
            }
            said
        })
    }

    /// All that a connection goes through.
    async fn stay<G, A>(&mut self, greet: &G, act: &A) -> Told
    where
        G: AsyncFn(&mut Guest<'_>) -> Told,
        A: AsyncFn(&mut Guest<'_>) -> Told,
    {
        let (queue, mut inbox) = mpsc::unbounded_channel();
        if self.hall.has_turned() {
            greet(self).await?
        } else {
            self.open().await?
        }
        self.admit(&queue).await?;
        let mut turned = self.hall.turned.subscribe();
        let mut pings = tokio::time::interval(Duration::from_millis(PING_MS));
        let lifetime = self.hall.manners.connections_last.filter(|_| self.number.is_multiple_of(3));
        let mut end = tokio::time::interval(lifetime.unwrap_or(PATIENCE));
        let mut acted = false;
        loop {
            let ends = acted && lifetime.is_some();
            let pinging = self.hall.manners.pings && !acted;
            tokio::select! {
                () = turning(&mut turned), if !acted => {
                    acted = true;
                    act(self).await?;
                    end.reset();
                }
                _ = end.tick(), if ends => return Ok(()),
                _ = pings.tick(), if pinging => self.connection.say("2").await?,
                Some(frame) = inbox.recv() => self.connection.write(&frame).await?,
                said = self.connection.text() => self.hear(&said?, &queue),
            }
        }
    }

    fn hear(&self, said: &str, queue: &mpsc::UnboundedSender<Frame>) {
        let Manners { pid_bytes, returns, .. } = self.hall.manners;
        let inner = |event: &str| said.strip_prefix(event)?.strip_suffix(']');
        if let Some(data) = inner(r#"42["send-msg","#) {
            self.hall.with(|book| book.relay(self.number, data, pid_bytes > 0));
        } else if let Some(Ok(name)) = inner(r#"42["join-room","#).map(serde_json::from_str) {
            let name: String = name;
            let tells = returns == Returns::ToldAll && self.hall.has_turned();
            self.hall.with(|book| {
                let pid = format!("{:0>pid_bytes$}", self.number);
                let session = book.sessions.entry(pid).or_default();
                session.rooms.push(name.clone());
                session.numbers.push(self.number);
                let room = book.rooms.entry(name).or_default();
                room.members.insert(self.number, queue.clone());
                for (_, frame) in room.said.iter().filter(|_| tells) {
                    // It is here as long as this is.
                    let _ = queue.send(Arc::clone(frame));
                }
            });
        }
    }
}

async fn turning(turned: &mut watch::Receiver<bool>) {
    turned.wait_for(|turned| *turned).await.expect("its sender lives as long as the connections");
}
