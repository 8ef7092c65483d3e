/** What a person can mend: shown as its sentence alone. */
export class LaunchError extends Error {}
