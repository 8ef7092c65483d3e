import type { Deadlines } from "./deadlines.ts";
import type { Exchange } from "./exchange.ts";
import { closeExchange, refuse, setDeadline } from "./exchange.ts";

export const noBytes = Buffer.alloc(0);

/**
 * Gathers the body, bounded in size and time, and hands it on once. A client that sends too much or too slowly
 * is answered at once and its connection ends.
 */
export function readBody(
  exchange: Exchange,
  mostBytes: number,
  declaredBytes: number,
  deadlines: Deadlines<Exchange>,
  then: (bytes: Buffer) => void,
): void {
  if (declaredBytes > mostBytes) return refuseTooLarge(exchange, mostBytes);
  const gathered: Buffer[] = [];
  let size = 0;
  exchange.onGone = () => closeExchange(exchange);
  setDeadline(exchange, deadlines);
  exchange.res.onData((chunk, isLast) => {
    if (!exchange.open) return;
    size += chunk.byteLength;
    if (size > mostBytes) return refuseTooLarge(exchange, mostBytes);
    // The chunk's memory is taken back when this returns: it must be copied.
    if (chunk.byteLength > 0) gathered.push(Buffer.from(new Uint8Array(chunk)));
    if (!isLast) return;
    exchange.onGone = undefined;
    setDeadline(exchange, undefined);
    then(gathered.length === 1 ? (gathered[0] as Buffer) : Buffer.concat(gathered));
  });
}

function refuseTooLarge(exchange: Exchange, mostBytes: number): void {
  refuse(exchange, { refusal: "body_too_large", detail: `This route takes ${mostBytes} bytes.` }, true);
  closeExchange(exchange);
}
