// JoinForm: who one is, and where one wants to be.
import { useState, type FormEvent } from 'react';

import type { Place } from './page';

// What a link may say: `/?name=ann&room=room-0`.
const link = new URLSearchParams(location.search);

export function JoinForm({ onJoin }: { onJoin: (place: Place) => void }) {
  const [name, setName] = useState(link.get('name') ?? '');
  const [room, setRoom] = useState(link.get('room') ?? '');
  const place = { name: name.trim(), room: room.trim() };
  const complete = place.name !== '' && place.room !== '';

  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (complete) onJoin(place);
  };

  return (
    <form className="join" onSubmit={submit}>
      <label htmlFor="name">Name</label>
      <input
        id="name"
        value={name}
        onChange={(event) => setName(event.target.value)}
        maxLength={100}
        autoComplete="nickname"
        autoFocus
        required
      />
      <label htmlFor="room">Room</label>
      <input
        id="room"
        value={room}
        onChange={(event) => setRoom(event.target.value)}
        maxLength={200}
        autoComplete="off"
        autoCapitalize="none"
        required
      />
      <button type="submit" disabled={!complete}>
        Join Room
      </button>
    </form>
  );
}
