/** How a room runs. What it says belongs to the waiting room, which this part does not know: whoever hands it in has checked it. */
export type RoomConfig = Readonly<Record<string, unknown>>;
