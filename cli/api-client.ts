/** As much of Onsale's API as a buyer needs, over plain HTTP and WebSocket: what any client could do. */
export type ApiClient = ReturnType<typeof createApiClient>;

type Problem = {
  code?: string;
  title?: string;
  detail?: string;
  advice?: string;
  problems?: { path: string; message: string }[];
};

export class ApiProblem extends Error {
  readonly status: number;
  readonly code: string;
  constructor(path: string, status: number, problem: Problem) {
    const { title = "no reason given", detail = title, advice = "", problems = [] } = problem;
    const said = detail === title ? title : `${title} ${detail}`;
    const fields = problems.map((field) => `\n  ${field.path}: ${field.message}`).join("");
    super(`${path} answered ${status}: ${said} ${advice}${fields}`);
    this.status = status;
    this.code = problem.code ?? "";
  }
}

type Money = { amountMinor: number; currency: string };
export type EventAnswer = {
  id: string;
  title: string;
  sections: { id: string; name: string; kind: string; capacity: number; offers: { price: Money }[] }[];
};
export type BookingAnswer = {
  id: string;
  status: string;
  quantity: number;
  total: Money;
  deadline: string;
  seats: { row: string | null; seat: string | null; ticketId: string | null }[];
};
export type SeatsAnswer = { version: number; free: number };
export type TicketAnswer = {
  id: string;
  code: string;
  status: string;
  section: { name: string };
  row: string | null;
  seat: string | null;
};
export type RoomMessage = {
  type: string;
  outcome?: string;
  position?: number;
  bookingId?: string;
  status?: string;
};

type Request = { method?: string; token?: string; pass?: string; key?: string; body?: unknown };

const answerMs = 20_000;

export function createApiClient(baseUrl: string) {
  async function call<Result>(path: string, request: Request = {}): Promise<Result> {
    const answer = await fetch(`${baseUrl}${path}`, {
      method: request.method ?? (request.body === undefined ? "GET" : "POST"),
      headers: headersOf(request),
      ...(request.body === undefined ? {} : { body: JSON.stringify(request.body) }),
      signal: AbortSignal.timeout(answerMs),
    });
    const text = await answer.text();
    const body = text === "" ? {} : JSON.parse(text);
    if (!answer.ok) throw new ApiProblem(path, answer.status, body);
    return body as Result;
  }
  const post = { method: "POST" } as const;
  return {
    events: () => call<{ events: { id: string; title: string }[] }>("/v1/events"),
    event: (id: string) => call<EventAnswer>(`/v1/events/${id}`),
    openSession: (email: string) =>
      call<{ token: string; buyerId: string }>("/v1/sessions", { body: { email } }),
    join: (eventId: string, token: string) =>
      call<{ standing: RoomMessage }>(`/v1/events/${eventId}/places`, { ...post, token }),
    takeTurn: (eventId: string, token: string) =>
      call<{ pass: string }>(`/v1/events/${eventId}/passes`, { ...post, token }),
    seats: (eventId: string, sectionId: string) =>
      call<SeatsAnswer>(`/v1/events/${eventId}/sections/${sectionId}/seats`),
    book: (
      eventId: string,
      body: { wishes: readonly unknown[] },
      who: { token: string; pass: string; key: string },
    ) => call<BookingAnswer>(`/v1/events/${eventId}/bookings`, { body, ...who }),
    booking: (id: string, token: string) => call<BookingAnswer>(`/v1/bookings/${id}`, { token }),
    pay: (bookingId: string, token: string, key: string) =>
      call<{ id: string; payUrl: string }>(`/v1/bookings/${bookingId}/payments`, { ...post, token, key }),
    ticket: (id: string, token: string) => call<TicketAnswer>(`/v1/tickets/${id}`, { token }),
    leave: (eventId: string, token: string) =>
      call(`/v1/events/${eventId}/places/mine`, { method: "DELETE", token }),
    openRoom: (eventId: string, token: string) =>
      openRoom(`${baseUrl.replace(/^http/, "ws")}/v1/events/${eventId}/room`, token),
  };
}

function headersOf({ token, pass, key, body }: Request): Record<string, string> {
  return {
    ...(body === undefined ? {} : { "content-type": "application/json" }),
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    ...(pass === undefined ? {} : { "onsale-pass": pass }),
    ...(key === undefined ? {} : { "idempotency-key": key }),
  };
}

export type Room = {
  /** The first message, also of those that have come, that fits. */
  wait(fits: (message: RoomMessage) => boolean, withinMs: number): Promise<RoomMessage>;
  close(): void;
};

async function openRoom(url: string, token: string): Promise<Room> {
  const socket = new WebSocket(url, ["onsale.v1", `bearer.${token}`]);
  const heard: RoomMessage[] = [];
  const listeners = new Set<() => void>();
  const hear = (message: RoomMessage) => {
    heard.push(message);
    for (const listener of listeners) listener();
  };
  socket.addEventListener("message", ({ data }) => hear(JSON.parse(String(data)) as RoomMessage));
  socket.addEventListener("close", ({ code, reason }) =>
    hear({ type: "closed", outcome: `${code} ${reason}` }),
  );
  await new Promise((resolve, reject) => {
    socket.addEventListener("open", resolve);
    socket.addEventListener("error", () => reject(new Error("the room's socket could not be opened")));
  });
  return {
    wait: (fits, withinMs) => waitFor(socket, heard, listeners, fits, withinMs),
    close: () => socket.close(),
  };
}

function waitFor(
  socket: WebSocket,
  heard: readonly RoomMessage[],
  listeners: Set<() => void>,
  fits: (message: RoomMessage) => boolean,
  withinMs: number,
): Promise<RoomMessage> {
  return new Promise((resolve, reject) => {
    const end = () => {
      clearTimeout(timer);
      listeners.delete(look);
    };
    const fail = (reason: string) => {
      end();
      reject(new Error(`${reason}; heard: ${JSON.stringify(heard)}`));
    };
    const look = () => {
      const found = heard.find(fits);
      if (found === undefined)
        return socket.readyState > WebSocket.OPEN ? fail("the room closed the socket") : undefined;
      end();
      resolve(found);
    };
    const timer = setTimeout(() => fail(`nothing came within ${withinMs} ms`), withinMs);
    listeners.add(look);
    look();
  });
}
