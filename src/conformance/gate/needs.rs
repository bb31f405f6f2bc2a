//! Needs: why a check cannot be tried on a target, or nothing be said of it.

use super::Gate;
use crate::conformance::awake::Hook;
use crate::conformance::check::{Check, Need};
use crate::scenario::{OrderPolicy, Parser};

impl Gate {
    /// Why `check` cannot be tried here.
    pub(super) fn not_applicable(&self, check: &Check) -> Option<String> {
        let speaks_text = self.target.hooks.parser == Parser::Text;
        if !speaks_text && !check.needs.contains(&Need::MessagePack) {
            return Some("it sends packets of text, and the server's are MessagePack".into());
        }
        check.needs.iter().find_map(|need| self.lacks(*need))
    }

    /// Why nothing can be said of `check`: what it needs was not there when it was looked for.
    pub(super) fn unanswered(&self, check: &Check) -> Option<String> {
        let hook = |need: &Need| match need {
            Need::Echo => Some(Hook::Echo),
            Need::Ack => Some(Hook::Ack),
            _ => None,
        };
        let silent = |hook: &Hook| self.survey.silent_hooks.contains(hook);
        let hook = check.needs.iter().filter_map(hook).find(silent)?.field();
        Some(format!("the dialect names `{hook}`, and the server answers nothing to it"))
    }

    fn lacks(&self, need: Need) -> Option<String> {
        let (target, survey) = (&*self.target, &*self.survey);
        let dialect = target.dialect.as_ref();
        let object =
            |it: &crate::scenario::Dialect| it.send.carries_object() && it.receive.carries_object();
        let (has, why) = match need {
            Need::Polling => (survey.polling, "the server does not poll"),
            Need::WebSocket => (survey.websocket, "the server opens no session by WebSocket"),
            Need::Upgrade => {
                (survey.offers_websocket, "the server offers no upgrade to a WebSocket")
            }
            Need::Chat => (dialect.is_some(), "the target has no chat"),
            Need::ObjectPayload => {
                (dialect.is_some_and(object), "messages of this dialect are no JSON objects")
            }
            Need::Echo => (target.hooks.echo.is_some(), "the dialect names no `hooks.echo`"),
            Need::Ack => (target.hooks.ack.is_some(), "the dialect names no `hooks.ack`"),
            Need::Namespace => {
                (target.hooks.namespace.is_some(), "the dialect names no `hooks.namespace`")
            }
            Need::Leave => {
                (dialect.is_some_and(|it| it.leave.is_some()), "the dialect has no `leave`")
            }
            Need::Binary => (target.hooks.binary, "the dialect does not say `hooks.binary: true`"),
            Need::Order => (target.order != OrderPolicy::Off, "the scenario says `order: off`"),
            Need::Cluster => (target.peer.is_some(), "no second node: `--peer-url`"),
            Need::Broker => (
                target.broker.is_some(),
                "nothing takes the broker down: `--broker-down` and `--broker-up`",
            ),
            Need::Process => (target.process.is_some(), "no process to look at: `--pid`"),
            Need::Heartbeat => return self.heartbeat_too_long(),
            Need::ConnectTimeout => return self.connect_timeout_too_long(),
            Need::MaxPayload => {
                (survey.payload_bytes_max.is_some(), "the server says no `maxPayload`")
            }
            Need::Recovery => (survey.recovery, "the server offers no connection state recovery"),
            Need::MessagePack => (
                target.hooks.parser == Parser::MessagePack,
                "the dialect does not say `hooks.parser: msgpack`",
            ),
            Need::Hostile => (target.hostile, "it may take the server down: `--hostile`"),
        };
        (!has).then(|| why.into())
    }

    fn heartbeat_too_long(&self) -> Option<String> {
        let wait_max = self.target.patience.wait_max;
        match self.survey.heartbeat() {
            None => Some("the server says no `pingInterval` or no `pingTimeout`".into()),
            Some(heartbeat) if heartbeat <= wait_max => None,
            Some(heartbeat) => Some(format!(
                "a heartbeat takes {}, longer than `--max-wait {}`",
                humantime::format_duration(heartbeat),
                humantime::format_duration(wait_max),
            )),
        }
    }

    fn connect_timeout_too_long(&self) -> Option<String> {
        let patience = self.target.patience;
        (patience.connect_timeout > patience.wait_max).then(|| {
            format!(
                "a session without CONNECT may stay for {}, longer than `--max-wait {}`",
                humantime::format_duration(patience.connect_timeout),
                humantime::format_duration(patience.wait_max),
            )
        })
    }
}
