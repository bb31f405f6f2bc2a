//! Send: what a session does because its caller, or the time, asks for it.

use super::socket_io::{self, Body, Place, Standing};
use super::turn::Step;
use super::{CloseReason, Emit, EmitAck, NotSent, OpenStage, Session, Stage};
use crate::time::Timestamp;

impl Session {
    pub(super) fn handle_timeout<'t>(&mut self, now: Timestamp) -> Step<'t> {
        let is_late = now >= self.open_deadline;
        match &self.stage {
            Stage::Handshake if is_late => {
                self.close(CloseReason::OpenTimeout { stage: OpenStage::Handshake })
            }
            Stage::Open(_) if is_late => {
                self.close(CloseReason::OpenTimeout { stage: OpenStage::Namespace })
            }
            Stage::Open(heartbeat) if now >= heartbeat.deadline() => {
                let (silence, silence_max) = (heartbeat.silence(now), heartbeat.silence_max());
                self.close(CloseReason::HeartbeatTimeout { silence, silence_max })
            }
            _ => Step::Wait,
        }
    }

    #[inline]
    pub(super) fn emit<'t>(&mut self, emit: Emit<'t>) -> Result<Step<'t>, NotSent> {
        let Emit { namespace, data, ack, attachments } = emit;
        assert!(data.starts_with('[') && data.ends_with(']'), "{data:?} is no JSON array");
        let place = namespace.map_or(Place::Own, |namespace| self.place(namespace));
        let seat = self.namespaces.seat_mut(place);
        let seat = seat.filter(|seat| seat.standing == Standing::Connected);
        let acks = &mut seat.ok_or(NotSent::NotConnected)?.acks;
        let body = match ack {
            EmitAck::No => event(None, data, attachments.len()),
            EmitAck::Wanted => {
                let acks_pending_max = self.options.acks_pending_max;
                if acks.len() >= acks_pending_max {
                    return Err(NotSent::AcksPending { acks_pending_max });
                }
                let id = self.ack_id_next;
                self.ack_id_next += 1;
                acks.expect(id);
                event(Some(id), data, attachments.len())
            }
            EmitAck::Answers(id) => answer(id, data, attachments.len()),
        };
        Ok(Step::Socket { namespace, body, attachments })
    }

    pub(super) fn connect<'t>(
        &mut self,
        namespace: &'t str,
        auth: Option<&'t str>,
    ) -> Result<Step<'t>, NotSent> {
        assert!(socket_io::is_namespace(namespace), "{namespace:?} is no namespace");
        let place = self.place(namespace);
        let namespaces_max = self.options.namespaces_max;
        if matches!(self.stage, Stage::Handshake) {
            return Err(NotSent::NotConnected);
        }
        if self.namespaces.seat_mut(place).is_some() {
            return Err(NotSent::AlreadyThere);
        }
        if self.namespaces.len() >= namespaces_max {
            return Err(NotSent::NamespacesFull { namespaces_max });
        }
        self.namespaces.join(place);
        let body = Body::Connect { data: auth.unwrap_or_default() };
        Ok(Step::Socket { namespace: Some(namespace), body, attachments: &[] })
    }

    pub(super) fn leave<'t>(&mut self, namespace: &'t str) -> Step<'t> {
        let place = self.place(namespace);
        if !self.namespaces.leave(place) {
            return Step::Wait;
        }
        self.note_answer(place);
        Step::Socket { namespace: Some(namespace), body: Body::Disconnect, attachments: &[] }
    }

    pub(super) fn forget_ack<'t>(&mut self, namespace: Option<&str>, id: u64) -> Step<'t> {
        let place = namespace.map_or(Place::Own, |namespace| self.place(namespace));
        if let Some(seat) = self.namespaces.seat_mut(place) {
            seat.acks.settle(id);
        }
        Step::Wait
    }

    pub(super) fn hang_up<'t>(&mut self) -> Step<'t> {
        let is_open = matches!(self.stage, Stage::Open(_));
        let is_connected = self.namespaces.seat_mut(Place::Own).is_some();
        let closed = self.close(CloseReason::ByUs);
        match (is_open, is_connected) {
            (true, true) => Step::LeaveOwn,
            (true, false) => Step::HangUp,
            (false, _) => closed,
        }
    }
}

fn event(id: Option<u64>, data: &str, attachments: usize) -> Body<'_> {
    match attachments {
        0 => Body::Event { id, data },
        _ => Body::BinaryEvent { attachments, id, data },
    }
}

fn answer(id: u64, data: &str, attachments: usize) -> Body<'_> {
    match attachments {
        0 => Body::Ack { id, data },
        _ => Body::BinaryAck { attachments, id, data },
    }
}
