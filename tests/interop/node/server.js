// Chats on the official Socket.IO server, in their plainest form.
//
//   node server.js [PORT]
//
// PORT is a free one unless given. The first line of output says where the server listens; it
// ends when its standard input does, and so does not outlive whoever started it. The environment
// says the rest:
//
//   SOCKET_IO_OPTIONS  the options of the server as JSON: {"pingInterval":300}
//   DIALECT            chat, the chat contract, unless it says drawing: scenarios/drawing.yaml
//   REDIS_SOCKET       the path of a Redis server's socket: the server is one node of a cluster then
//   CLOSE_EVERY        a number: at each so many messages of the chat, one connection is closed
//
// For `chatbench conform` the chat has events beside the contract: `message` comes back as
// `message-back`, `message-with-ack` is acknowledged with its arguments, `leave-room` leaves, and
// the namespace `/custom` has all of that again.

"use strict";

const { createServer } = require("node:http");
const { createAdapter } = require("@socket.io/redis-adapter");
const { createClient } = require("redis");
const { Server } = require("socket.io");

const { SOCKET_IO_OPTIONS = "{}", DIALECT = "chat", REDIS_SOCKET, CLOSE_EVERY = "0" } = process.env;

const http = createServer();
const io = new Server(http, JSON.parse(SOCKET_IO_OPTIONS));
let messages = 0;

const dialects = {
  chat(socket) {
    socket.on("join-room", (room) => {
      socket.join(room);
    });

    socket.on("send-msg", (data) => {
      socket.to(data.room).emit("onreceive-msg", data);
      messages += 1;
      if (messages % Number(CLOSE_EVERY) === 0) {
        closeOne();
      }
    });

    socket.on("leave-room", (room) => {
      socket.leave(room);
    });

    socket.on("message", (...args) => {
      socket.emit("message-back", ...args);
    });

    socket.on("message-with-ack", (...args) => {
      const acknowledge = args.pop();
      acknowledge(...args);
    });
  },

  drawing(socket) {
    socket.on("enter", ({ table, player }) => {
      socket.data.player = player;
      socket.join(table);
      const players = io.of("/").adapter.rooms.get(table).size;
      socket.emit("entered", { table, players });
    });

    socket.on("quit", (table) => {
      socket.leave(table);
    });

    socket.on("stroke", (table, stroke) => {
      socket.to(table).emit("stroke", stroke, { by: socket.data.player, at: Date.now() });
    });
  },
};

// Each in its turn, beginning with the one that has stood longest.
function closeOne() {
  const [socket] = io.of("/").sockets.values();
  socket.conn.close();
}

async function joinCluster() {
  const publisher = createClient({ socket: { path: REDIS_SOCKET } });
  const subscriber = publisher.duplicate();
  await Promise.all([publisher.connect(), subscriber.connect()]);
  io.adapter(createAdapter(publisher, subscriber));
}

async function main() {
  if (REDIS_SOCKET !== undefined) {
    await joinCluster();
  }
  io.on("connection", dialects[DIALECT]);
  io.of("/custom").on("connection", dialects[DIALECT]);
  http.listen(Number(process.argv[2] || 0), "127.0.0.1", () => {
    console.log(`listening on http://127.0.0.1:${http.address().port}`);
  });
}

main();

process.stdin.resume();
process.stdin.on("close", () => process.exit(0));
