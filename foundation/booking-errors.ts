import { entry } from "./error-entry.ts";

/** Why seats are not booked. */
export const bookingErrors = {
  sold_out: entry(
    409,
    true,
    "There are not enough free seats for this.",
    "Ask for fewer, or another section; seats come back when holds end.",
  ),
  seats_taken: entry(
    409,
    true,
    "At least one of these seats is taken.",
    "Load the seats again and choose others.",
  ),
  seats_unknown: entry(
    422,
    false,
    "At least one of these seats does not exist in this section.",
    "Load the seats of the section and use their numbers.",
  ),
  seats_reserved: entry(
    409,
    false,
    "Some of these seats are kept for those who have a code.",
    "Choose others (`seatNumbers` says which), or send the code that opens them as `code`.",
  ),
  leaves_single: entry(
    409,
    false,
    "This choice would leave a single seat between others.",
    "Move the choice by a seat, so that none stays alone (`seatNumbers` says which would).",
  ),
  section_named_twice: entry(
    422,
    false,
    "Two wishes name the same section.",
    "Send one wish a section; `categories` of one wish takes several prices.",
  ),
  sections_too_few: entry(
    422,
    false,
    "A section takes one wish of a booking, and these wishes need more sections than there are for them.",
    "Ask for the seats of a section in one wish, or in bookings of their own.",
  ),
  nothing_offered: entry(
    422,
    false,
    "The event has no offer that fits this wish.",
    "Change or leave out what `problems` names: alone or together it fits nothing. What is offered stands in the event.",
  ),
  buyer_limit_reached: entry(
    409,
    false,
    "With these you would have more seats than one buyer may have at this event.",
    "Ask for fewer (`most` says how many one may have in all), or give some back first.",
  ),
  code_invalid: entry(422, false, "This code opens nothing here.", "Check the code, or book without it."),
  event_cancelled: entry(
    409,
    false,
    "This event does not take place: nothing of it is sold, and its room is closed.",
    "Whoever has paid gets the money back; the booking says how far that is.",
  ),
  offer_closed: entry(409, false, "This section is not on sale now.", "See the event for its sales window."),
  too_many_seats: entry(
    422,
    false,
    "These are more seats than one booking may hold.",
    "Ask for at most what the offer allows.",
  ),
} as const;
