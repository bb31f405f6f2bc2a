//! Files that are well typed and cannot be meant, each with the exact error that it gets.

use expect_test::expect;

use super::bad::{check, phase, rooms, with};

#[test]
fn what_contradicts_itself() {
    check(
        &[
            &rooms("rooms: {}"),
            &rooms("rooms: {count: 30, size: 11}"),
            &rooms("rooms: {count: 30, size: {uniform: {min: 2, max: 9}}}"),
            &rooms("rooms: {size: 7}"),
            &rooms("rooms: {size: 301}"),
            &rooms("rooms: {count: 151}"),
            &rooms("rooms: {count: 30, per_user: 31}"),
            &rooms("rooms: {count: 30, per_user: 0}"),
            &rooms("rooms: {size: 1}"),
            &rooms("rooms: {size: {uniform: {min: 9, max: 2}}}"),
            &rooms("rooms: {size: {zipf: {min: 2, max: 9, exponent: -1}}}"),
            &rooms("rooms: {count: 2, names: {list: [a, a]}}"),
            &rooms("rooms: {count: 3, names: {list: [a, b]}}"),
            &rooms("rooms: {size: {uniform: {min: 2, max: 9}}, names: {list: [a, b]}}"),
            &rooms("rooms: {count: 2, size: {uniform: {min: 2, max: 99}}, per_user: 2}")
                .replace("users: 300\n", ""),
            &phase("hold: {rate: 200/s, for: 0 s}"),
            &phase("step: {from: 1/s, to: 2/s, steps: 1, for: 1 s}"),
            &phase("spike: {base: 1/s, peak: 2/s, for: 5 s, at: 4 s, lasting: 2 s}"),
            &phase("hold: {rate: 100000000/s, for: 30 days}"),
            &with("").replace("  phases", "  connect_rate: 0/s\n  phases"),
            "users: 3\nrooms: {count: 1}\nload: {phases: []}",
            &with("message: {size: 20 B}"),
            &with("message: {size: {uniform: {min: 64 B, max: 48 B}}}"),
            &with("message: {size: {log_normal: {median: 64 B, sigma: 9, max: 1 kB}}}"),
            &with("timeouts: {join: 0 s}"),
            &with("limits: {in_flight_messages_max: 0}"),
        ],
        &expect![[r#"
            bad.yaml:2:1: how many users sit in how many rooms is not said
                rooms: {}
              → give two of `users`, `rooms.count` and `rooms.size`: the third follows
            bad.yaml:1:1: `users`, `rooms.count` and `rooms.size` contradict each other: 30 rooms × 11 members = 330 seats, but 300 users × 1 room each = 300
                users: 300
              → leave one of the three out: it follows
            bad.yaml:1:1: `users`, `rooms.count` and a drawn `rooms.size` contradict each other
                users: 300
              → leave `users` or `rooms.count` out: it follows
            bad.yaml:2:15: 300 users × 1 room each = 300 members, which do not fill rooms of 7: 300 / 7 leaves 6
                rooms: {size: 7}
              → change `users` or `rooms.size`, or give `rooms.count` instead
            bad.yaml:2:15: a room of 301 needs more than the 300 users there are
                rooms: {size: 301}
              → make rooms smaller, or `users` more
            bad.yaml:2:16: 300 users × 1 room each = 300 members, too few for 151 rooms of at least 2
                rooms: {count: 151}
              → ask for fewer rooms, or more users
            bad.yaml:2:30: nobody can be in 31 rooms where there are 30
                rooms: {count: 30, per_user: 31}
              → ask for more rooms, or fewer per user
            bad.yaml:2:30: `rooms.per_user` is 0
                rooms: {count: 30, per_user: 0}
              → write a number from 1 to 1000000
            bad.yaml:2:15: a room of 1 has nobody to hear a message
                rooms: {size: 1}
              → write a number of members from 2 to 1000000
            bad.yaml:2:34: `max` is below `min`: 2 < 9
                rooms: {size: {uniform: {min: 9, max: 2}}}
              → let `max` be at least `min`
            bad.yaml:2:39: `exponent` is -1
                rooms: {size: {zipf: {min: 2, max: 9, exponent: -1}}}
              → write a number from 0 to 10, such as 1.1
            bad.yaml:2:37: the room `a` is listed twice
                rooms: {count: 2, names: {list: [a, a]}}
              → give every room a name of its own
            bad.yaml:2:27: 2 names are too few for 3 rooms
                rooms: {count: 3, names: {list: [a, b]}}
              → list more names, or write `plain`
            scenario `unnamed`: 2 names are too few for the 58 rooms drawn
              → list more names, or write `plain`
            scenario `unnamed`: the largest room drew 27 members, but 42 seats with 2 rooms each are only 21 users
              → ask for more rooms, smaller ones, or fewer per user
            bad.yaml:5:32: the phase has no length
                    - hold: {rate: 200/s, for: 0 s}
              → write a length such as `15 s`, or leave the phase out
            bad.yaml:5:34: `steps` is 1
                    - step: {from: 1/s, to: 2/s, steps: 1, for: 1 s}
              → write a number of steps from 2 to 1000, or use `hold`
            bad.yaml:5:65: the spike ends after its phase: 4s + 2s > 5s
                    - spike: {base: 1/s, peak: 2/s, for: 5 s, at: 4 s, lasting: 2 s}
              → let `at` plus `lasting` be at most `for`
            scenario `unnamed`: each speaker would send 864000000000 messages
              → lower the rates, shorten the phases, or let more users speak
            bad.yaml:4:3: at a `connect_rate` of 0 nobody ever connects
                  connect_rate: 0/s
              → write a rate such as `500/s`
            bad.yaml:3:8: there are 0 phases
                load: {phases: []}
              → write 1 to 1000 phases, such as `- hold: {rate: 200/s, for: 15 s}`
            bad.yaml:6:17: a text cannot have 20 B
                message: {size: 20 B}
              → write a size from 35 B, which the stamp that tells messages apart needs, to 15 MiB
            bad.yaml:6:39: `max` is below `min`: 48 B < 64 B
                message: {size: {uniform: {min: 64 B, max: 48 B}}}
              → let `max` be at least `min`
            bad.yaml:6:45: `sigma` is 9
                message: {size: {log_normal: {median: 64 B, sigma: 9, max: 1 kB}}}
              → write a number from 0 to 5, such as 0.8
            bad.yaml:6:18: nothing happens in no time
                timeouts: {join: 0 s}
              → write a length of time such as `10 s`
            bad.yaml:6:10: with a `in_flight_messages_max` of 0 nothing can happen
                limits: {in_flight_messages_max: 0}
              → write a higher limit, or leave it out
        "#]],
    );
}

#[test]
fn what_cannot_be_connected_to() {
    check(
        &[
            &with("target: localhost:3000"),
            &with("target: ''"),
            &with("target: ftp://localhost"),
            &with("target: http://user:secret@localhost"),
            &with("target: [http://a, 'http://b:99999']"),
            &with("target: []"),
            &with("path: socket.io"),
            &with("namespace: chat"),
            &with("headers: {Host: example.org}"),
            &with("headers: {Sec-WebSocket-Key: abc}"),
            &with("headers: {'X Tenant': blue}"),
            &with("headers: {X-Tenant: \"a\\r\\nb\"}"),
        ],
        &expect![[r#"
            bad.yaml:6:9: `localhost:3000` is no URL: it has no scheme
                target: localhost:3000
              → write `reference`, or a URL such as `http://localhost:3000`
            bad.yaml:6:9: `` is no URL: it has no scheme
                target: ''
              → write `reference`, or a URL such as `http://localhost:3000`
            bad.yaml:6:9: `ftp` is not a scheme of chat servers
                target: ftp://localhost
              → write `reference`, or a URL such as `http://localhost:3000`
            bad.yaml:6:9: the user name and password in a URL are not sent
                target: http://user:secret@localhost
              → put them into `headers` or `auth`
            bad.yaml:6:20: `http://b:99999` is no URL: invalid port number
                target: [http://a, 'http://b:99999']
              → write `reference`, or a URL such as `http://localhost:3000`
            bad.yaml:6:1: the list of targets is empty
                target: []
              → write `reference`, or a URL such as `http://localhost:3000`
            bad.yaml:6:7: `socket.io` is not the path of an endpoint
                path: socket.io
              → write a path such as `/socket.io/`
            bad.yaml:6:12: `chat` is not a namespace
                namespace: chat
              → write `/`, or a name such as `/admin`, without commas and question marks
            bad.yaml:6:11: the handshake sets `Host` itself
                headers: {Host: example.org}
              → leave this header out
            bad.yaml:6:11: the handshake sets `Sec-WebSocket-Key` itself
                headers: {Sec-WebSocket-Key: abc}
              → leave this header out
            bad.yaml:6:11: `X Tenant` is not a header's name
                headers: {'X Tenant': blue}
              → write letters, digits and dashes, such as `X-Tenant`
            bad.yaml:6:11: the value of `X-Tenant` has line breaks or spaces at its ends
                headers: {X-Tenant: "a\r\nb"}
              → write one line of visible characters
        "#]],
    );
}

#[test]
fn what_is_no_dialect() {
    let dialect = |join: &str, send: &str, receive: &str| {
        with(&format!("dialect:\n  join: {join}\n  send: {send}\n  receive: {receive}\n"))
    };
    let (join, send, receive) =
        ("{event: j, payload: '${room}'}", "{event: s, payload: '${text}'}", "{event: r}");
    check(
        &[
            &dialect(join, "{event: s, payload: '[${rom}] ${text}'}", receive),
            &dialect(join, "{event: s, payload: 'é ${text'}", receive),
            &dialect(join, "{event: s, payload: '${room}'}", receive),
            &dialect(join, "{event: s}", receive),
            &dialect(join, "{event: s, payload: ['${text}', '${text}']}", receive),
            &dialect(join, "{event: s, payload: ['${text}', '${any}']}", receive),
            &dialect(join, "{event: s, payload: 1, arguments: []}", receive),
            &dialect(join, send, "{event: r, payload: 'at ${any}: ${text}'}"),
            &dialect(join, send, "{event: r, payload: {'${room}': '${text}'}}"),
            &dialect(join, send, "{event: 'r-${room}'}"),
            &dialect(join, send, "{event: disconnect}"),
            &dialect("{event: j, payload: '${text}'}", send, receive),
            &dialect("{event: j, confirm: hope}", send, receive),
            &dialect("{event: j, confirm: {settle: 200}}", send, receive),
            &dialect("{event: j, confirm: {event: {nam: x}}}", send, receive),
            &dialect("{payload: j}", send, receive),
        ],
        &expect![[r#"
            bad.yaml:8:29: unknown placeholder `${rom}` at character 2
                  send: {event: s, payload: '[${rom}] ${text}'}
              → there are `${room}`, `${author}`, `${text}` and, where something is received, `${any}`; `$${` is a plain `${`
            bad.yaml:8:29: the placeholder at character 3 is not closed
                  send: {event: s, payload: 'é ${text'}
              → write `${room}`, `${author}` or `${text}`, or `$${` for a plain `${`
            bad.yaml:8:29: `${text}`, the message's text, does not stand in it
                  send: {event: s, payload: '${room}'}
              → write `"${text}"` in exactly one place
            bad.yaml:8:3: `${text}`, the message's text, does not stand in it
                  send: {event: s}
              → write `"${text}"` in exactly one place
            bad.yaml:8:20: `${text}` stands in it 2 times
                  send: {event: s, payload: ['${text}', '${text}']}
              → write `"${text}"` in exactly one place
            bad.yaml:8:41: `${any}` cannot be sent
                  send: {event: s, payload: ['${text}', '${any}']}
              → write a value, or `${room}`, `${author}` or `${text}`
            bad.yaml:8:32: both `payload` and `arguments` are given
                  send: {event: s, payload: 1, arguments: []}
              → keep `payload` for one argument, `arguments` for a list of them
            bad.yaml:9:32: `${any}` at character 4 stands inside a longer string
                  receive: {event: r, payload: 'at ${any}: ${text}'}
              → let `"${any}"` be the whole value
            bad.yaml:9:33: the key `${room}` has a placeholder in it
                  receive: {event: r, payload: {'${room}': '${text}'}}
              → put placeholders into values only
            bad.yaml:9:20: the event's name `r-${room}` has a placeholder in it
                  receive: {event: 'r-${room}'}
              → put placeholders into the payload
            bad.yaml:9:20: Socket.IO keeps the event `disconnect` for itself
                  receive: {event: disconnect}
              → write the event that the server listens to
            bad.yaml:7:29: `${text}` at character 1: there is no message here
                  join: {event: j, payload: '${text}'}
              → write `${room}` or `${author}`
            bad.yaml:7:29: `hope` is no way to confirm a join
                  join: {event: j, confirm: hope}
              → write `probe`, `{ack: {}}`, `{event: {name: joined}}` or `{settle: 200 ms}`
            bad.yaml:7:38: `200` has no unit
                  join: {event: j, confirm: {settle: 200}}
              → write a length of time with its unit, such as `250 ms`, `1.5 s`, `2 min` or `1h 30min`
            bad.yaml:7:38: unknown key `nam`
                  join: {event: j, confirm: {event: {nam: x}}}
              → did you mean `name`?
            bad.yaml:7:3: `event` is missing
                  join: {payload: j}
              → add `event: …` here
        "#]],
    );
}
