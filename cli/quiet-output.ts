/** Who reads the output may have seen enough (`| head -1`): what was asked for is done all the same, and said to nobody. */
export function toleratesDeafReaders(output: NodeJS.WriteStream): void {
  output.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
  });
}
