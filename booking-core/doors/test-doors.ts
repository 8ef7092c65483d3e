import { type EventId, type ScanId, type TicketId, uuidSource } from "../../foundation/ids.ts";
import { createTokens } from "../../foundation/tokens.ts";
import { openTicketTest } from "../tickets/test-tickets.ts";
import { createCheckIns } from "./check-ins.ts";
import { createDoorLists } from "./door-list.ts";
import { createDoors } from "./doors.ts";
import type { Door } from "./scan.ts";

export const operator = { id: null, email: "operator@onsale.example" };
export const newScanId = () => uuidSource.next<ScanId>();
export const tokens = createTokens("a secret of the tests, thirty-two characters");

export type DoorTest = Awaited<ReturnType<typeof openDoorTest>>;

/** Paid tickets, and doors at which they are shown. */
export async function openDoorTest() {
  const parts = await openTicketTest();
  const { shop, keys } = parts;
  const doors = createDoors({ ...shop, ids: uuidSource, tokens });
  const checkIns = createCheckIns({ ...shop, keys });
  return {
    ...parts,
    doors,
    checkIns,
    doorList: createDoorLists(shop),
    openDoor: async (eventId: EventId, name: string): Promise<Door> => {
      const made = await doors.make(operator, eventId, name);
      if (made.outcome !== "made") throw new Error(made.outcome);
      return made.door;
    },
    codeOf: async (eventId: EventId, ticketId: TicketId, issue = 0) =>
      (await keys.signer())({ eventId, ticketId, issue }),
    /** How the scans of a ticket ended, and how often. */
    resultsOf: async (ticketId: TicketId): Promise<Record<string, number>> => {
      const found = await shop.pool.query<{ result: string; scans: number }>(
        "select result, count(*)::int as scans from check_ins where ticket_id = $1 group by result",
        [ticketId],
      );
      return Object.fromEntries(found.rows.map(({ result, scans }) => [result, scans]));
    },
    useOf: async (ticketId: TicketId) => {
      const text = "select status, used_at, used_door from tickets where id = $1";
      const found = await shop.pool.query<{ status: string; used_at: Date | null; used_door: string | null }>(
        text,
        [ticketId],
      );
      const [row] = found.rows;
      return { status: row?.status, atMs: row?.used_at?.getTime() ?? null, door: row?.used_door ?? null };
    },
  };
}
