// Contract: the events of the chat, and the one connection that they go over.
import { io, type Socket } from 'socket.io-client';

// What is said in a room: what is sent, and what the others in the room hear, unchanged.
export type Message = { room: string; author: string; message: string };

// What the server is doing. An extension of the reference server: no other need know it.
export type ServerStatus = {
  connections: number;
  rooms: number;
  messages: number;
  deliveries: number;
};

type FromServer = {
  'onreceive-msg': (data: unknown) => void;
  status: (status: ServerStatus) => void;
};

type ToServer = {
  'join-room': (room: string) => void;
  'send-msg': (data: Message) => void;
  'watch-status': () => void;
};

export type Chat = Socket<FromServer, ToServer>;

// A page that Vite serves talks to a server of its own; any other, to whoever served it.
const SERVER = import.meta.env.DEV
  ? (import.meta.env.VITE_SERVER ?? 'http://localhost:8080')
  : location.origin;

export const chat: Chat = io(SERVER);

// What was heard, as far as it can be shown: a server may send anything.
export function readMessage(data: unknown): { author: string; text: string } {
  const { author, message } = Object(data) as Record<string, unknown>;
  return { author: shown(author), text: shown(message) };
}

function shown(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
}
