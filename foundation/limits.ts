import { ticketLimits } from "./ticket-limits.ts";

/** Every bound of the system stands here; `assertLimits` relates them to each other at boot. */
export const limits = {
  http: {
    bodyBytes: 16 * 1024,
    webhookBodyBytes: 64 * 1024,
    /** From the request's first byte to its last; a slower body is cut off. */
    bodyTimeoutMs: 10_000,
    /** Handlers that have not answered by then are answered 503 for them. */
    answerTimeoutMs: 15_000,
    headerValueChars: 2_048,
    inFlightRequests: 20_000,
    /** What a busy or unavailable answer asks the client to wait. */
    retryAfterSeconds: 1,
    /** The longest that one part may take to say that it is ready. */
    checkTimeoutMs: 2_000,
  },
  socket: {
    payloadBytes: 1_024,
    backpressureBytes: 64 * 1024,
    idleSeconds: 60,
    /**
     * uWebSockets.js counts minutes on a wheel of 240: exactly 240 is no time at all, and every socket is closed at
     * the next full minute (seen).
     */
    lifetimeMinutes: 180,
    messagesPerMinute: 60,
    /** Of one process; past it 503. */
    connections: 50_000,
    /** Of one buyer at one event and process. */
    connectionsPerBuyer: 8,
    /**
     * Who stands near hears within each second how the room goes on, who stands far more rarely: a send costs about
     * 9 µs. Near is half a second, so that it is never more than one: ticks come with the driver's steps, and some
     * steps are late.
     */
    tickEveryMs: { near: 500, middle: 5_000, far: 30_000 },
    /** More than the next thousand: whoever becomes one of them has been told each second for a while. */
    nearAhead: 1_500,
    middleAhead: 10_000,
    /** Waiters that are looked at before other work has its turn. */
    waitersAtOnce: 2_000,
    /** Whoever was passed by without a turn is looked up again, at most so often. */
    lookUpEveryMs: 5_000,
    /** Of one client that does not read its stream of events; more closes it. */
    streamBacklog: 32,
    /**
     * How a client comes back that lost its connection: after a random while up to this, doubled each time. Who has
     * many ahead has time: a process takes in some 3,000 connections a second and should not do only that.
     */
    reconnect: { firstMs: 1_000, farAhead: 1_000, farFirstMs: 25_000, mostMs: 30_000, factor: 2 },
  },
  /**
   * How often one address may do what; an address can be that of a whole company or of a mobile network. The
   * configuration can raise them (`RATE_PER_ADDRESS`).
   */
  rates: {
    /** Of guests: whose address or account nobody has checked. */
    joins: { perMinute: 120, burst: 120 },
    sessions: { perMinute: 120, burst: 120 },
    /** Connections to the room without a good token. */
    strangers: { perMinute: 60, burst: 60 },
    /** Passwords, e-mailed codes, and codes of lanes and of house seats. */
    guesses: { perMinute: 20, burst: 20 },
    /** Messages to a payment provider's address that are not signed by it. */
    forgeries: { perMinute: 20, burst: 20 },
    joinsOfIdentity: { perMinute: 30, burst: 10 },
    /** Seat maps: plans, snapshots and live connections. */
    maps: { perMinute: 600, burst: 300 },
    /** What is drawn of tickets: PDFs, pages and pictures of codes. */
    tickets: { perMinute: 120, burst: 60 },
    /** Events and draws: what a page asks for once. */
    reads: { perMinute: 1_200, burst: 600 },
  },
  rateKeys: 100_000,
  /** Proofs of devices that were used (RFC 9449). */
  deviceProofs: {
    /** A proof is good for a minute, and 5 s before its time. */
    rememberMs: 65_000,
    /**
     * Of one such time; two are kept. It is as many as one process can check in it, at 110 µs each: who floods runs
     * out of its processor before its memory. Full, with 50,000 buyers, it takes 125 MB (seen on Node 24).
     */
    remembered: 600_000,
    ofOneKey: 1_000,
    /** Key objects kept ready: to make one takes 40 µs. */
    keys: 10_000,
  },
  /** When who has no connection asks again; never later than half the grace of the room. */
  askAgainSeconds: { near: 2, far: 10 },
  booking: {
    seatsPerBooking: 10,
    /** Each is of one section, or of any that fits. */
    wishesPerBooking: 5,
    /** Sections whose free seats a process remembers for a moment, for those who take any. */
    sectionsCounted: 20_000,
    /** Of the sections that any wish could take, so many are looked at together; the best come first. */
    sectionsAtOnce: 16,
    /** Jobs that bring holds to what Postgres says, and are done together. */
    holdJobs: { groupSize: 16, concurrency: 2 },
    /** Claims of one section that share a script call. */
    claimsPerScript: 64,
    /** So long claims wait at most for the answers to others, to leave for Redis together. */
    claimWaitMs: 10,
    /** Claims of one section that wait for a script call; past it 503. */
    claimsWaitingPerSection: 5_000,
    /** Refused requests that wait until Postgres says whether they are repeated ones, and for how long; past it 503. */
    repeats: { waiting: 10_000, waitMs: 2_000 },
    /** Bookings that share one Postgres transaction. */
    bookingsPerCommit: 100,
    /** Bookings that wait for a commit; past it 503. */
    bookingsWaiting: 10_000,
    /** The longest a booking waits for others to share its commit. */
    commitWaitMs: 3,
    commitsAtOnce: 4,
    commitTimeoutMs: 5_000,
    /** A hold without a booking that is older than this is an orphan and is released. */
    orphanHoldMs: 30_000,
    paymentWindowMinMs: 1_000,
    paymentWindowMaxMs: 24 * 60 * 60_000,
  },
  /** Of one seat. A whole booking of the dearest still fits a JSON number exactly. */
  price: { charges: 8, mostMinor: 100_000_000_000_000n },
  refundPolicy: { untilMostMs: 366 * 24 * 60 * 60_000 },
  /** Bookings on a page of a buyer's history. */
  history: { pageMost: 100, pageUsual: 20 },
  room: {
    lanes: 8,
    turnsPerStep: 1_000,
    /** Numbers of a lane that one step looks at: of the absent and of those who left. */
    numbersPerStep: 20_000,
    /** A driver that has not renewed its lease for this long has lost it. */
    leaseMs: 1_000,
    stepMs: 200,
    /** A driver whose clock is further from that of Redis drives nothing. */
    clockSkewMs: 3_000,
    /** Visits of one room that share a script call. */
    visitsPerScript: 128,
    visitCalls: 2,
    /** Visits of one room that wait for a script call; past it 503. */
    visitsWaiting: 20_000,
    /** How often a gateway says who is here. */
    reportMs: 500,
    /** Numbers behind the watermark of which a gateway says whether they are here; a multiple of six. */
    presenceWindow: 16_380,
    /** Numbers below the watermark that a gateway lists as here. */
    presenceBelow: 2_000,
    /** A room that a gateway has not needed for so long is watched no more. */
    watchIdleMs: 10 * 60_000,
    /** So many numbers beyond the last may be given before Postgres knows of it. */
    reserveAhead: 100_000,
    /** The work of a join where it must be proved: so many zero bits. */
    proofBits: 16,
    /** Under automatic proof of work: joins in a second that count as a spike, and how long it is answered. */
    spikeJoinsPerSecond: 2_000,
    spikeMs: 60_000,
    historyMinutes: 24 * 60,
    /** A closed room is kept for so long: as long as its receipts. */
    keepMs: 30 * 24 * 60 * 60_000,
  },
  /** What automatic pace aims at: how slow and how faulty the booking path may become. */
  pace: { targetP99Ms: 500, mostErrorShare: 0.01 },
  section: {
    seats: 60_000,
    /** Beside each other, without an aisle. */
    blockSeats: 250,
    blocks: 4_000,
    /** Offers and views of one section. */
    segments: 16,
  },
  /** What everybody may see of an event's seats, and hear of their changes. */
  seatMap: {
    /** Changes are gathered for so long; a sheet of all seats is as old at most. */
    windowMs: 100,
    /** Sections that one process hears of. */
    watchesMost: 4_000,
    watchIdleMs: 60_000,
    /** A section of which nothing was heard for so long is looked at: its news may not arrive. */
    silenceMs: 3_000,
    lookEveryMs: 500,
    /** News that are kept while the section is read. */
    heardMost: 1_000,
    /** Connections of one process; past it 503. */
    watchers: 20_000,
    /** An address can be that of a whole company. */
    watchersPerAddress: 200,
    /** Messages that one client of a stream of events has not read; more closes it. */
    streamBacklog: 8,
    /** That one connection can choose. */
    sectionsChosen: 50,
    /** What does not fit one message comes with the next. */
    messageBytes: 24 * 1024,
    /** With more seats changed at once in a section, its snapshot is less work. */
    seatsPerChange: 2_000,
    /** Events whose sheet is kept ready, in each encoding. */
    sheets: 200,
  },
  people: {
    /** Each takes a core for a while and 32 MiB; past it 503. */
    passwordChecksAtOnce: 16,
  },
  ...ticketLimits,
  email: {
    /** The mail server has so long for one e-mail, and a worker for all that is done to send it. */
    serverMs: 15_000,
    claimMs: 20_000,
  },
  payment: {
    providerTimeoutMs: 5_000,
    webhookToleranceMs: 5 * 60_000,
    signaturesPerWebhook: 5,
    ofBooking: 20,
  },
  wallet: {
    /** Of one top-up, in minor units, by the decimals of its currency: from one of what people count in (a euro, a hundred yen). */
    topUp: {
      0: { leastMinor: 100, mostMinor: 1_000_000 },
      2: { leastMinor: 100, mostMinor: 1_000_000 },
      3: { leastMinor: 1_000, mostMinor: 10_000_000 },
    },
    /** Top-ups of one buyer that wait to be paid; a day old, they count no more. */
    topUpsOpen: 10,
    topUpOpenMs: 24 * 60 * 60_000,
    historyPageMost: 100,
    historyPageUsual: 20,
  },
  /** Messages of payment providers that come at the same time. */
  inbox: {
    /** That share one transaction. */
    messagesPerGroup: 100,
    /** That wait to be stored; past it 503. */
    messagesWaiting: 2_000,
    waitMs: 10,
    groupsAtOnce: 2,
  },
  settlement: {
    /** Messages that share one transaction. */
    messagesPerGroup: 200,
    /** Whose messages are gathered for groups; a job has up to `inbox.messagesPerGroup` of them, mostly far fewer. */
    jobsAtOnce: 32,
    groupsAtOnce: 2,
    /** Of a group's messages that are settled each in a transaction of its own. */
    aloneAtOnce: 4,
  },
  /** Refunds that are asked for at the provider at once and written in one transaction. */
  refunds: { groupSize: 16, concurrency: 2 },
  shutdown: { drainMs: 3_000 },
} as const;

