// How a client follows the seats of an event (docs/live-map.md): a snapshot, and every change since.

/** The sections of a snapshot by their ids, each with a letter a seat. */
export function seatsOfSnapshot({ sections }) {
  return new Map(
    sections.map(({ id, version, free, states }) => [id, { version, free, states: [...states] }]),
  );
}

/**
 * Applies the changes of one message. Gives the sections that look different now, and whether something was missed,
 * so that the snapshot must be taken again.
 */
export function applyChanges(sections, changes) {
  const changed = new Set();
  let isMissing = false;
  for (const change of changes) {
    const section = sections.get(change.sectionId);
    if (section !== undefined && !change.reload && change.version <= section.version) continue;
    if (section === undefined || change.reload || change.from > section.version) {
      isMissing = true;
      continue;
    }
    applyRuns(section.states, change.changed);
    section.version = change.version;
    section.free = change.free;
    changed.add(change.sectionId);
  }
  return { changed, isMissing };
}

/** Whether the snapshot is older than where the connection begins. */
export function isBehind(sections, begin) {
  return begin.some(({ id, version }) => (sections.get(id)?.version ?? -1) < version);
}

/** How long to wait before coming back, after so many attempts that failed. */
export function waitMs({ firstMs, mostMs, factor }, failures, random) {
  return random * Math.min(mostMs, firstMs * factor ** failures);
}

function applyRuns(states, runs) {
  if (runs === "") return;
  for (const run of runs.split(",")) {
    const colon = run.indexOf(":");
    const first = Number(run.slice(0, colon));
    for (let index = colon + 1; index < run.length; index += 1)
      states[first + index - colon - 1] = run[index];
  }
}
