//! The native client: chatbench's own session on its own transport, one small task a connection.

use std::cell::RefCell;
use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Context, Poll};

use super::{Client, ClientOptions, ConnectError, Gone, Heard, Listener, LostReason};
use crate::clock::{Clock, Timer};
use crate::protocol::{
    CloseReason, Emit, EmitAck, Event, Input, OpenStage, Output, Session, Turn,
};
use crate::time::Timestamp;
use crate::transport::{Endpoint, Lost, OnFrame, Sender, WebSocket};

/// A connection and whoever drives it.
struct Connection {
    session: Session,
    socket: WebSocket,
    listener: Rc<dyn Listener>,
    clock: Clock,
    timer: Timer,
    /// When the session wants to be told the time.
    wait_until: Timestamp,
    /// What has come of it that its driver must know.
    news: Option<News>,
}

/// What ends a stage of a connection's life.
enum News {
    Standing,
    Refused(String),
    Over(LostReason),
    /// Nobody wants it any more.
    Dropped,
}

pub(super) async fn connect(
    options: &Rc<ClientOptions>,
    endpoint: &Endpoint,
    turn: usize,
    listener: Rc<dyn Listener>,
) -> Result<Box<dyn Client>, ConnectError> {
    let socket = WebSocket::open(endpoint, &options.transport, turn).await?;
    let clock = options.clock;
    let now = clock.now();
    let mut connection = Connection {
        session: Session::new(Rc::clone(&options.session), now),
        socket,
        listener,
        clock,
        timer: Timer::new(clock),
        wait_until: now,
        news: None,
    };
    match poll_fn(|cx| connection.poll(cx)).await {
        News::Standing => {}
        News::Refused(data) => {
            let namespace = options.session.namespace.to_string();
            return Err(ConnectError::Refused { namespace, data });
        }
        News::Over(LostReason::Session(CloseReason::OpenTimeout { stage })) => {
            let stage = match stage {
                OpenStage::Handshake => "the Engine.IO handshake",
                OpenStage::Namespace => "the namespace's CONNECT",
            };
            return Err(ConnectError::Timeout { stage, within: options.session.open_timeout });
        }
        News::Over(reason) => return Err(ConnectError::Lost(reason)),
        News::Dropped => unreachable!("a connection that nobody has yet cannot be dropped"),
    }
    let connection = Rc::new(RefCell::new(connection));
    tokio::task::spawn_local(drive(Rc::clone(&connection)));
    Ok(Box::new(NativeClient(connection)))
}

/// All IO of a standing connection.
async fn drive(connection: Rc<RefCell<Connection>>) {
    let news = poll_fn(|cx| connection.borrow_mut().poll(cx)).await;
    let connection = connection.borrow();
    if let News::Over(reason) = news {
        connection.listener.hear(Heard::Lost(reason), connection.clock.now());
    }
}

impl Connection {
    /// Reads, judges the time, and lets the session answer, until there is news.
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<News> {
        let mut mouth = Mouth {
            session: &mut self.session,
            listener: &*self.listener,
            wait_until: &mut self.wait_until,
            news: &mut self.news,
        };
        let on_frame: &mut OnFrame<'_> =
            &mut |sender, frame, at| _ = mouth.input(Input::Frame(frame), sender, at);
        let read = self.socket.poll(cx, &self.clock, on_frame);
        if let Some(news) = self.news.take() {
            return Poll::Ready(news);
        }
        if let Poll::Ready(lost) = read {
            return Poll::Ready(News::Over(lost.into()));
        }
        while self.timer.poll(cx, self.wait_until).is_ready() {
            let now = self.clock.now();
            self.input(Input::Timeout, now);
            if let Some(news) = self.news.take() {
                return Poll::Ready(news);
            }
        }
        Poll::Pending
    }

    /// Gives the number of the acknowledgement asked for, if one was.
    fn input(&mut self, input: Input<'_>, now: Timestamp) -> Option<u64> {
        let mut mouth = Mouth {
            session: &mut self.session,
            listener: &*self.listener,
            wait_until: &mut self.wait_until,
            news: &mut self.news,
        };
        mouth.input(input, self.socket.sender(), now)
    }
}

/// The parts of a connection that a frame concerns, while its socket is being read.
struct Mouth<'a> {
    session: &'a mut Session,
    listener: &'a dyn Listener,
    wait_until: &'a mut Timestamp,
    news: &'a mut Option<News>,
}

impl Mouth<'_> {
    fn input(&mut self, input: Input<'_>, sender: &mut Sender, at: Timestamp) -> Option<u64> {
        if self.news.is_some() {
            return None;
        }
        let turn = self.session.handle_input(input, at);
        let ack_id = turn.ack_id();
        match drain(turn, sender, self.listener, at, self.news) {
            Ok(moment) => *self.wait_until = moment,
            Err(lost) => *self.news = Some(News::Over(lost.into())),
        }
        ack_id
    }
}

/// Does what the session says until it wants to wait.
fn drain(
    mut turn: Turn<'_>,
    sender: &mut Sender,
    listener: &dyn Listener,
    at: Timestamp,
    news: &mut Option<News>,
) -> Result<Timestamp, Lost> {
    loop {
        match turn.poll_output() {
            Output::WaitUntil(moment) => return Ok(moment),
            Output::Transmit(packet) => {
                sender.send(packet.is_binary(), |out| packet.encode(out))?;
            }
            Output::Event(event) => match event {
                Event::Event { data, .. } => listener.hear(Heard::Event(data), at),
                Event::Ack { id, .. } => listener.hear(Heard::Ack { id }, at),
                Event::Connected { .. } => *news = Some(News::Standing),
                Event::Refused { data, .. } => *news = Some(News::Refused(data.to_owned())),
                Event::Left { .. } => *news = Some(News::Over(LostReason::Left)),
                Event::Closed(reason) => {
                    *news = Some(News::Over(LostReason::Session(reason)));
                }
                Event::NotSent(why) => {
                    let why = LostReason::Driver(why.to_string());
                    *news = Some(News::Over(why));
                }
                Event::Opened(_) => {}
            },
        }
    }
}

struct NativeClient(Rc<RefCell<Connection>>);

impl NativeClient {
    fn input(&mut self, input: Input<'_>) -> Result<Option<u64>, Gone> {
        let mut connection = self.0.borrow_mut();
        if connection.news.is_some() {
            return Err(Gone);
        }
        let now = connection.clock.now();
        let ack_id = connection.input(input, now);
        if connection.news.is_some() {
            connection.socket.sender().wake();
            return Err(Gone);
        }
        Ok(ack_id)
    }
}

impl Client for NativeClient {
    fn emit(&mut self, data: &str) -> Result<(), Gone> {
        self.input(Input::Emit(Emit::event(data))).map(drop)
    }

    fn emit_with_ack(&mut self, data: &str) -> Result<u64, Gone> {
        let emit = Emit { ack: EmitAck::Wanted, ..Emit::event(data) };
        self.input(Input::Emit(emit))?.ok_or(Gone)
    }

    fn close(&mut self) {
        // Whether it was still there to be closed makes no difference.
        let _ = self.input(Input::Close);
        let mut connection = self.0.borrow_mut();
        connection.socket.sender().close();
        connection.news = Some(News::Dropped);
        connection.socket.sender().wake();
    }
}

impl Drop for NativeClient {
    fn drop(&mut self) {
        let mut connection = self.0.borrow_mut();
        connection.news = Some(News::Dropped);
        connection.socket.sender().wake();
    }
}