/** Called once at boot: a wrong relation stops the start with the sentence that names it. */
export function assertLimits(): void {
  const { booking, room, http, deviceProofs } = limits;
  assertThat(
    booking.commitTimeoutMs < booking.orphanHoldMs,
    "a commit must end before its holds count as orphans",
  );
  assertThat(
    http.answerTimeoutMs < booking.orphanHoldMs,
    "a request must end before its hold counts as an orphan",
  );
  assertThat(room.stepMs * 3 < room.leaseMs, "a driver must be able to miss two steps and keep its lease");
  assertThat(room.reportMs * 2 <= 1_000, "reports must overlap with the least grace");
  assertThat(room.presenceWindow % 6 === 0, "six numbers make a character of a report");
  assertThat(
    room.presenceWindow > (3 * room.turnsPerStep * room.reportMs) / room.stepMs,
    "a report must reach further than the steps until the next one",
  );
  assertThat(
    deviceProofs.remembered >= proofsOfPolling(),
    "the proofs of as many bound buyers as connections, who all ask by HTTP, must fit the memory",
  );
  assertThat(
    limits.email.serverMs < limits.email.claimMs,
    "an e-mail's claim must outlast the mail server's answer",
  );
  assertThat(booking.claimsPerScript <= booking.claimsWaitingPerSection, "a batch must fit its queue");
  assertThat(
    2 * limits.seatMap.messageBytes < limits.socket.backpressureBytes,
    "a client must be able to have a message of seats waiting and hear the next",
  );
  assertThat(
    limits.price.mostMinor * BigInt(booking.seatsPerBooking) <= Number.MAX_SAFE_INTEGER,
    "the total of a booking must fit a JSON number",
  );
  assertThat(limits.section.blockSeats <= 250, "a block's longest free run must fit one byte of its index");
}

/** While one generation is remembered: those near the front ask often, all others rarely. */
function proofsOfPolling(): number {
  const { askAgainSeconds, deviceProofs, socket } = limits;
  const far = socket.connections - socket.nearAhead;
  const everySecond = socket.nearAhead / askAgainSeconds.near + far / askAgainSeconds.far;
  return (everySecond * deviceProofs.rememberMs) / 1_000;
}

function assertThat(holds: boolean, sentence: string): void {
  if (!holds) throw new Error(`limits.ts: ${sentence}`);
}
