//! Roaming: a connection that begins by polling, and may move to a WebSocket while it is used.

use std::cell::RefCell;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use super::super::{
    Call, Client, ClientOptions, ConnectError, Gone, Heard, Listener, TransportError, Way,
};
use super::dialogue::{Dialogue, Ending, Outgoing, Standing, error_of};
use super::{Driven, Handle};
use crate::clock::{Clock, Timer};
use crate::protocol::engine_io::payload::{self, Part};
use crate::protocol::engine_io::{self, Handshake, Upgrade, UpgradeInput, UpgradeStep};
use crate::protocol::{Input, Packet};
use crate::time::Timestamp;
use crate::transport::http::query_value;
use crate::transport::{Endpoint, Lost, OnFrame, Polling, Sender, WebSocket};

/// A connection and whoever drives it.
struct Roaming {
    dialogue: Dialogue,
    link: Link,
    moving: Moving,
    clock: Clock,
    timer: Timer,
    upgrade_timer: Timer,
    endpoint: Rc<Endpoint>,
    turn: usize,
    /// Whether it ends once everything was posted.
    leaving: bool,
}

/// What carries the session.
enum Link {
    Polling(Posting),
    WebSocket(WebSocket),
}

/// Whether the session is moving to a WebSocket.
enum Moving {
    No,
    /// The WebSocket is being opened.
    Opening(Pin<Box<dyn Future<Output = Result<WebSocket, TransportError>>>>),
    /// It stands, and is tried before the session moves.
    Probing(Box<WebSocket>, Upgrade),
}

/// The session's requests, and the packets that are yet to go into one.
struct Posting {
    polling: Polling,
    packets: Vec<Vec<u8>>,
    packets_bytes: usize,
}

/// Servers take this many packets in one body; python-engineio drops a body with more.
const PACKETS_PER_BODY_MAX: usize = 16;

impl Outgoing for Posting {
    fn send(&mut self, packet: &Packet<'_>) -> Result<(), Lost> {
        let mut encoded = Vec::new();
        packet.encode_in_payload(&mut encoded);
        self.packets_bytes += encoded.len();
        self.packets.push(encoded);
        self.polling.check_backlog(self.packets_bytes)?;
        self.polling.wake();
        Ok(())
    }
}

impl Posting {
    /// Puts what waits into bodies once the post before was taken, so that what comes meanwhile
    /// shares one.
    fn bundle(&mut self, body_bytes_max: usize) {
        if !self.has_more() {
            return;
        }
        let mut body = Vec::new();
        let mut count = 0;
        for packet in &self.packets {
            let fits = body.len() + 1 + packet.len() <= body_bytes_max;
            if count > 0 && (!fits || count == PACKETS_PER_BODY_MAX) {
                break;
            }
            if count > 0 {
                body.push(payload::SEPARATOR as u8);
            }
            body.extend_from_slice(packet);
            count += 1;
        }
        for packet in self.packets.drain(..count) {
            self.packets_bytes -= packet.len();
        }
        self.polling.post(body);
    }
}

impl Outgoing for Link {
    fn send(&mut self, packet: &Packet<'_>) -> Result<(), Lost> {
        match self {
            Link::Polling(posting) => posting.send(packet),
            Link::WebSocket(socket) => Outgoing::send(socket.sender(), packet),
        }
    }
}

impl Link {
    fn wake(&mut self) {
        match self {
            Link::Polling(posting) => posting.polling.wake(),
            Link::WebSocket(socket) => socket.sender().wake(),
        }
    }
}

