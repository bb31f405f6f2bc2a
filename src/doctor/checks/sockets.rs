//! Sockets: the memory that the kernel has for what is on its way.

use super::ends;
use crate::doctor::check::{Look, Verdict};
use crate::doctor::machine::Machine;
use crate::doctor::needs::Needs;
use crate::doctor::words::{bytes, count};

/// A connection that has something in its buffers takes a page for each way.
const PAGES_PER_END: u64 = 2;
/// A few dozen messages.
const BUFFER_BYTES_MIN: u64 = 16 * 1024;
/// What Linux begins with.
const USUAL_RECEIVE: &str = "4096 131072 6291456";
const USUAL_SEND: &str = "4096 16384 4194304";

pub(in crate::doctor) fn all(machine: &Machine, needs: &Needs) -> Look {
    let ends = ends(machine, needs);
    let more = ends.saturating_mul(PAGES_PER_END);
    let need = format!("{} pages for {} ends of connections", count(more), count(ends));
    let (Some([low, pressure, high]), Some(used)) =
        (machine.network.memory_pages, machine.network.memory_pages_used)
    else {
        return Look::unknown(need);
    };
    let found =
        format!("{} pages before buffers shrink, {} of them used", count(pressure), count(used));
    let wanted = used.saturating_add(more);
    let times = wanted.div_ceil(pressure.max(1));
    let [low, middle, high] = [low, pressure.max(1), high].map(|pages| pages.saturating_mul(times));
    Look::new(need, found, Verdict::ok_if(wanted <= pressure, Verdict::Warn))
        .sysctl("net.ipv4.tcp_mem", format!("{low} {middle} {high}"))
}

pub(in crate::doctor) fn each(machine: &Machine, _: &Needs) -> Look {
    let need = format!("{} each way, or more", bytes(BUFFER_BYTES_MIN));
    let network = &machine.network;
    let (Some([_, receive, receive_max]), Some([_, send, send_max])) =
        (network.receive_buffer, network.send_buffer)
    else {
        return Look::unknown(need);
    };
    let found = format!("{} to receive, {} to send", bytes(receive), bytes(send));
    let is_low = |usual: u64, max: u64| usual.min(max) < BUFFER_BYTES_MIN;
    let (receives_little, sends_little) = (is_low(receive, receive_max), is_low(send, send_max));
    let is_enough = !receives_little && !sends_little;
    let mut look = Look::new(need, found, Verdict::ok_if(is_enough, Verdict::Warn));
    if receives_little {
        look = look.sysctl("net.ipv4.tcp_rmem", USUAL_RECEIVE);
    }
    if sends_little {
        look = look.sysctl("net.ipv4.tcp_wmem", USUAL_SEND);
    }
    look
}
