import { type PostgresServer, startPostgres } from "../../launch/postgres-server.ts";

/** A durable server that is killed, or restarted in order, and comes back at its port. */
export type MortalPostgres = {
  readonly url: string;
  kill(): Promise<void>;
  stop(): Promise<void>;
  start(): Promise<void>;
};

export async function startMortalPostgres(folder: string): Promise<MortalPostgres> {
  let server: PostgresServer = await startPostgres({ folder, durable: true });
  const { url } = server;
  const port = Number(new URL(url).port);
  return {
    url,
    kill: async () => {
      process.kill(server.process.pid, "SIGKILL");
      await server.stop();
    },
    stop: () => server.stop(),
    start: async () => {
      server = await startPostgres({ folder, port, durable: true });
    },
  };
}
