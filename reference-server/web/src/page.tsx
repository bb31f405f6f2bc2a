// Page: first who and where, then the room.
import { useCallback, useState } from 'react';

import { useConnection, type Connection } from './connection';
import { chat, type ServerStatus } from './contract';
import { JoinForm } from './join-form';
import { Room } from './room';

export type Place = { name: string; room: string };

// What a link may say: `/?name=ann&room=room-0`.
const link = new URLSearchParams(location.search);
const linked = { name: link.get('name') ?? '', room: link.get('room') ?? '' };

export function Page() {
  const [place, setPlace] = useState<Place>();
  const [last, setLast] = useState<Place>(linked);
  const rejoin = useCallback(() => {
    if (place !== undefined) chat.emit('join-room', place.room);
  }, [place]);
  const { connection, status } = useConnection(rejoin);

  const join = (place: Place) => {
    setPlace(place);
    setLast(place);
    // Whoever is not connected yet joins once it is.
    if (chat.connected) chat.emit('join-room', place.room);
  };
  const leave = () => {
    setPlace(undefined);
    // The contract knows no other way out of a room.
    chat.disconnect().connect();
  };

  return (
    <>
      <header>
        <h1>{place === undefined ? 'Chat' : <bdi>{place.room}</bdi>}</h1>
        {place !== undefined && (
          <button type="button" className="quiet" onClick={leave}>
            Leave
          </button>
        )}
      </header>
      <main>
        {place === undefined ? (
          <JoinForm last={last} onJoin={join} />
        ) : (
          <Room place={place} connection={connection} />
        )}
      </main>
      <footer>
        <span role="status" className={`connection ${connection}`} data-connection={connection}>
          {SAID[connection]}
        </span>
        {status !== undefined && <ServerLine status={status} />}
      </footer>
    </>
  );
}

const SAID: Record<Connection, string> = {
  connecting: 'Connecting…',
  connected: 'Connected',
  reconnecting: 'Reconnecting…',
  offline: 'Offline: the server cannot be reached',
};

function ServerLine({ status }: { status: ServerStatus }) {
  const { connections, rooms, messages, deliveries } = status;
  const parts = [
    `${connections.toLocaleString('en')} connected`,
    counted(rooms, 'room', 'rooms'),
    counted(messages, 'message', 'messages'),
    counted(deliveries, 'delivery', 'deliveries'),
  ];
  return <span className="server">{parts.join(' · ')}</span>;
}

function counted(number: number, one: string, many: string): string {
  return `${number.toLocaleString('en')} ${number === 1 ? one : many}`;
}
