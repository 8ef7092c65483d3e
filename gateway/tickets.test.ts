import { expect, test } from "vitest";
import { uuidFromParts } from "../foundation/ids.ts";
import { problemOf, send } from "./test-client.ts";
import { testBuyer, tokenOf } from "./test-data.ts";
import { startTestGateway } from "./test-gateway.ts";
import { testFacts, testTicketServices } from "./test-tickets.ts";

const token = tokenOf(testBuyer());
const ticketPath = `/v1/tickets/${uuidFromParts("ticket")}`;
const pdfPath = `/v1/bookings/${uuidFromParts("booking", "1")}/tickets.pdf`;
const { tickets, ticketDrawing } = testTicketServices;

test("a ticket tells its code, and when and where it was used", async () => {
  const used = { atMs: 1_800_000_000_000, door: "North" };
  const gateway = await startTestGateway({
    tickets: {
      ...tickets,
      find: async (...asked) => {
        const ticket = await tickets.find(...asked);
        return ticket && { ...ticket, status: "used", used };
      },
    },
  });
  const { body } = await send(gateway, ticketPath, { token });
  expect(body).toMatchObject({
    code: "C0DE",
    status: "used",
    used: { at: "2027-01-15T08:00:00.000Z", door: "North" },
    issue: 0,
  });
});

test("the code comes as a picture, and the booking's tickets as a PDF that nobody keeps", async () => {
  const gateway = await startTestGateway();
  const picture = await send(gateway, `${ticketPath}/code.svg`, { token });
  expect(picture.headers.get("content-type")).toBe("image/svg+xml");
  expect(picture.body).toBe("<svg>C0DE</svg>");
  const pdf = await send(gateway, pdfPath, { token });
  expect(pdf).toMatchObject({ status: 200, body: "%PDF-" });
  expect(pdf.headers.get("content-type")).toBe("application/pdf");
  expect(pdf.headers.get("cache-control")).toBe("no-store");
});

test("a refunded ticket has no picture, and a booking without valid tickets no PDF", async () => {
  const [refunded] = testFacts(uuidFromParts("booking", "1") as never).tickets.map((ticket) => {
    return { ...ticket, status: "refunded" as const, code: null };
  });
  if (refunded === undefined) throw new Error("a ticket");
  const gateway = await startTestGateway({
    tickets: {
      ...tickets,
      find: async (...asked) => {
        const ticket = await tickets.find(...asked);
        return ticket && { ...ticket, status: "refunded", code: null };
      },
      facts: async (id) => ({ ...testFacts(id), tickets: [refunded] }),
    },
  });
  const picture = await send(gateway, `${ticketPath}/code.svg`, { token });
  expect(problemOf(picture).code).toBe("ticket_not_valid");
  expect(problemOf(await send(gateway, pdfPath, { token })).code).toBe("no_valid_tickets");
});

test("past what can be drawn, the answer is 503 with a time to come back", async () => {
  const busy = async () => "busy" as const;
  const gateway = await startTestGateway({ ticketDrawing: { ...ticketDrawing, pdf: busy, svgs: busy } });
  for (const path of [pdfPath, `${ticketPath}/code.svg`]) {
    const refused = await send(gateway, path, { token });
    expect(problemOf(refused)).toMatchObject({ status: 503, code: "busy" });
    expect(refused.headers.get("retry-after")).toBe("1");
  }
});

test("who draws too often from one address is asked to wait", async () => {
  const gateway = await startTestGateway({}, { rates: { tickets: { perMinute: 1, burst: 2 } } });
  const statuses = [];
  for (let count = 0; count < 3; count += 1) statuses.push((await send(gateway, pdfPath, { token })).status);
  expect(statuses).toEqual([200, 200, 429]);
});

test("a ticket gets a new code for the issue that was lost", async () => {
  const gateway = await startTestGateway();
  const sent = { method: "POST", token, json: { issue: 0 } };
  expect((await send(gateway, `${ticketPath}/reissue`, sent)).body).toMatchObject({ issue: 1 });
  const wrong = { ...sent, json: { issue: 256 } };
  expect(problemOf(await send(gateway, `${ticketPath}/reissue`, wrong)).code).toBe("invalid_request");
});

test.each(["not_found", "ticket_not_valid", "reissues_used"] as const)(
  "a new code can be refused: %s",
  async (outcome) => {
    const gateway = await startTestGateway({ tickets: { ...tickets, reissue: async () => ({ outcome }) } });
    const refused = await send(gateway, `${ticketPath}/reissue`, {
      method: "POST",
      token,
      json: { issue: 0 },
    });
    expect(problemOf(refused).code).toBe(outcome);
  },
);

test("the public keys are for everybody, and may be kept for a moment", async () => {
  const publicBytes = Buffer.alloc(32, 7);
  const key = { id: 3, publicBytes, createdAtMs: 0, retiredAtMs: 0, endsAtMs: 1_000 };
  const gateway = await startTestGateway({ ticketKeys: { public: async () => [key as never] } });
  const { body, headers } = await send(gateway, "/v1/ticket-keys");
  expect(headers.get("cache-control")).toBe("public, max-age=10");
  const publicKey = publicBytes.toString("base64url");
  const times = { createdAt: "1970-01-01T00:00:00.000Z", endsAt: "1970-01-01T00:00:01.000Z" };
  expect(body).toEqual({ keys: [{ id: 3, publicKey, ...times }] });
});
