// Keeps the seats of an event as they are: connection, snapshot, changes, and coming back.
import { applyChanges, isBehind, seatsOfSnapshot, waitMs } from "./follow-seats.mjs";

const defaultReconnect = { firstMs: 1_000, mostMs: 30_000, factor: 2 };
const retryMs = 300;
const mostWaiting = 10_000;

/** `onChange` is told the sections that changed, nothing for all; `onState` whether the map is live. */
export function liveSeats(base, onChange, onState) {
  const live = { base, sections: new Map(), waiting: [], isReading: false, failures: 0, onChange, onState };
  live.reconnect = defaultReconnect;
  connect(live);
  return live;
}

function connect(live) {
  const socket = new WebSocket(`${live.base.replace(/^http/, "ws")}/seats/live`);
  socket.onmessage = ({ data }) => hear(live, JSON.parse(data));
  socket.onclose = () => {
    live.onState(false);
    setTimeout(connect, waitMs(live.reconnect, live.failures, Math.random()), live);
    live.failures += 1;
  };
}

function hear(live, message) {
  if (message.reconnect !== undefined) live.reconnect = message.reconnect;
  if (message.type === "sections") {
    live.failures = 0;
    live.begin = message.sections;
    readAfter(live, 0);
  }
  if (message.type !== "seats") return;
  if (live.isReading) keep(live, message.changes);
  else take(live, message.changes);
}

/** What is forgotten here is missed, and read again. */
function keep(live, changes) {
  if (live.waiting.length > mostWaiting) live.waiting = [];
  live.waiting.push(...changes);
}

function take(live, changes) {
  const { changed, isMissing } = applyChanges(live.sections, changes);
  live.onChange(changed);
  if (isMissing) readAfter(live, Math.random() * live.reconnect.firstMs);
}

/** One reading at a time; what is heard meanwhile is applied to what it brings. */
function readAfter(live, ms) {
  if (live.isReading) return;
  live.isReading = true;
  setTimeout(read, ms, live);
}

async function read(live) {
  try {
    await readOnce(live);
  } catch {
    setTimeout(read, waitMs(live.reconnect, 1, Math.random()), live);
    return;
  }
  live.isReading = false;
  live.onState(true);
  live.onChange(undefined);
  take(live, live.waiting.splice(0));
}

/** Another gateway may answer, and be a moment behind. */
async function readOnce(live) {
  for (let attempt = 0; attempt < 5; attempt += 1) {
    await new Promise((resolve) => setTimeout(resolve, attempt * retryMs * Math.random()));
    const answer = await fetch(`${live.base}/seats`);
    if (!answer.ok) throw new Error(`the seats answered ${answer.status}`);
    live.sections = seatsOfSnapshot(await answer.json());
    if (!isBehind(live.sections, live.begin)) return;
  }
}
