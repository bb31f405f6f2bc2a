//! Hooks: events beside the chat, by which a server can be checked.

use socketioxide::extract::{AckSender, SocketRef};
use socketioxide::handler::Value;
use tracing::{debug, warn};

use crate::arguments::Arguments;
use crate::in_order::{AnswerInOrder, InOrder};

/// The event that comes back to its sender.
const ECHO: &str = "message";
/// The name it comes back by.
const ECHOED: &str = "message-back";
/// The event that is acknowledged with its arguments.
const ANSWERED: &str = "message-with-ack";
/// The second namespace, which has the chat and the hooks again.
pub(crate) const NAMESPACE: &str = "/custom";

/// Lets a user be answered.
pub(crate) fn connect(socket: &SocketRef) {
    socket.on(ECHO, InOrder(|socket: SocketRef, event| echo(&socket, event)));
    socket.on(ANSWERED, AnswerInOrder(answer));
}

fn echo(socket: &SocketRef, mut event: Value) {
    let arguments = match Arguments::of_event(&mut event) {
        Ok(arguments) => arguments,
        Err(error) => return debug!("{ECHO} of {} ignored: {error}", socket.id),
    };
    if let Err(error) = socket.emit(ECHOED, &arguments) {
        warn!("{ECHO} of {} could not be sent back: {error}", socket.id);
    }
}

fn answer(socket: &SocketRef, mut event: Value, sender: AckSender) {
    let arguments = match Arguments::of_event(&mut event) {
        Ok(arguments) => arguments,
        Err(error) => return debug!("{ANSWERED} of {} ignored: {error}", socket.id),
    };
    if let Err(error) = sender.send(&arguments) {
        warn!("{ANSWERED} of {} could not be acknowledged: {error}", socket.id);
    }
}
