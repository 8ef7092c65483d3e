import { connect } from "node:net";
import { monotonicMs } from "../bench/monotonic.ts";
import { type CrowdSocket, type CrowdState, noteTrouble, phases } from "./crowd-state.ts";
import { clientFrame, opcodes, readFrames } from "./frames.ts";
import { readAnswer, requestOf } from "./handshake.ts";

/*
 * The life of one socket of a crowd:
 *
 *   down ──begin──▶ opening ──101──▶ open ──closed by the server, cut──▶ down
 *     ▲                │                    │
 *     └── try again ◀──┴── refused, failed ─┴── lost, while it is wanted
 */

/** How often one socket tries, and the least that it waits before it tries again. */
const mostTries = 40;
const retryAfterMs = 500;
const noPayload = Buffer.alloc(0);

/** Begins handshakes until so many are under way as may be. */
export function pump(crowd: CrowdState): void {
  while (crowd.opening < crowd.options.atOnce) {
    const index = crowd.queue.pop();
    if (index === undefined) return;
    if (crowd.wanted && crowd.phase[index] === phases.down) begin(crowd, index);
  }
}

export function enqueue(crowd: CrowdState, index: number): void {
  crowd.queue.push(index);
  pump(crowd);
}

export function sayGoodbye(socket: CrowdSocket): void {
  socket.end(clientFrame(opcodes.close, noPayload));
}

function begin(crowd: CrowdState, index: number): void {
  const { addressOf, port } = crowd.options;
  const { onread } = crowd;
  const connection = connect({ host: "127.0.0.1", port, localAddress: addressOf(index), onread });
  const socket = Object.assign(connection, { crowd, index });
  socket.on("connect", onConnect).on("error", onError).on("close", onClose);
  crowd.sockets[index] = socket;
  crowd.phase[index] = phases.opening;
  crowd.begunMs[index] = monotonicMs();
  crowd.opening += 1;
}

// Shared by all sockets, so that none has a closure of its own.

function onConnect(this: CrowdSocket): void {
  const { handshakeOf, port } = this.crowd.options;
  this.write(requestOf(handshakeOf(this.index), port), "latin1");
}

function onError(this: CrowdSocket, error: NodeJS.ErrnoException): void {
  noteTrouble(this.crowd, error.code ?? error.message);
}

/** Node calls it on the socket; its types do not say so. */
export function onRead(this: unknown, length: number, buffer: Uint8Array): boolean {
  const socket = this as CrowdSocket;
  const { rests, phase } = socket.crowd;
  const fresh = Buffer.from(buffer.buffer, buffer.byteOffset, length);
  const rest = rests.get(socket.index);
  const bytes = rest === undefined ? fresh : Buffer.concat([rest, fresh]);
  const usedUpTo = phase[socket.index] === phases.open ? take(socket, bytes, 0) : greet(socket, bytes);
  if (usedUpTo < bytes.length) rests.set(socket.index, Buffer.from(bytes.subarray(usedUpTo)));
  else if (rest !== undefined) rests.delete(socket.index);
  return true;
}

function greet(socket: CrowdSocket, bytes: Buffer): number {
  const answer = readAnswer(bytes);
  if (answer.outcome === "partial") return 0;
  if (answer.outcome === "open") {
    noteOpen(socket);
    return take(socket, bytes, answer.framesAt);
  }
  noteTrouble(socket.crowd, answer.answer);
  socket.destroy();
  return bytes.length;
}

function noteOpen({ crowd, index }: CrowdSocket): void {
  const nowMs = monotonicMs();
  crowd.phase[index] = phases.open;
  crowd.slowestHandshakeMs = Math.max(crowd.slowestHandshakeMs, nowMs - (crowd.begunMs[index] ?? 0));
  crowd.hearing.opened(index, nowMs);
  crowd.opening -= 1;
  crowd.open += 1;
  if (crowd.open === crowd.options.count) crowd.allOpen.resolve();
  pump(crowd);
}

function take(socket: CrowdSocket, bytes: Buffer, start: number): number {
  return readFrames(bytes, start, (opcode, payloadStart, payloadEnd) => {
    if (opcode === opcodes.ping)
      socket.write(clientFrame(opcodes.pong, bytes.subarray(payloadStart, payloadEnd)));
    else if (opcode === opcodes.close) leave(socket, bytes.subarray(payloadStart, payloadEnd));
    else if (opcode !== opcodes.pong) hear(socket, bytes, payloadStart, payloadEnd);
  });
}

/** The server has ended the connection, and says why: a code of two bytes and a reason. */
function leave(socket: CrowdSocket, payload: Buffer): void {
  const code = payload.length < 2 ? "without a code" : payload.readUInt16BE();
  noteTrouble(socket.crowd, `closed ${code} ${payload.toString("utf8", 2)}`.trimEnd());
  sayGoodbye(socket);
}

function hear({ crowd, index }: CrowdSocket, bytes: Buffer, start: number, end: number): void {
  const nowMs = monotonicMs();
  crowd.messages += 1;
  crowd.hearing.heard(index, nowMs);
  const tick = crowd.ticks.heard(index, nowMs, bytes, start, end);
  const text = () => bytes.toString("utf8", start, end);
  crowd.line.heard(index, nowMs, tick === undefined ? undefined : Number(tick), text);
}

function onClose(this: CrowdSocket): void {
  const { crowd, index } = this;
  const wasOpen = crowd.phase[index] === phases.open;
  crowd.phase[index] = phases.down;
  crowd.sockets[index] = undefined;
  crowd.rests.delete(index);
  if (wasOpen) crowd.open -= 1;
  else crowd.opening -= 1;
  if (crowd.open + crowd.opening === 0) crowd.allDown.resolve();
  if (!crowd.wanted) return;
  if (wasOpen) crowd.lost += 1;
  tryAgain(crowd, index);
  pump(crowd);
}

function tryAgain(crowd: CrowdState, index: number): void {
  const tries = (crowd.tries[index] ?? 0) + 1;
  crowd.tries[index] = tries;
  if (tries < mostTries) setTimeout(enqueue, retryAfterMs * (1 + crowd.options.random()), crowd, index);
  else crowd.allOpen.reject(new Error(`a socket did not open in ${mostTries} tries: ${troublesOf(crowd)}`));
}

function troublesOf({ troubles }: CrowdState): string {
  return [...troubles].map(([trouble, times]) => `${trouble} (${times} times)`).join(", ");
}
