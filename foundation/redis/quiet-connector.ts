import { StandaloneConnector } from "ioredis/built/connectors/index.js";

type Options = ConstructorParameters<typeof StandaloneConnector>[0] & { readonly connectionName?: string };

/**
 * When masters change, ioredis stops a sharded subscriber, takes its listeners away and goes on reading: where the
 * server then says that a channel's slot has moved, nobody hears the error that ioredis makes of it, and the process
 * ends (seen: a gateway that was paused while a slot moved). A subscriber that is stopped reads no more.
 */
export class QuietConnector extends StandaloneConnector {
  readonly #subscribes: boolean;

  // As ioredis declares it: whatever options the connection has.
  constructor(options: unknown) {
    super(options as Options);
    this.#subscribes = (options as Options).connectionName?.startsWith("ioredis-cluster(ssub") === true;
  }

  override disconnect(): void {
    super.disconnect();
    // What still comes is thrown away, so that the end is noticed. Before it was connected there is no stream.
    const stream: typeof this.stream | undefined = this.stream;
    if (this.#subscribes) stream?.removeAllListeners("data").resume();
  }
}
