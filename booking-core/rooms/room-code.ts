/** A code of a lane as it is kept. */
export type RoomCode = {
  readonly hash: string;
  readonly lane: string;
  readonly uses: number;
  readonly endsAtMs: number;
};
