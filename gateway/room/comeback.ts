import type { Joining } from "../../queue-admission/room.ts";

/**
 * Joins to come back to a place that is there, in one move with looking for it: nobody has the empty code, so
 * where there is no place the answer is `code_wrong` and none is made. To look first and join then would give
 * a new place to whoever leaves in between.
 */
export const comeback: Joining = { code: "" };
