import { entry } from "./error-entry.ts";

/** Of what buyers change before they pay, and of money. */
export const saleErrors = {
  booking_not_changeable: entry(
    409,
    false,
    "This booking cannot be changed any more.",
    "Load the booking for its state: only one that waits to be paid can be changed, before its deadline.",
  ),
  payment_under_way: entry(
    409,
    true,
    "A payment of this booking is under way, so what it costs cannot change.",
    "Finish the payment, or try again when it has failed; the booking can be cancelled also now.",
  ),
  last_seat_stays: entry(
    409,
    false,
    "These are all the seats that the booking has left.",
    "Keep at least one, or cancel the booking.",
  ),
  seats_not_booked: entry(
    422,
    false,
    "At least one of these seats is not in the booking, or went back before.",
    "Load the booking, and name its seats by their `position`; of a paid one those with a valid ticket.",
  ),
  extension_refused: entry(
    409,
    false,
    "This event does not let a deadline be put off.",
    "Pay before the deadline; `extensionSeconds` of the event says whether it can be put off.",
  ),
  extension_used: entry(
    409,
    false,
    "The deadline of this booking was put off before; that works once.",
    "Pay before the deadline.",
  ),
  booking_not_refundable: entry(
    409,
    false,
    "Nothing of this booking can be given back: it was not paid, or all of it went back before.",
    "Load the booking for its state; an unpaid one can be cancelled.",
  ),
  refund_not_allowed: entry(
    409,
    false,
    "The event does not take tickets back, or not any more.",
    "The event says in `refunds` until when, and which share comes back; the organiser can give back more.",
  ),
  ticket_used: entry(
    409,
    false,
    "One of these tickets was used at the door.",
    "Name only seats whose tickets are `valid`.",
  ),
  too_many_payments: entry(
    409,
    false,
    "As many payments were started as may be.",
    "Finish one that is open at its `payUrl`, or let it end.",
  ),
  wallet_unavailable: entry(
    403,
    false,
    "A wallet is only for accounts and for e-mail addresses whose owner answered.",
    "Log in, or ask for a code at `POST /v1/email-codes` and open a session with it.",
  ),
  wallet_insufficient: entry(
    409,
    false,
    "There is not so much in the wallet.",
    "Take less from it (`available` says what is there) and pay the rest at the provider, or top it up.",
  ),
} as const;