pub(super) async fn connect(
    options: &Rc<ClientOptions>,
    Call { endpoint, turn, past }: Call<'_>,
    listener: Rc<dyn Listener>,
) -> Result<Box<dyn Client>, ConnectError> {
    let clock = options.clock;
    let began = clock.now();
    let endpoint = Rc::new(endpoint.clone());
    let transport = Rc::clone(&options.transport);
    let opened = Polling::open(Rc::clone(&endpoint), transport, turn, clock).await?;
    let (polling, body, at) = opened;
    let mut roaming = Roaming {
        dialogue: Dialogue::new(options, past.as_ref(), listener, began),
        link: Link::Polling(Posting { polling, packets: Vec::new(), packets_bytes: 0 }),
        moving: Moving::No,
        clock,
        timer: Timer::new(clock),
        upgrade_timer: Timer::new(clock),
        endpoint,
        turn,
        leaving: false,
    };
    roaming.hear_body(&body, at);
    if let Some(ending) = poll_fn(|cx| roaming.poll_standing(cx)).await {
        return Err(error_of(ending, options));
    }
    // A timer wakes the task that polled it last, which is not the one that drives from now on.
    roaming.timer = Timer::new(clock);
    roaming.upgrade_timer = Timer::new(clock);
    let roaming = Rc::new(RefCell::new(roaming));
    tokio::task::spawn_local(drive(Rc::clone(&roaming)));
    Ok(Box::new(Handle(roaming)))
}

/// All IO of a standing connection.
async fn drive(roaming: Rc<RefCell<Roaming>>) {
    let ending = poll_fn(|cx| roaming.borrow_mut().poll(cx)).await;
    let (lost, at) = {
        let Roaming { dialogue, clock, leaving, .. } = &mut *roaming.borrow_mut();
        (dialogue.end(ending).filter(|_| !*leaving), clock.now())
    };
    // Whoever hears it may ask the connection what it was.
    if let Some((listener, reason)) = lost {
        listener.hear(Heard::Lost(reason), at);
    }
}

impl Roaming {
    fn poll_standing(&mut self, cx: &mut Context<'_>) -> Poll<Option<Ending>> {
        let poll = self.poll(cx);
        if self.dialogue.standing == Standing::Opening {
            return poll.map(Some);
        }
        if let Poll::Ready(ending) = poll {
            self.dialogue.ending = Some(ending);
        }
        Poll::Ready(None)
    }

    /// Moves packets both ways, judges the time, and moves the session, until there is news.
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Ending> {
        self.consider_moving();
        let carried = loop {
            self.poll_moving(cx);
            let carried = self.poll_link(cx);
            // Its last poll may just have returned, so that the session can move at once.
            if carried.is_ready() || !self.may_finish() {
                break carried;
            }
        };
        if let Some(ending) = self.dialogue.ending.take_if(|_| !self.leaving) {
            return Poll::Ready(ending);
        }
        if let Poll::Ready(lost) = carried {
            return Poll::Ready(Ending::Over(lost.into()));
        }
        if self.leaving && self.is_flushed() {
            return Poll::Ready(Ending::Dropped);
        }
        while self.timer.poll(cx, self.dialogue.wait_until).is_ready() {
            self.dialogue.input(Input::Timeout, &mut self.link, self.clock.now());
            if let Some(ending) = self.dialogue.ending.take_if(|_| !self.leaving) {
                return Poll::Ready(ending);
            }
        }
        Poll::Pending
    }

