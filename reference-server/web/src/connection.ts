// Connection: whether there is one, and what the server says of itself over it.
import { useEffect, useRef, useState } from 'react';

import { chat, type ServerStatus } from './contract';

export type Connection = 'connecting' | 'connected' | 'reconnecting' | 'offline';

// Attempts in a row that came to nothing, before it is said that there is no server.
const ATTEMPTS_MAX = 3;
// A server that says goodbye is not tried again by Socket.IO itself.
const AFTER_GOODBYE_MS = 1000;

// Calls `onConnect` on each new connection: to the server it is somebody new, who is in no room.
export function useConnection(onConnect: () => void) {
  const [connection, setConnection] = useState<Connection>('connecting');
  const [status, setStatus] = useState<ServerStatus>();
  const connected = useRef(onConnect);
  connected.current = onConnect;

  useEffect(() => {
    let failures = 0;
    let again: number | undefined;
    const onConnect = () => {
      failures = 0;
      setConnection('connected');
      chat.emit('watch-status');
      connected.current();
    };
    const onDisconnect = (reason: string) => {
      setConnection('reconnecting');
      setStatus(undefined);
      if (reason === 'io server disconnect') {
        again = window.setTimeout(() => chat.connect(), AFTER_GOODBYE_MS);
      }
    };
    const onError = () => {
      failures += 1;
      if (failures >= ATTEMPTS_MAX) setConnection('offline');
    };
    chat.on('connect', onConnect);
    chat.on('disconnect', onDisconnect);
    chat.on('connect_error', onError);
    chat.on('status', setStatus);
    // It may have come to stand before anybody listened.
    if (chat.connected) onConnect();
    return () => {
      window.clearTimeout(again);
      chat.off('connect', onConnect);
      chat.off('disconnect', onDisconnect);
      chat.off('connect_error', onError);
      chat.off('status', setStatus);
    };
  }, []);
  return { connection, status };
}
