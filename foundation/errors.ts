import { bookingErrors } from "./booking-errors.ts";
import { type ErrorEntry, entry } from "./error-entry.ts";
import { operatorErrors } from "./operator-errors.ts";
import { saleErrors } from "./sale-errors.ts";
import { ticketErrors } from "./ticket-errors.ts";

/**
 * The one table of errors that leave the system. `docs/errors.md` is held against it by a test; the gateway
 * turns an entry into problem details (RFC 9457). Operations return closed unions of their own and never
 * throw these: only the gateway maps outcomes to codes.
 */
export const errorTable = {
  malformed_request: entry(
    400,
    false,
    "The request cannot be read without doubt.",
    "Send each header once, one length for the body, and no body where the route takes none.",
  ),
  malformed_json: entry(400, false, "The body is not valid JSON.", "Send one JSON object, encoded in UTF-8."),
  invalid_request: entry(
    422,
    false,
    "The request does not fit its schema.",
    "See `problems` for each field, mend them and send again.",
  ),
  body_too_large: entry(
    413,
    false,
    "The body is larger than this route takes.",
    "Send a smaller body; the limit stands in `detail`.",
  ),
  body_too_slow: entry(
    408,
    true,
    "The body did not arrive in time.",
    "Send the request again over a better connection.",
  ),
  unsupported_media_type: entry(
    415,
    false,
    "The body is not declared as JSON.",
    "Send `Content-Type: application/json`.",
  ),
  idempotency_key_missing: entry(
    400,
    false,
    "The header `Idempotency-Key` is missing.",
    "Send a key of your own, 8 to 128 letters, digits, `-` or `_`, new for each thing you ask for (a booking, a payment, a refund).",
  ),
  idempotency_key_reused: entry(
    422,
    false,
    "This idempotency key was used with other content.",
    "Use a new key for a new request; repeat the old content to repeat the old request.",
  ),
  token_missing: entry(
    401,
    false,
    "No token was sent.",
    "Get one at `POST /v1/sessions` and send `Authorization: Bearer TOKEN`.",
  ),
  token_invalid: entry(
    401,
    false,
    "The token is not valid here or has ended.",
    "Get a new one at `POST /v1/sessions`; a door's from an operator.",
  ),
  credentials_wrong: entry(
    401,
    false,
    "The e-mail, or its password or code, is wrong.",
    "Check them and try again.",
  ),
  pass_missing: entry(
    403,
    false,
    "This needs a pass from the waiting room.",
    "Join the room, wait for your turn, exchange it for a pass and send it as `Onsale-Pass`.",
  ),
  pass_invalid: entry(
    403,
    false,
    "The pass is not valid here or has ended.",
    "Join the room of this event again for a new pass.",
  ),
  forbidden: entry(403, false, "You may not do this.", "Use an account that has the right."),
  not_found: entry(
    404,
    false,
    "There is nothing here.",
    "Check the address; a thing of another buyer is also not found.",
  ),
  method_not_allowed: entry(
    405,
    false,
    "This address does not know the method.",
    "Use one of the methods in the `Allow` header.",
  ),
  upgrade_required: entry(
    426,
    false,
    "This address speaks WebSocket.",
    "Open it with a WebSocket client and the subprotocol `onsale.v1`.",
  ),
  room_closed: entry(
    409,
    false,
    "The room does not take new places now.",
    "The ticks of the room say when its lobby opens; a room that is over stays closed.",
  ),
  place_missing: entry(409, false, "You have no place in this room.", "Join it first."),
  turn_missing: entry(
    409,
    true,
    "It is not your turn yet, or your turn has passed.",
    "Wait for the message that brings your turn; join again if your turn has passed: you are the next.",
  ),
  renewals_used: entry(
    409,
    false,
    "The pass was made longer as often as this room allows.",
    "Finish before it ends, or join the room again.",
  ),
  identity_unverified: entry(
    403,
    false,
    "This room is only for accounts and for e-mail addresses whose owner answered.",
    "Ask for a code at `POST /v1/email-codes` and open a session with it, or log in.",
  ),
  device_required: entry(
    403,
    false,
    "This room is only for sessions that are bound to the key of a device.",
    "Open the session with a `DPoP` proof (RFC 9449).",
  ),
  device_proof_missing: entry(
    401,
    false,
    "This token is bound to a device, and no proof of the device's key was sent.",
    "Send a `DPoP` header for this request, signed with the key that opened the session.",
  ),
  device_proof_wrong: entry(
    401,
    false,
    "The proof of the device's key is not good for this request.",
    "Sign a new one for each request: its method, its address, the time, the token.",
  ),
  proof_missing: entry(
    428,
    false,
    "Joining this room now takes a proof of work.",
    "Get the work at `GET /v1/events/{eventId}/challenge`, do it, and send it as `proof`.",
  ),
  proof_wrong: entry(
    403,
    false,
    "The proof of work is not good.",
    "Get a new challenge; it is good for two minutes, for this event and this buyer.",
  ),
  proof_spent: entry(
    409,
    false,
    "This proof of work was used before.",
    "Get a new challenge for each place.",
  ),
  code_wrong: entry(
    422,
    false,
    "There is no such code, or it has ended.",
    "Check the code, or join without.",
  ),
  code_spent: entry(409, false, "All uses of this code are used.", "Use another code, or join without."),
  receipt_wrong: entry(
    422,
    false,
    "The receipt is not one of yours for this event.",
    "Send the receipt that came when you joined, in a session of the same account or address, or join without.",
  ),
  draw_missing: entry(
    409,
    true,
    "The lobby is not drawn yet.",
    "Try again after the opening; the commitment is there from the start.",
  ),
  room_begun: entry(
    409,
    false,
    "This cannot be changed once the lobby is open.",
    "Change it before the lobby opens, or make another event.",
  ),
  beacon_refused: entry(
    409,
    false,
    "The random value from outside cannot be taken now.",
    "Announce its source before the lobby opens, and hand the value in after that, once.",
  ),
  too_many_requests: entry(
    429,
    true,
    "This address or buyer asks too often.",
    "Try again after `Retry-After` seconds.",
  ),
  ...bookingErrors,
  booking_not_payable: entry(
    409,
    false,
    "This booking cannot be paid any more.",
    "Load the booking for its state; book again if it has ended.",
  ),
  ...saleErrors,
  ...ticketErrors,
  ...operatorErrors,
  payment_provider_down: entry(
    503,
    true,
    "The payment provider does not answer.",
    "Try again with the same idempotency key; nothing was charged twice.",
  ),
  webhook_signature_wrong: entry(
    401,
    false,
    "The signature of the webhook is wrong or too old.",
    "Sign the raw body and the time with the shared secret.",
  ),
  busy: entry(
    503,
    true,
    "More requests are waiting than can be served now.",
    "Try again after `Retry-After` seconds; nothing was taken or half done.",
  ),
  unavailable: entry(
    503,
    true,
    "A part of the system does not answer.",
    "Try again after `Retry-After` seconds with the same idempotency key.",
  ),
  internal: entry(
    500,
    true,
    "Something broke on our side.",
    "Try again with the same idempotency key; tell the operator the `requestId` if it stays.",
  ),
} as const satisfies Record<string, ErrorEntry>;

export type ErrorCode = keyof typeof errorTable;
