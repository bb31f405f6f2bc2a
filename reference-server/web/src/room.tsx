// Room: what is said in it, and a line to say something.
import { memo, useEffect, useLayoutEffect, useRef, useState, type FormEvent } from 'react';

import type { Connection } from './connection';
import { chat, readMessage } from './contract';
import { useLines, type Line, type Lines } from './lines';
import type { Place } from './page';

// Well below what a server accepts by default, whatever it takes in bytes.
const MESSAGE_CHARACTERS_MAX = 100_000;
// May take more lines than are shown at once.
const LONG_CHARACTERS = 300;

export function Room({ place, connection }: { place: Place; connection: Connection }) {
  const { lines, add } = useLines();
  // One handler for the room's whole life, so that what is taken off is what was put on: React
  // mounts twice under StrictMode, and whoever hears twice shows everything twice.
  const hear = useRef((data: unknown) => {
    const { author, text } = readMessage(data);
    add(author, text, 'heard');
  });

  useEffect(() => {
    const handler = hear.current;
    chat.on('onreceive-msg', handler);
    return () => {
      chat.off('onreceive-msg', handler);
    };
  }, []);

  // A server keeps nothing for those who are away.
  const [before, lost] = [useRef(connection), useRef(false)];
  useEffect(() => {
    if (before.current === 'connected' && connection !== 'connected') {
      lost.current = true;
      add('', 'Connection lost', 'note');
    } else if (lost.current && connection === 'connected') {
      lost.current = false;
      add('', 'Back again: what was said meanwhile is missing here', 'note');
    }
    before.current = connection;
  }, [connection, add]);

  const say = (message: string) => {
    chat.emit('send-msg', { room: place.room, author: place.name, message });
    // The server tells everybody else.
    add(place.name, message, 'own');
  };

  return (
    <>
      <Log lines={lines} />
      <SendForm onSend={say} canSend={connection === 'connected'} />
    </>
  );
}

function Log({ lines }: { lines: Lines }) {
  const list = useRef<HTMLDivElement>(null);
  const atEnd = useRef(true);

  // Whoever reads further up is left there.
  useLayoutEffect(() => {
    if (list.current !== null && atEnd.current) list.current.scrollTop = list.current.scrollHeight;
  }, [lines]);

  const scrolled = () => {
    const { scrollTop, clientHeight, scrollHeight } = list.current ?? document.body;
    atEnd.current = scrollTop + clientHeight >= scrollHeight - 40;
  };

  return (
    <div
      ref={list}
      className="log"
      role="log"
      aria-label="Messages"
      aria-live={lines.flooded ? 'off' : 'polite'}
      onScroll={scrolled}
      tabIndex={0}
    >
      {lines.older > 0 && <p className="older">{lines.older.toLocaleString('en')} older not shown</p>}
      <ol>
        {lines.kept.map((line) => (
          <Said key={line.key} line={line} />
        ))}
      </ol>
    </div>
  );
}

const Said = memo(function Said({ line }: { line: Line }) {
  return (
    <li className={line.kind} data-key={line.key}>
      {line.kind !== 'note' && <bdi className="author">{line.author}</bdi>}
      {/* What is long scrolls by itself, which keyboards can do as well. */}
      <p className="text" dir="auto" tabIndex={line.text.length > LONG_CHARACTERS ? 0 : undefined}>
        {line.text}
      </p>
    </li>
  );
});

function SendForm({ onSend, canSend }: { onSend: (message: string) => void; canSend: boolean }) {
  const [draft, setDraft] = useState('');

  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!canSend || draft.trim() === '') return;
    onSend(draft);
    setDraft('');
  };

  return (
    <form className="send" onSubmit={submit}>
      <label htmlFor="message">Message</label>
      <input
        id="message"
        value={draft}
        onChange={(event) => setDraft(event.target.value)}
        maxLength={MESSAGE_CHARACTERS_MAX}
        autoComplete="off"
        dir="auto"
        autoFocus
      />
      <button type="submit" disabled={!canSend || draft.trim() === ''}>
        Send
      </button>
    </form>
  );
}
