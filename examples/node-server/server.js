// The chat that chatbench's contract comes from, on Express and Socket.IO.
//
//   npm ci && npm start
//
// PORT is the port to listen on, 8080 unless told otherwise (0: a free one); CORS_ORIGIN is where
// a page may come from, http://localhost:5173 unless told otherwise.
import { createServer } from 'node:http';

import cors from 'cors';
import express from 'express';
import { Server } from 'socket.io';

const { PORT = '8080', CORS_ORIGIN = 'http://localhost:5173' } = process.env;

const app = express();
app.use(cors());

const server = createServer(app);
const io = new Server(server, {
  cors: { origin: CORS_ORIGIN, methods: ['GET', 'POST'] },
});

io.on('connection', (socket) => {
  console.error(`user connected: ${socket.id}`);

  socket.on('join-room', (room) => {
    socket.join(room);
    console.error(`user joined: ${socket.id} to room ${room}`);
  });

  // Everybody in the room but the sender hears it, as it is.
  socket.on('send-msg', (data) => {
    socket.to(data.room).emit('onreceive-msg', data);
  });

  socket.on('disconnect', () => {
    console.error(`user disconnected: ${socket.id}`);
  });
});

server.listen(Number(PORT), '127.0.0.1', () => {
  console.log(`listening on http://127.0.0.1:${server.address().port}`);
});
