/** Runs one step. `work` gives true where there was nothing to do: then the step is not worth a line. */
export async function step(sentence, work) {
  const startedAt = performance.now();
  const nothingToDo = await work();
  if (nothingToDo !== true) process.stderr.write(`  ${sentence} (${seconds(startedAt)} s)\n`);
}

/** Shows that long work goes on: a line each ten seconds. */
export async function withProgress(sentence, work) {
  const startedAt = performance.now();
  process.stderr.write(`  ${sentence} …\n`);
  const timer = setInterval(() => process.stderr.write(`  … ${seconds(startedAt)} s\n`), 10_000);
  try {
    await work();
  } finally {
    clearInterval(timer);
  }
  process.stderr.write(`  done (${seconds(startedAt)} s)\n`);
}

function seconds(startedAt) {
  return ((performance.now() - startedAt) / 1_000).toFixed(1);
}