    fn poll_link(&mut self, cx: &mut Context<'_>) -> Poll<Lost> {
        let body_bytes_max = self.body_bytes_max();
        loop {
            match &mut self.link {
                Link::WebSocket(socket) => {
                    let dialogue = &mut self.dialogue;
                    let on_frame: &mut OnFrame<'_> = &mut |sender, frame, at| {
                        dialogue.input(Input::Frame(frame), sender, at);
                    };
                    return socket.poll(cx, &self.clock, on_frame);
                }
                Link::Polling(posting) => {
                    posting.bundle(body_bytes_max);
                    match posting.polling.poll(cx) {
                        Poll::Ready(Ok((body, at))) => self.hear_body(&body, at),
                        Poll::Ready(Err(lost)) => return Poll::Ready(lost),
                        Poll::Pending if posting.has_more() => {}
                        Poll::Pending => return Poll::Pending,
                    }
                }
            }
            if self.dialogue.ending.is_some() && !self.leaving {
                return Poll::Pending;
            }
        }
    }

    /// What the server takes in one body.
    fn body_bytes_max(&self) -> usize {
        let said = self.dialogue.handshake.as_ref().and_then(|it| it.payload_bytes_max);
        said.and_then(|bytes| usize::try_from(bytes).ok()).unwrap_or(usize::MAX)
    }

    /// Hands the packets of a body to the session.
    fn hear_body(&mut self, body: &[u8], at: Timestamp) {
        let broken = |why: String| Some(Ending::Over(Lost::Polled(why).into()));
        let Ok(body) = std::str::from_utf8(body) else {
            self.dialogue.ending = broken("a payload is not UTF-8".into());
            return;
        };
        // An answer may hold nothing, from servers that end a poll before there is anything.
        for part in payload::decode(body).filter(|part| *part != Ok(Part::Text(""))) {
            match part {
                Ok(part) => {
                    let input = Input::Frame(part.as_frame());
                    self.dialogue.input(input, &mut self.link, at);
                }
                Err(error) => self.dialogue.ending = broken(error.to_string()),
            }
        }
        if let (Link::Polling(posting), Some(handshake)) =
            (&mut self.link, self.dialogue.handshake.as_deref())
        {
            posting.polling.name(&handshake.sid);
        }
    }

    /// Begins to move once the server has said that it can be done.
    fn consider_moving(&mut self) {
        let options = &self.dialogue.options;
        let Some(handshake) = self.dialogue.handshake.as_deref() else { return };
        let fit = matches!((&self.link, &self.moving), (Link::Polling(_), Moving::No));
        if !fit || options.way != Way::Upgrade || !can_move(handshake) {
            return;
        }
        let mut endpoint = (*self.endpoint).clone();
        endpoint.query = format!("&sid={}{}", query_value(&handshake.sid), endpoint.query);
        let (transport, turn) = (Rc::clone(&options.transport), self.turn);
        let opening = async move { WebSocket::open(&endpoint, &transport, turn).await };
        self.moving = Moving::Opening(Box::pin(opening));
        // Once is enough: a session that could not be moved goes on as it is.
        if let Some(handshake) = &mut self.dialogue.handshake {
            handshake.upgrades = Box::default();
        }
    }

    fn may_finish(&self) -> bool {
        match (&self.moving, &self.link) {
            (Moving::Probing(..), Link::Polling(posting)) => posting.polling.is_paused_and_idle(),
            _ => false,
        }
    }

    fn poll_moving(&mut self, cx: &mut Context<'_>) {
        if let Moving::Opening(opening) = &mut self.moving
            && let Poll::Ready(opened) = opening.as_mut().poll(cx)
        {
            self.moving = match opened {
                Ok(mut socket) => {
                    let deadline = self.clock.now() + self.dialogue.options.session.open_timeout;
                    let (upgrade, probe) = Upgrade::new(deadline);
                    match Outgoing::send(socket.sender(), &Packet::Engine(probe)) {
                        Ok(()) => Moving::Probing(Box::new(socket), upgrade),
                        Err(_) => Moving::No,
                    }
                }
                // The session goes on polling, as the reference client's does.
                Err(_) => Moving::No,
            };
        }
        while let Moving::Probing(..) = &self.moving {
            if !self.poll_probing(cx) {
                return;
            }
        }
    }

    /// One look at the WebSocket that is tried; whether there may be more to see.
    fn poll_probing(&mut self, cx: &mut Context<'_>) -> bool {
        let (Moving::Probing(socket, upgrade), Link::Polling(posting)) =
            (&mut self.moving, &mut self.link)
        else {
            return false;
        };
        let mut step = UpgradeStep::Wait;
        let on_frame: &mut OnFrame<'_> = &mut |_: &mut Sender, frame, at| {
            let packet = engine_io::Packet::decode(frame).unwrap_or(engine_io::Packet::Close);
            let said = upgrade.handle_input(UpgradeInput::Packet(packet), at);
            step = if said == UpgradeStep::Wait { step } else { said };
        };
        let lost = socket.poll(cx, &self.clock, on_frame).is_ready();
        let now = self.clock.now();
        if step == UpgradeStep::Wait && posting.polling.is_paused_and_idle() {
            step = upgrade.handle_input(UpgradeInput::PollingPaused, now);
        }
        if step == UpgradeStep::Wait && self.upgrade_timer.poll(cx, upgrade.deadline()).is_ready() {
            step = upgrade.handle_input(UpgradeInput::Timeout, now);
        }
        match step {
            UpgradeStep::Wait if !lost => return false,
            UpgradeStep::PausePolling if !lost => {
                posting.polling.pause(true);
                return posting.polling.is_paused_and_idle();
            }
            UpgradeStep::Finish(packet) if !lost => self.finish(packet),
            _ => {
                posting.polling.pause(false);
                self.moving = Moving::No;
            }
        }
        true
    }

    /// Moves to the WebSocket, with all that was yet to be posted.
    fn finish(&mut self, packet: engine_io::Packet<'_>) {
        let moving = std::mem::replace(&mut self.moving, Moving::No);
        let (Moving::Probing(mut socket, _), Link::Polling(posting)) = (moving, &mut self.link)
        else {
            return;
        };
        let packets = std::mem::take(&mut posting.packets);
        let sender = socket.sender();
        let mut sent = Outgoing::send(sender, &Packet::Engine(packet));
        for packet in &packets {
            sent = sent.and_then(|()| send_encoded(sender, packet));
        }
        if let Err(lost) = sent {
            self.dialogue.ending = Some(Ending::Over(lost.into()));
        }
        self.link = Link::WebSocket(*socket);
    }

    fn is_flushed(&self) -> bool {
        match &self.link {
            Link::Polling(posting) => posting.packets.is_empty() && posting.polling.is_flushed(),
            Link::WebSocket(_) => true,
        }
    }
}

