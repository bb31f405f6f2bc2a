//! The second opinion: the `rust_socketio` crate behind the same trait.
//!
//! It costs a good deal more than the native client; it is here so that a verdict can be shown
//! not to be an artefact of our own protocol code.
//!
//! There are things that the crate cannot do, and so this client does not do them:
//!
//! - It cannot leave the namespace and stay on the transport: who leaves hangs up as well, and
//!   whatever the server would still send is not heard.
//! - It cannot break off without a word: who is cut says goodbye, and no connection is reset.
//! - It does not tell of pings, nor of what connection state recovery needs: a past session is
//!   never taken up.

use std::cell::Cell;
use std::rc::Rc;
use std::sync::LazyLock;

use futures_util::FutureExt;
use native_tls::TlsConnector;
use rust_socketio::asynchronous::{Client as Driver, ClientBuilder};
use rust_socketio::{Event, Payload, TransportType};
use serde_json::Value;
use tokio::sync::mpsc;

use super::{
    Client, ClientOptions, ConnectError, Gone, Heard, Listener, LostReason, Recovery, Way, quoted,
};
use crate::clock::Clock;
use crate::time::Timestamp;
use crate::transport::Endpoint;

/// Things heard, or to be said, that may wait for their turn.
const QUEUE_LEN_MAX: usize = 4096;
/// Acknowledgements are waited for by whoever asked; the driver's own limit is to be no shorter.
const ACK_TIMEOUT: std::time::Duration = std::time::Duration::from_secs(3600);

/// What the driver's callbacks tell, with the time at which they did.
enum Told {
    Connected,
    Event(String),
    Ack(u64),
    Error(String),
    Closed,
}

type Tell = mpsc::Sender<(Told, Timestamp)>;

/// What the driver is to say.
enum Say {
    Emit(Event, Vec<Value>, Option<u64>),
    Close,
}

pub(super) async fn connect(
    options: &Rc<ClientOptions>,
    endpoint: &Endpoint,
    listener: Rc<dyn Listener>,
) -> Result<Box<dyn Client>, ConnectError> {
    let (tell, mut told) = mpsc::channel(QUEUE_LEN_MAX);
    let builder = builder(options, endpoint, &tell)?;
    let within = options.session.open_timeout;
    let timeout = || ConnectError::Timeout { stage: "the namespace's CONNECT", within };
    let opened = async {
        let driver = builder.connect().await.map_err(failed)?;
        stand(&mut told, &*listener, options).await?;
        Ok::<Driver, ConnectError>(driver)
    };
    let driver = tokio::time::timeout(within, opened).await.map_err(|_| timeout())??;
    let (say, said) = mpsc::channel(QUEUE_LEN_MAX);
    tokio::task::spawn_local(speak(driver, said, tell.clone(), options.clock));
    let ended = Rc::default();
    tokio::task::spawn_local(listen(told, listener, Rc::clone(&ended)));
    Ok(Box::new(RustSocketio { say, tell, clock: options.clock, next_ack: 0, ended }))
}

/// With all its causes: the outermost says little.
fn failed(err: rust_socketio::Error) -> ConnectError {
    let causes = std::iter::successors(std::error::Error::source(&err), |cause| cause.source());
    let causes: String = causes.map(|cause| format!(": {cause}")).collect();
    ConnectError::Driver(format!("rust_socketio: {err}{causes}"))
}

