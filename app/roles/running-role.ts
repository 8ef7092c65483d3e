export type RunningRole = { stop(): Promise<void> };
