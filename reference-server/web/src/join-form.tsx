// JoinForm: who one is, and where one wants to be.
import { useState, type FormEvent } from 'react';

import type { Place } from './page';

export function JoinForm({ last, onJoin }: { last: Place; onJoin: (place: Place) => void }) {
  const [name, setName] = useState(last.name);
  const [room, setRoom] = useState(last.room);
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