fn builder(
    options: &ClientOptions,
    endpoint: &Endpoint,
    tell: &Tell,
) -> Result<ClientBuilder, ConnectError> {
    let path = &endpoint.path;
    let scheme = if endpoint.tls { "https" } else { "http" };
    let address = format!("{scheme}://{}{path}", endpoint.authority);
    let mut builder = ClientBuilder::new(address)
        .namespace(&*options.session.namespace)
        .transport_type(match options.way {
            Way::WebSocket => TransportType::Websocket,
            Way::Polling => TransportType::Polling,
            Way::Upgrade => TransportType::WebsocketUpgrade,
        })
        .reconnect(false)
        .reconnect_on_disconnect(false);
    if let Some(auth) = &options.session.auth {
        let auth: Value = serde_json::from_str(auth).expect("the scenario's auth is JSON");
        builder = builder.auth(auth);
    }
    for (name, value) in &options.transport.headers {
        builder = builder.opening_header(name.clone(), value.clone());
    }
    if !endpoint.tls || options.transport.tls.is_insecure() {
        builder = builder.tls_config(blind()?);
    }
    Ok(with_callbacks(builder, tell, options.clock))
}

/// What takes any certificate, or needs none. It is made once: that reads all certificates of the
/// system, and each of the driver's connections would do so again, encrypted or not.
fn blind() -> Result<TlsConnector, ConnectError> {
    static BLIND: LazyLock<Result<TlsConnector, String>> = LazyLock::new(|| {
        let connector = TlsConnector::builder().danger_accept_invalid_certs(true).build();
        connector.map_err(|err| err.to_string())
    });
    BLIND.clone().map_err(ConnectError::Driver)
}

fn with_callbacks(builder: ClientBuilder, tell: &Tell, clock: Clock) -> ClientBuilder {
    // A callback that waits for a place in the queue holds up the socket: nothing piles up here.
    let on = |told: fn(Payload) -> Told| {
        let tell = tell.clone();
        move |payload: Payload, _: Driver| {
            let (tell, at) = (tell.clone(), clock.now());
            async move { drop(tell.send((told(payload), at)).await) }.boxed()
        }
    };
    let any = tell.clone();
    builder
        .on(Event::Connect, on(|_| Told::Connected))
        .on(Event::Close, on(|_| Told::Closed))
        .on(Event::Error, on(|payload| Told::Error(quoted(&describe(&payload)))))
        .on_any(move |event, payload, _| {
            let (tell, at) = (any.clone(), clock.now());
            async move { drop(tell.send((Told::Event(array(&event, payload)), at)).await) }.boxed()
        })
}

/// The JSON text of the event's array, as the session of the native client has it.
fn array(event: &Event, payload: Payload) -> String {
    let mut array = vec![Value::from(event.as_str())];
    match payload {
        Payload::Text(arguments) => array.extend(arguments),
        Payload::Binary(bytes) => array.push(Value::from(bytes.len())),
        #[expect(deprecated, reason = "the driver still hands out what it deprecates")]
        Payload::String(text) => array.push(Value::from(text)),
    }
    Value::from(array).to_string()
}

fn describe(payload: &Payload) -> String {
    match payload {
        Payload::Text(values) => match values.as_slice() {
            [Value::String(text)] => text.clone(),
            values => Value::from(values.to_vec()).to_string(),
        },
        other => format!("{other:?}"),
    }
}

/// Waits until the namespace has answered; events may come before that.
async fn stand(
    told: &mut mpsc::Receiver<(Told, Timestamp)>,
    listener: &dyn Listener,
    options: &ClientOptions,
) -> Result<(), ConnectError> {
    while let Some((told, at)) = told.recv().await {
        match told {
            Told::Connected => return Ok(()),
            Told::Event(data) => {
                // The driver does not tell whether the server offers it.
                listener.hear(Heard::Event { data: &data, recoverable: true }, at);
            }
            Told::Ack(_) => {}
            Told::Error(data) => {
                let namespace = options.session.namespace.to_string();
                return Err(ConnectError::Refused { namespace, data });
            }
            Told::Closed => break,
        }
    }
    Err(ConnectError::Lost(LostReason::Driver("the connection was closed".into())))
}

