//! Receive: what a session makes of the frames that come from the server.

use super::engine_io::{self, Handshake, Heartbeat};
use super::socket_io::{
    self, Assembly, AttachmentError, Body, ConnectReply, Head, Memory, Place, Purpose, Standing,
};
use super::turn::Step;
use super::{CloseReason, Event, Frame, ProtocolError, Session, Stage};
use crate::time::Timestamp;

impl Session {
    #[inline]
    pub(super) fn handle_frame<'t>(
        &mut self,
        frame: Frame<'t>,
        now: Timestamp,
    ) -> Result<Step<'t>, ProtocolError> {
        match engine_io::Packet::decode(frame)? {
            engine_io::Packet::Message(text) => self.handle_message(text),
            engine_io::Packet::Binary(bytes) => self.handle_attachment(bytes),
            engine_io::Packet::Ping(data) => Ok(self.handle_ping(data, now)),
            engine_io::Packet::Open(data) => self.handle_open(data, now),
            engine_io::Packet::Close => Ok(self.close(CloseReason::ByServer)),
            engine_io::Packet::Pong(_) | engine_io::Packet::Upgrade | engine_io::Packet::Noop => {
                Ok(Step::Wait)
            }
        }
    }

    fn handle_open<'t>(&mut self, data: &str, now: Timestamp) -> Result<Step<'t>, ProtocolError> {
        if !matches!(self.stage, Stage::Handshake) {
            return Ok(Step::Wait);
        }
        let handshake = Handshake::decode(data)?;
        self.stage = Stage::Open(Heartbeat::new(&handshake, now));
        self.namespaces.join(Place::Own);
        Ok(Step::Opened(Box::new(handshake)))
    }

    fn handle_ping<'t>(&mut self, data: &'t str, now: Timestamp) -> Step<'t> {
        if let Stage::Open(heartbeat) = &mut self.stage {
            heartbeat.ping(now);
        }
        Step::Pong(data)
    }

    #[inline]
    fn handle_message<'t>(&mut self, text: &'t str) -> Result<Step<'t>, ProtocolError> {
        if matches!(self.stage, Stage::Handshake) {
            return Err(ProtocolError::MessageBeforeOpen);
        }
        if let Some(assembly) = &self.assembly {
            let missing = assembly.missing();
            return Err(AttachmentError::Interrupted { missing }.into());
        }
        let packet = socket_io::Packet::decode(text)?;
        let namespace = packet.namespace;
        match packet.body {
            Body::Event { id, data } => {
                self.note_offset(namespace, id, data);
                Ok(Step::Event(Event::Event { namespace, data, ack: id, attachments: &[] }))
            }
            Body::Ack { id, data } => Ok(self.handle_ack(namespace, id, data)),
            Body::BinaryEvent { attachments, id, data } => {
                self.handle_head(Head { namespace, purpose: Purpose::Event(id), data }, attachments)
            }
            Body::BinaryAck { attachments, id, data } => {
                self.handle_head(Head { namespace, purpose: Purpose::Ack(id), data }, attachments)
            }
            Body::Connect { data } => self.handle_connect(namespace, data),
            Body::ConnectError { data } => Ok(self.handle_refusal(namespace, data)),
            Body::Disconnect => Ok(self.handle_disconnect(namespace)),
        }
    }

    /// Remembers how far the session has heard. What wants an acknowledgement is never sent again,
    /// and has no offset.
    #[inline]
    fn note_offset(&mut self, namespace: &str, ack: Option<u64>, data: &str) {
        if let Some(memory) = &mut self.memory
            && ack.is_none()
            && *namespace == *self.options.namespace
        {
            memory.note(data);
        }
    }

    fn handle_ack<'t>(&mut self, namespace: &'t str, id: u64, data: &'t str) -> Step<'t> {
        let expected = self.settle_ack(namespace, id);
        Step::Event(Event::Ack { namespace, id, data, attachments: &[], expected })
    }

    fn settle_ack(&mut self, namespace: &str, id: u64) -> bool {
        let place = self.place(namespace);
        self.namespaces.seat_mut(place).is_some_and(|seat| seat.acks.settle(id))
    }

    fn handle_head<'t>(
        &mut self,
        head: Head<'_>,
        attachments: usize,
    ) -> Result<Step<'t>, ProtocolError> {
        let assembly = Assembly::begin(head, attachments, self.limits())?;
        if assembly.missing() == 0 {
            return Ok(self.handle_whole(assembly));
        }
        self.assembly = Some(Box::new(assembly));
        Ok(Step::Wait)
    }

    fn handle_attachment<'t>(&mut self, bytes: &[u8]) -> Result<Step<'t>, ProtocolError> {
        let limits = self.limits();
        let unannounced = AttachmentError::Unannounced { bytes: bytes.len() };
        let assembly = self.assembly.as_mut().ok_or(unannounced)?;
        assembly.add(bytes, limits)?;
        match self.assembly.take_if(|assembly| assembly.missing() == 0) {
            Some(assembly) => Ok(self.handle_whole(*assembly)),
            None => Ok(Step::Wait),
        }
    }

    fn handle_whole<'t>(&mut self, assembly: Assembly) -> Step<'t> {
        let packet = Box::new(assembly.finish());
        let expected = match packet.purpose {
            Purpose::Event(id) => {
                self.note_offset(&packet.namespace, id, &packet.data);
                false
            }
            Purpose::Ack(id) => self.settle_ack(&packet.namespace, id),
        };
        Step::Assembled { packet, expected }
    }

    fn handle_connect<'t>(
        &mut self,
        namespace: &'t str,
        data: &str,
    ) -> Result<Step<'t>, ProtocolError> {
        let place = self.place(namespace);
        let Some(seat) = self.namespaces.seat_mut(place) else { return Ok(Step::Wait) };
        if seat.standing == Standing::Connected {
            return Ok(Step::Wait);
        }
        let reply: ConnectReply =
            serde_json::from_str(data).map_err(|_| ProtocolError::ConnectReply)?;
        seat.standing = Standing::Connected;
        if place == Place::Own {
            self.memory = Memory::answered(self.memory.take(), reply.pid.as_deref());
        }
        self.note_answer(place);
        Ok(Step::Connected { namespace, reply })
    }

    fn handle_refusal<'t>(&mut self, namespace: &'t str, data: &'t str) -> Step<'t> {
        self.give_up(namespace, Event::Refused { namespace, data })
    }

    fn handle_disconnect<'t>(&mut self, namespace: &'t str) -> Step<'t> {
        self.give_up(namespace, Event::Left { namespace })
    }

    fn give_up<'t>(&mut self, namespace: &str, event: Event<'t>) -> Step<'t> {
        let place = self.place(namespace);
        if !self.namespaces.leave(place) {
            return Step::Wait;
        }
        self.note_answer(place);
        Step::Event(event)
    }

    /// Granted or refused, or left: opening has come to its end, and so has its time limit.
    pub(super) fn note_answer(&mut self, place: Place<'_>) {
        if place == Place::Own {
            self.open_deadline = Timestamp::NEVER;
        }
    }
}
