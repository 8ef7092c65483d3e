/** 0 ordinary, 1 accessible, 2 companion, 3 blocked, 4 to 23 kept in house pools. */
export type SeatClass = number;

export const seatClasses = { ordinary: 0, accessible: 1, companion: 2, blocked: 3, firstPool: 4 } as const;
export const housePools = 20;

/** Of the pool that is drawn with the letter after so many letters. */
export function houseClass(pool: number): SeatClass {
  return seatClasses.firstPool + pool;
}
