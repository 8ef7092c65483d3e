/** Of tickets, their keys and the doors; a part of `limits`. */
export const ticketLimits = {
  tickets: {
    /** PDFs and pages of one process that wait for the thread that draws them; past it 503. */
    drawingsWaiting: 16,
    /** How often a ticket can get a new code: its number is one byte of the code. */
    issuesMost: 255,
    /** A link to the page of a booking's tickets is good for so long after the event has begun. */
    linkMs: 24 * 60 * 60_000,
    /** How long the link is good that a payment provider sends the buyer back to, from the booking on. */
    returnLinkMs: 2 * 24 * 60 * 60_000,
  },
  doors: {
    /** Of one event. */
    most: 1_000,
    /** So long a process remembers that a door is open. */
    knownMs: 1_000,
    /** Processes remember at most so many. */
    remembered: 10_000,
    /** Scans that a device tells of at once, and tickets on a page of its list. */
    scansPerBatch: 500,
    batchBytes: 160 * 1024,
    listPage: 1_000,
    /** A device without network may be so far behind. */
    scanAgeMs: 7 * 24 * 60 * 60_000,
  },
  ticketKeys: {
    /** So long a process signs with the key that it knows; by then all know of a new one. */
    knownMs: 5_000,
    /** A code of a key that nobody knows makes a process look again, at most so often. */
    askAgainMs: 500,
  },
} as const;