/// Tells what there is to hear until the connection is `ended` here.
async fn listen(
    mut told: mpsc::Receiver<(Told, Timestamp)>,
    listener: Rc<dyn Listener>,
    ended: Rc<Cell<bool>>,
) {
    while let Some((told, at)) = told.recv().await {
        match told {
            _ if ended.get() => return,
            Told::Connected => {}
            Told::Event(data) => {
                // The driver does not tell whether the server offers it.
                listener.hear(Heard::Event { data: &data, recoverable: true }, at);
            }
            Told::Ack(id) => listener.hear(Heard::Ack { id }, at),
            Told::Error(why) => {
                return listener.hear(Heard::Lost(LostReason::Driver(why)), at);
            }
            Told::Closed => {
                let why = "the connection was closed".into();
                return listener.hear(Heard::Lost(LostReason::Driver(why)), at);
            }
        }
    }
}

/// Says what is to be said, in order.
async fn speak(driver: Driver, mut said: mpsc::Receiver<Say>, tell: Tell, clock: Clock) {
    while let Some(say) = said.recv().await {
        let Say::Emit(event, arguments, ack) = say else { break };
        let payload = Payload::Text(arguments);
        let emitted = match ack {
            None => driver.emit(event, payload).await,
            Some(id) => {
                let tell = tell.clone();
                let acked = move |_: Payload, _: Driver| {
                    let (tell, at) = (tell.clone(), clock.now());
                    async move { drop(tell.send((Told::Ack(id), at)).await) }.boxed()
                };
                driver.emit_with_ack(event, payload, ACK_TIMEOUT, acked).await
            }
        };
        if let Err(err) = emitted {
            drop(tell.send((Told::Error(err.to_string()), clock.now())).await);
            break;
        }
    }
    // Whether the server still listens to the goodbye makes no difference.
    let _ = driver.disconnect().await;
}

struct RustSocketio {
    say: mpsc::Sender<Say>,
    tell: Tell,
    clock: Clock,
    next_ack: u64,
    /// Whether the user has ended it.
    ended: Rc<Cell<bool>>,
}

impl RustSocketio {
    /// Queues what is to be said. A queue that is full is the end of the connection, as a send
    /// queue is that no server empties.
    fn say(&mut self, data: &str, ack: Option<u64>) -> Result<(), Gone> {
        if self.ended.get() {
            return Err(Gone);
        }
        let array: Vec<Value> = serde_json::from_str(data).expect("an event is a JSON array");
        let mut array = array.into_iter();
        let Some(Value::String(name)) = array.next() else {
            unreachable!("an event begins with its name: {data}")
        };
        let say = Say::Emit(Event::Custom(name), array.collect(), ack);
        match self.say.try_send(say) {
            Ok(()) => Ok(()),
            Err(mpsc::error::TrySendError::Closed(_)) => Err(Gone),
            Err(mpsc::error::TrySendError::Full(_)) => {
                let why = format!("the server does not read: {QUEUE_LEN_MAX} events wait for it");
                // Should this queue be full as well, the listener is told by the next attempt.
                let _ = self.tell.try_send((Told::Error(why), self.clock.now()));
                Err(Gone)
            }
        }
    }
}

impl Client for RustSocketio {
    fn emit(&mut self, data: &str) -> Result<(), Gone> {
        self.say(data, None)
    }

    fn emit_with_ack(&mut self, data: &str) -> Result<u64, Gone> {
        self.next_ack += 1;
        self.say(data, Some(self.next_ack))?;
        Ok(self.next_ack)
    }

    fn close(&mut self) {
        self.ended.set(true);
        // A queue that is full or closed ends the driver all the same once this is dropped.
        let _ = self.say.try_send(Say::Close);
    }

    /// Hangs up as well, for the crate keeps no transport without its namespace: nothing is heard
    /// after that, not even the end.
    fn leave(&mut self) -> Result<(), Gone> {
        if self.ended.get() || self.say.is_closed() {
            return Err(Gone);
        }
        self.close();
        Ok(())
    }

    /// Says goodbye, for the crate does not let go of its socket otherwise.
    fn cut(&mut self) {
        self.close();
    }

    fn recovered(&self) -> bool {
        false
    }

    fn recovery(&self) -> Option<Recovery> {
        None
    }
}