impl Posting {
    /// Whether there is something that could be posted now.
    fn has_more(&self) -> bool {
        !self.packets.is_empty() && self.polling.is_flushed() && !self.polling.is_paused()
    }
}

/// Sends by WebSocket what was encoded for a payload.
fn send_encoded(sender: &mut Sender, packet: &[u8]) -> Result<(), Lost> {
    let text = std::str::from_utf8(packet).expect("payloads are text");
    match payload::decode(text).next() {
        Some(Ok(Part::Binary(bytes))) => sender.send(true, |out| out.extend_from_slice(&bytes)),
        _ => sender.send(false, |out| out.extend_from_slice(packet)),
    }
}

fn can_move(handshake: &Handshake) -> bool {
    handshake.upgrades.iter().any(|to| **to == *"websocket")
}

impl Driven for Roaming {
    fn dialogue(&mut self) -> &mut Dialogue {
        &mut self.dialogue
    }

    fn input(&mut self, input: Input<'_>) -> Result<Option<u64>, Gone> {
        let Roaming { dialogue, link, clock, .. } = self;
        if dialogue.ending.is_some() {
            return Err(Gone);
        }
        let ack_id = dialogue.input(input, link, clock.now());
        if dialogue.ending.is_some() {
            link.wake();
            return Err(Gone);
        }
        Ok(ack_id)
    }

    fn finish(&mut self) {
        // What is yet to be posted is, its goodbye included.
        self.leaving = true;
        if let Link::WebSocket(socket) = &mut self.link {
            socket.sender().close();
        }
        self.link.wake();
    }

    fn cut(&mut self) {
        match &mut self.link {
            Link::Polling(posting) => posting.polling.cut(),
            Link::WebSocket(socket) => socket.sender().cut(),
        }
        if let Moving::Probing(socket, _) = &mut self.moving {
            socket.sender().cut();
        }
        self.moving = Moving::No;
        // Not even a goodbye that is under way arrives any more.
        self.leaving = false;
        self.abandon();
    }

    fn abandon(&mut self) {
        if !self.leaving {
            self.dialogue.ending = Some(Ending::Dropped);
        }
        self.link.wake();
    }
}
