// The chat contract on the official Socket.IO server, in its plainest form.
//
//   node server.js [PORT]
//
// PORT is a free one unless given. The first line of output says where the server listens; it
// ends when its standard input does, and so does not outlive whoever started it. SOCKET_IO_OPTIONS
// takes the options of the server as JSON: {"pingInterval":300}.

"use strict";

const { createServer } = require("node:http");
const { Server } = require("socket.io");

const http = createServer();
const io = new Server(http, JSON.parse(process.env.SOCKET_IO_OPTIONS || "{}"));

io.on("connection", (socket) => {
  socket.on("join-room", (room) => {
    socket.join(room);
  });

  socket.on("send-msg", (data) => {
    socket.to(data.room).emit("onreceive-msg", data);
  });
});

http.listen(Number(process.argv[2] || 0), "127.0.0.1", () => {
  console.log(`listening on http://127.0.0.1:${http.address().port}`);
});

process.stdin.resume();
process.stdin.on("close", () => process.exit(0));
